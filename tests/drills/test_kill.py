"""A server that is killed right after an answer has lost nothing."""

import pytest
from websockets.sync.client import connect

from drills.history import answers
from drills.store import Store
from drills.store.database import open_database
from tests.drills.clients import Client
from tests.drills.servers import Server


def kill_after_an_answer(data, times):
    for number in range(times):
        server = Server(data)
        try:
            with connect(server.stream, max_size=None) as socket:
                client = Client(socket)
                client.run()
                if "Go on" in client.buttons:  # the day's cap is reached
                    client.click("Go on")
                client.click("I do not know")
                client.until("Next")
        finally:
            server.kill()
        database = open_database(f"sqlite:///{data / 'drills.db'}")
        kept = answers(Store(database, "me").events())
        database.close()
        assert len(kept) == number + 1


def test_a_killed_server_has_lost_nothing(tmp_path):
    kill_after_an_answer(tmp_path, 5)


@pytest.mark.slow
def test_a_killed_server_has_lost_nothing_fifty_times(tmp_path):
    kill_after_an_answer(tmp_path, 50)
