"""Class mode behind a proxy: each learner sees their own rows only, and the class is shown to instructors."""

import socket

import pytest
from streamlit.testing.v1 import AppTest
from websockets.sync.client import connect

from drills.history import answers
from drills.pages.session import claimed
from drills.store import Store
from drills.store.database import open_database
from tests.drills.clients import Client
from tests.drills.servers import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("class")
    running = Server(data, ANNDL_LOGIN="header:X-Forwarded-User", ANNDL_INSTRUCTORS="ida, ira")
    running.data = data
    yield running
    running.kill()


def visit(server, name):
    headers = {"X-Forwarded-User": name} if name else {}
    return connect(server.stream, max_size=None, additional_headers=headers)


def kept(server, name):
    database = open_database(f"sqlite:///{server.data / 'drills.db'}")
    try:
        return answers(Store(database, name).events())
    finally:
        database.close()


def test_two_learners_at_once_have_their_own_answers(server):
    with visit(server, "ann") as one, visit(server, "bob") as other:
        ann, bob = Client(one), Client(other)
        ann.run()
        bob.run()
        ann.click("I do not know")
        ann.click("Next")
        ann.click("I do not know")
        bob.click("I do not know")
    assert len(kept(server, "ann")) == 2
    assert len(kept(server, "bob")) == 1
    assert kept(server, "me") == []
    with visit(server, "bob") as again:
        bob = Client(again)
        bob.run()
        assert any("1 answered today" in text for text in bob.texts)


@pytest.mark.parametrize("name", ["", "@course", "  "])
def test_nobody_without_a_name_comes_in(server, name):
    with visit(server, name) as socket:
        client = Client(socket)
        client.run()
        assert "I do not know" not in client.buttons


@pytest.mark.parametrize(("name", "sees"), [("ida", True), ("ann", False)])
def test_the_class_is_on_the_menu_of_instructors(server, name, sees):
    with visit(server, name) as socket:
        client = Client(socket)
        client.run()
        assert ("Instructor" in client.pages) == sees


def reachable(port: int, address: str) -> bool:
    try:
        socket.create_connection((address, port), timeout=5).close()
    except OSError:
        return False
    return True


def test_without_being_told_the_server_is_for_this_machine_only(tmp_path):
    """127.0.0.2 is this machine, too, but not the address that `localhost` means."""
    running = Server(tmp_path, address="")
    try:
        assert reachable(running.port, "127.0.0.1")
        assert not reachable(running.port, "127.0.0.2")
    finally:
        running.kill()


@pytest.mark.parametrize(
    ("claims", "login", "who"),
    [({"email": "ada@uni.example", "email_verified": True}, "oidc", "ada@uni.example"),
     ({"email": "ada@uni.example", "email_verified": "true"}, "oidc", "ada@uni.example"),
     ({"email": "ada@uni.example", "email_verified": False, "sub": "7"}, "oidc", ""),
     ({"email": "ada@uni.example", "email_verified": "false"}, "oidc", ""),
     ({"email": "ada@uni.example", "sub": "7"}, "oidc", ""), ({"sub": "7"}, "oidc", ""), ({}, "oidc:sub", ""),
     ({"email": "ida@uni.example", "sub": "7"}, "oidc:sub", "7")],
)  # fmt: skip
def test_an_address_that_nobody_verified_is_nobody(claims, login, who):
    assert claimed(claims, login) == who


@pytest.mark.parametrize(("verified", "comes_in"), [(True, True), (False, False)])
def test_logging_in_with_an_address(verified, comes_in, tmp_path, monkeypatch):
    monkeypatch.setenv("ANNDL_DATA", str(tmp_path))
    monkeypatch.setenv("ANNDL_LOGIN", "oidc")
    user = {"is_logged_in": True, "email": "ida@uni.example", "email_verified": verified}
    script = (
        "from streamlit.runtime.scriptrunner import get_script_run_ctx\n"
        f"get_script_run_ctx().user_info.clear(); get_script_run_ctx().user_info.update({user!r})\n"
        "from drills.pages.navigation import run\nrun()\n"
    )
    app = AppTest.from_string(script, default_timeout=60).run()
    assert not app.exception
    assert any(one.label == "I do not know" for one in app.button) is comes_in
    assert any("e-mail address" in one.value for one in app.error) is not comes_in
