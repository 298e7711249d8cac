"""The web page under /ui: say what should be done, watch the steps, approve or deny, answer questions."""

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI, Request
from nicegui import ui

from api.demo import APP, IDEAS
from api.describe import shorten
from api.door import Door
from api.errors import Unknown
from api.identity import Identity
from api.live import LiveRun
from api.own_sessions import OwnSessions
from api.sessions import Sessions, new_task
from api.story import tell_story
from api.ui_timeline import TONES, Hands, run_card
from knowledge.errors import NotFound, UserError
from knowledge.types import Run

STYLE = Path(__file__).parent / "static" / "ui.css"
LAMP = (
    '<svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="#b45309" stroke-width="1.7" '
    'stroke-linecap="round" stroke-linejoin="round"><path d="M9 3h6M12 3v3M7.5 9 9 6h6l1.5 3"/>'
    '<path d="M7.5 9 9 19h6l1.5-10z" fill="#fdf3e1"/><path d="M12 16.5c1.4-1 1.6-2.4 0-4.3-1.6 1.9-1.4 3.3 0 4.3z" '
    'fill="#f0a83c"/><path d="M8 21h8"/></svg>'
)
POLL_S = 0.25
ASK_AGAIN = 40  # polls after which the page looks whether the key that opened it still opens anything


def mount(app: FastAPI, sessions: Sessions, door: Door) -> None:
    """Once a process: NiceGUI has one application a process."""

    def home(request: Request) -> None:
        Conversation(Visit(sessions, door, request.state.identity)).build()

    def one(run_id: str, request: Request) -> None:
        Conversation(Visit(sessions, door, request.state.identity)).build(run_id)

    ui.page("/", title="Lamplighter")(home)
    ui.page("/runs/{run_id}", title="Lamplighter")(one)
    ui.run_with(app, mount_path="/ui", title="Lamplighter", favicon=LAMP, show_welcome_message=False)


class Visit:
    """Who has a page open. A page outlives its request, so its key is looked at again before everything it does."""

    def __init__(self, sessions: Sessions, door: Door, identity: Identity) -> None:
        self._door = door
        self.sessions = OwnSessions(sessions, identity)

    @property
    def identity(self) -> Identity:
        return self.sessions.identity

    def valid(self) -> bool:
        """If not, the page is left for the sign-in page."""
        try:
            self._door.still(self.identity)
        except Unknown:
            ui.run_javascript("window.location.assign('/signin')")
            return False
        return True

    def act(self, action: Callable[[], object]) -> None:
        if self.valid():
            _told(action)


