"""Who has a page open, and what they do on it: away from the page's event loop, and told when it did not work."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from nicegui import run, ui

from api.door import Door
from api.errors import Unknown, tell
from api.identity import Identity
from api.own_sessions import OwnSessions
from api.sessions import Sessions
from knowledge.errors import LamplighterError

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Visit:
    """A page outlives its request, so its key is looked at again before everything it does."""

    def __init__(self, sessions: Sessions, door: Door, identity: Identity) -> None:
        self._door = door
        self._client = ui.context.client
        self.sessions = OwnSessions(sessions, identity)

    @property
    def identity(self) -> Identity:
        return self.sessions.identity

    def valid(self) -> bool:
        """If not, the page is left for the sign-in page."""
        try:
            self._door.still(self.identity)
        except Unknown:
            self._client.run_javascript("window.location.assign('/signin')")
            return False
        return True

    async def act(self, action: Callable[[], T]) -> T | None:
        """What `action` gives, carried out in a thread: it may write, wait, and refuse to run in an event loop.

        None if it failed, which the page says.
        """
        if not self.valid():
            return None
        try:
            done: T | None = await run.io_bound(action)
            return done
        except LamplighterError as error:
            told = tell(error)
            self._say(f"{told.message} {told.remedy}", "warning")
        except Exception:
            log.exception("something on the page broke off")
            self._say("An error of Lamplighter itself; its log says more.", "negative")
        return None

    def _say(self, text: str, kind: str) -> None:
        """On the page itself: the button that was clicked may be gone by now."""
        with self._client:
            ui.notify(text.strip(), type=kind, multi_line=True, timeout=8000, close_button="Close")
