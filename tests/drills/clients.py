"""A browser without a screen: it speaks Streamlit's protocol over a websocket, as fast as the server answers."""

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection


class Client:
    """One session. Of the last run: `buttons` (label to id), `texts` and the `pages` on the menu."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.buttons: dict[str, str] = {}
        self.texts: list[str] = []
        self.pages: list[str] = []

    def run(self) -> None:
        """Runs the page as a browser does when it opens it."""
        message = BackMsg()
        message.rerun_script.query_string = ""
        self._send(message)

    def click(self, label: str) -> None:
        """Presses a button and waits for the screen that follows."""
        message = BackMsg()
        message.rerun_script.widget_states.widgets.append(WidgetState(id=self.buttons[label], trigger_value=True))
        self._send(message)

    def until(self, label: str) -> None:
        """Fails unless the last screen had this button."""
        assert label in self.buttons, sorted(self.buttons)

    def _send(self, message: BackMsg) -> None:
        """Sends and reads until the run is over."""
        self._socket.send(message.SerializeToString())
        self.buttons, self.texts = {}, []
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self._socket.recv(timeout=60))
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                element = answer.delta.new_element
                if element.WhichOneof("type") == "button":
                    self.buttons[element.button.label] = element.button.id
                elif element.WhichOneof("type") == "markdown":
                    self.texts.append(element.markdown.body)
            elif kind == "navigation":
                self.pages = [page.page_name for page in answer.navigation.app_pages]
            elif kind == "script_finished":
                return