class Conversation:
    """One open page: the runs shown on it, and the line to type in."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._sessions = visit.sessions
        self._tenant = visit.identity.tenant
        self._shown: list[ShownRun] = []
        self._greeting: ui.column | None = None
        self._polls = 0

    def build(self, run_id: str | None = None) -> None:
        ui.add_css(STYLE)
        ui.colors(primary="#b45309", positive="#15803d", negative="#b91c1c")
        self._header()
        self._drawer()
        self._column = ui.column().classes("ll-column")
        self._composer()
        with self._column:
            self._open(run_id) if run_id else self._welcome()
        ui.timer(POLL_S, self._tick)

    def _header(self) -> None:
        services = self._sessions.services
        with ui.header().classes("ll-header items-center gap-3 px-4 py-2"):
            ui.button(icon="menu", on_click=lambda: self._side.toggle()).props("flat round dense color=grey-8").classes(
                "ll-menu"
            )
            ui.html(LAMP, sanitize=False)
            ui.link("Lamplighter", "/").classes("ll-brand no-underline text-inherit")
            ui.space()
            documents = len(services.record.documents.list(self._tenant))
            actions = len(services.record.catalogue.actions(self._tenant))
            ui.label(f"{actions} actions · {documents} documents").classes("ll-muted ll-known")
            self._who(services.settings.requester)

    def _who(self, usual: str) -> None:
        """A requester's key says who asks; others may name anyone."""
        who = self._visit.identity
        self._requester = ui.input("Signed in as", value=who.requester or usual)
        self._requester.props("dense borderless").classes("w-40").mark("requester")
        self._requester.set_enabled(who.role != "requester")
        if who.key_id:
            with ui.element("form").props('method=post action="/signout"'):
                ui.button("Sign out").props("type=submit flat dense no-caps size=sm color=grey-7").mark("sign-out")

    def _drawer(self) -> None:
        with ui.left_drawer(value=None, bottom_corner=True) as self._side:
            self._side.props("width=264 breakpoint=900").classes("ll-drawer p-3")
            ui.label("Recent").classes("ll-muted px-2")
            self._recent = ui.column().classes("w-full gap-0")
        self._list_recent()

    def _list_recent(self) -> None:
        self._recent.clear()
        with self._recent:
            for run in self._sessions.recent(30):
                with ui.link(target=f"/runs/{run.id}").classes("ll-recent"):
                    ui.element("span").classes(f"mark {_tone(run)}")
                    ui.label(shorten(f"Undo: {run.task.text}" if run.undoes else run.task.text, 70))

    def _composer(self) -> None:
        with ui.footer().classes("ll-footer px-4 py-3"), ui.row().classes("ll-composer no-wrap"):
            self._text = ui.textarea(placeholder="What should be done?").classes("grow").mark("request")
            self._text.props("borderless autogrow dense autofocus rows=1 input-style='max-height: 30vh'")
            self._text.on("keydown.enter", self._send, js_handler=ENTER_SENDS)
            ui.button(icon="arrow_upward", on_click=self._send).props("round unelevated dense").classes("mb-1").mark(
                "send"
            )

    def _welcome(self) -> None:
        with ui.column().classes("ll-empty") as self._greeting:
            with ui.element("h1"):
                ui.label("What should be done?")
            ui.label("Every step shows where each of its values comes from.").classes("ll-muted mb-4")
            known = {each.name for each in self._sessions.services.record.catalogue.applications(self._tenant)}
            for idea in IDEAS if APP in known else ():
                ui.label(idea).classes("ll-idea").on("click", lambda text=idea: self._text.set_value(text))

    def _send(self) -> None:
        text = self._text.value.strip()
        if not text or not self._visit.valid():
            return
        try:
            task = new_task(self._sessions.services, text, requester=self._requester.value.strip())
            live = self._sessions.start(task)
        except UserError as error:
            ui.notify(f"{error.message} {error.remedy}", type="warning", multi_line=True)
            return
        self._text.set_value("")
        self._greet_no_more()
        self._open(live.run_id)
        self._list_recent()

    def _greet_no_more(self) -> None:
        if self._greeting is not None:
            self._greeting.delete()
            self._greeting = None

    def _open(self, run_id: str) -> None:
        try:
            shown = ShownRun(self._visit, run_id, opened=self._open)
        except NotFound as error:
            with self._column:
                ui.label(error.message).classes("ll-muted")
            return
        with self._column:
            shown.build()
        self._shown.append(shown)
        _scroll_down()

    def _tick(self) -> None:
        self._polls += 1
        if self._polls % ASK_AGAIN == 0 and not self._visit.valid():
            return
        changed = [shown for shown in self._shown if shown.tick()]
        if changed:
            self._list_recent()
            _scroll_down()


ENTER_SENDS = "(e) => { if (!e.shiftKey) { e.preventDefault(); emit(); } }"


class ShownRun:
    """A run on the page; redrawn when it has changed."""

    def __init__(self, visit: Visit, run_id: str, *, opened: Callable[[str], None]) -> None:
        """`opened` shows the run that undoes this one."""
        self._visit, self._sessions, self._opened = visit, visit.sessions, opened
        self._run = self._sessions.get(run_id)
        self._live: LiveRun | None = self._sessions.live(run_id)
        self._drawn: tuple[int, bool, bool] | None = None

    def build(self) -> None:
        said = f"Undo: {self._run.task.text}" if self._run.undoes else self._run.task.text
        ui.label(said).classes("ll-said")
        self._place = ui.column().classes("w-full")
        self.tick()

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
        self._place.clear()
        with self._place:
            undo = self._undo if done and self._undoable() else None
            run_card(tell_story(events), None if done else self._hands(), working=not done, undo=undo)
        if done:
            self._live = None
        return True

    def _undoable(self) -> bool:
        try:
            return bool(self._sessions.undo_plan(self._run.id).calls)
        except UserError:
            return False

    def _undo(self) -> None:
        def start() -> None:
            self._opened(self._sessions.undo(self._run.id).run_id)

        self._visit.act(start)

    def _hands(self) -> Hands | None:
        live, visit = self._live, self._visit
        if live is None:
            return None

        def decide(approved: bool, call_hash: str) -> None:
            visit.act(lambda: visit.sessions.decide(live.run_id, approved=approved, call_hash=call_hash))

        return Hands(
            decide=decide,
            answer=lambda text: visit.act(lambda: visit.sessions.reply(live.run_id, text)),
            cancel=lambda: visit.act(live.cancel),
        )


def _scroll_down() -> None:
    ui.run_javascript("window.scrollTo({top: document.body.scrollHeight, behavior: 'smooth'})")


def _told(act: Callable[[], object]) -> None:
    try:
        act()
    except UserError as error:
        ui.notify(f"{error.message} {error.remedy}", type="warning")


def _tone(run: Run) -> str:
    if run.outcome is None:
        return "ask" if run.status == "waiting" else ""
    return TONES.get(run.outcome.status, "ask")
