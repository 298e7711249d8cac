"""A run on the web page: drawn as a card, drawn again when something is new."""

from collections.abc import Callable

from nicegui import ui

from api.live import LiveRun
from api.story import Found, tell_story
from api.ui_timeline import Hands, found_panel, run_steps
from api.ui_visit import Visit
from knowledge.errors import UserError
from knowledge.types import Run


def title(run: Run) -> str:
    return f"Undo: {run.task.text}" if run.undoes else run.task.text


class ShownRun:
    """One run; what is clicked on its card is done through the visit."""

    def __init__(self, visit: Visit, run_id: str, *, opened: Callable[[str], None]) -> None:
        """`opened` shows the run that undoes this one. Raises NotFound."""
        self._visit, self._sessions, self._opened = visit, visit.sessions, opened
        self._run = self._sessions.get(run_id)
        self._live: LiveRun | None = self._sessions.live(run_id)
        self._drawn: tuple[int, bool, bool] | None = None
        self._found: Found | None = None
        self._found_opened = False

    @property
    def id(self) -> str:
        return self._run.id

    @property
    def undid(self) -> str:
        """The run that this one took back, or tried to; empty while it goes on."""
        return self._run.undoes if self._live is None else ""

    def build(self) -> None:
        ui.label(title(self._run)).classes("ll-said")
        with ui.column().classes("ll-card").mark("run"):
            self._above = ui.column().classes("ll-part")
            self._place = ui.column().classes("ll-part")
        self.tick()

    def again(self) -> None:
        """Something happened to a run that was over: it is drawn once more."""
        self._drawn = None

    def tick(self) -> bool:
        """Redraw if something is new, and say whether there was."""
        if self._live is None and self._drawn is not None:
            return False
        events = self._sessions.events(self._run.id) if self._live is None else self._live.events()
        done = self._live is None or self._live.finished.is_set()
        state = (len(events), bool(self._live and self._live.waiting), done)
        if state == self._drawn:
            return False
        self._drawn = state
        story = tell_story(events)
        self._show_found(story.found)
        self._place.clear()
        with self._place:
            undo = self._undo if done and self._undoable() else None
            run_steps(story, None if done else self._hands(), working=not done, undo=undo)
        if done:
            self._live = None
        return True

    def _show_found(self, found: Found | None) -> None:
        """Steps come while somebody reads what was found: it is left alone unless more was found, and stays open."""
        if found is None or found == self._found:
            return
        self._found = found
        self._above.clear()
        with self._above:
            found_panel(found, opened=self._found_opened, tell=self._opened_found)

    def _opened_found(self, opened: bool) -> None:
        self._found_opened = opened

    def _undoable(self) -> bool:
        try:
            return bool(self._sessions.undo_plan(self._run.id).calls)
        except UserError:
            return False

    async def _undo(self) -> None:
        if undoing := await self._visit.act(lambda: self._sessions.undo(self._run.id)):
            self._opened(undoing.run_id)

    def _hands(self) -> Hands | None:
        live, visit = self._live, self._visit
        if live is None:
            return None
        return Hands(
            decide=lambda approved, call_hash: visit.act(
                lambda: visit.sessions.decide(live.run_id, approved=approved, call_hash=call_hash)
            ),
            answer=lambda text: visit.act(lambda: visit.sessions.reply(live.run_id, text)),
            cancel=lambda: visit.act(live.cancel),
        )
