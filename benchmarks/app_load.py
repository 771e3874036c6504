"""How long students wait when a class practises at once: `python -m benchmarks.app_load [SESSIONS ...]`.

Each session is a websocket that answers a question or goes to the next one, then thinks. Measured is the time from the
click to the end of the run that it causes; the clients share the machine with the server.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from tests.drills.servers import Server

THINK = 3.0  # seconds between clicks, on average
CLICKS = 8  # of each session
ARRIVE = 10.0  # seconds over which the sessions open


async def rerun(socket: ClientConnection, button: str = "") -> tuple[dict[str, str], float]:
    """Causes a run, by a click or by opening the page; returns the buttons of the screen and the seconds it took."""
    message = BackMsg()
    message.rerun_script.query_string = ""
    if button:
        message.rerun_script.widget_states.widgets.append(WidgetState(id=button, trigger_value=True))
    start = time.perf_counter()
    await socket.send(message.SerializeToString())
    buttons = {}
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(bytes(await socket.recv()))
        kind = answer.WhichOneof("type")
        if kind == "delta" and answer.delta.new_element.WhichOneof("type") == "button":
            buttons[answer.delta.new_element.button.label] = answer.delta.new_element.button.id
        elif kind == "script_finished":
            return buttons, time.perf_counter() - start


async def session(url: str, learner: str) -> list[float]:
    """One student's waiting times."""
    await asyncio.sleep(random.uniform(0, ARRIVE))
    waits = []
    async with connect(url, max_size=None, additional_headers={"X-Forwarded-User": learner}) as socket:
        buttons, _ = await rerun(socket)
        for _ in range(CLICKS):
            await asyncio.sleep(random.uniform(0.5 * THINK, 1.5 * THINK))
            buttons, wait = await rerun(socket, buttons.get("Next") or buttons["I do not know"])
            waits.append(wait)
    return waits


async def measure(url: str, sessions: int) -> list[float]:
    """All sessions' waiting times, in seconds."""
    all_waits = await asyncio.gather(*(session(url, f"student {number} of {sessions}") for number in range(sessions)))
    return [wait for waits in all_waits for wait in waits]


def main(counts: list[int]) -> None:
    """Prints the median and the 95th percentile for each number of sessions."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), ANNDL_LOGIN="header:X-Forwarded-User")
        try:
            asyncio.run(session(server.stream, "first"))  # imports what computed questions need
            for count in counts:
                waits = asyncio.run(measure(server.stream, count))
                p95 = statistics.quantiles(waits, n=20)[-1]
                print(f"{count} sessions: median {1000 * statistics.median(waits):.0f} ms, p95 {1000 * p95:.0f} ms")
        finally:
            server.kill()


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [100, 200])
