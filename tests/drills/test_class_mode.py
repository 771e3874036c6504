"""Class mode behind a proxy: each learner sees their own rows only, and the class is shown to instructors."""

import pytest
from websockets.sync.client import connect

from drills.history import answers
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
