"""The web page under /ui: say what should be done, watch the steps, approve or deny, answer questions."""

from pathlib import Path

from fastapi import FastAPI, Request
from nicegui import ui

from api.demo import APP, IDEAS
from api.describe import shorten
from api.door import Door
from api.sessions import Sessions, new_task
from api.ui_run import ShownRun, title
from api.ui_timeline import TONES
from api.ui_visit import Visit
from knowledge.errors import NotFound
from knowledge.types import Run

STYLE = Path(__file__).parent / "static" / "ui.css"
LAMP = (
    '<svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="#b45309" stroke-width="1.7" '
    'stroke-linecap="round" stroke-linejoin="round"><path d="M9 3h6M12 3v3M7.5 9 9 6h6l1.5 3"/>'
    '<path d="M7.5 9 9 19h6l1.5-10z" fill="#fdf3e1"/><path d="M12 16.5c1.4-1 1.6-2.4 0-4.3-1.6 1.9-1.4 3.3 0 4.3z" '
    'fill="#f0a83c"/><path d="M8 21h8"/></svg>'
)
POLL_S = 0.25
ASK_AGAIN = 12  # polls after which the page looks whether the key that opened it still opens anything


def mount(app: FastAPI, sessions: Sessions, door: Door) -> None:
    """Once a process: NiceGUI has one application a process."""

    def home(request: Request) -> None:
        Conversation(Visit(sessions, door, request.state.identity)).build()

    def one(run_id: str, request: Request) -> None:
        Conversation(Visit(sessions, door, request.state.identity)).build(run_id)

    ui.page("/", title="Lamplighter")(home)
    ui.page("/runs/{run_id}", title="Lamplighter")(one)
    ui.run_with(app, mount_path="/ui", title="Lamplighter", favicon=LAMP, show_welcome_message=False)


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
        with ui.header(wrap=False).classes("ll-header items-center gap-3 px-4 py-2"):
            menu = ui.button(icon="menu", on_click=lambda: self._side.toggle()).classes("ll-menu")
            menu.props("flat round dense color=grey-8 aria-label='Recent runs'")
            ui.html(LAMP, sanitize=False)
            ui.link("Lamplighter", "/").classes("ll-brand no-underline text-inherit")
            ui.space()
            documents = services.record.documents.size(self._tenant)
            actions = services.record.catalogue.size(self._tenant)
            ui.label(f"{actions} actions · {documents} documents").classes("ll-muted ll-known")
            self._who(services.settings.requester)

    def _who(self, usual: str) -> None:
        """A requester's key says who asks; others may name anyone."""
        who = self._visit.identity
        label = "Signed in as" if who.role == "requester" else "Asking as"
        self._requester = ui.input(label, value=who.requester or usual, placeholder="account name")
        self._requester.props("dense borderless").classes("w-32 shrink").mark("requester")
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
                    ui.label(shorten(title(run), 70))

    def _composer(self) -> None:
        with ui.footer().classes("ll-footer px-4 py-3"), ui.row().classes("ll-composer no-wrap"):
            self._text = ui.textarea(placeholder="What should be done?").classes("grow").mark("request")
            self._text.props("borderless autogrow dense autofocus rows=1 input-style='max-height: 30vh'")
            self._text.on("keydown.enter", self._send, js_handler=ENTER_SENDS)
            send = ui.button(icon="arrow_upward", on_click=self._send).classes("mb-1").mark("send")
            send.props("round unelevated dense aria-label=Send")

    def _welcome(self) -> None:
        with ui.column().classes("ll-empty") as self._greeting:
            with ui.element("h1"):
                ui.label("What should be done?")
            ui.label("Every step shows where each of its values comes from.").classes("ll-muted mb-4")
            known = {each.name for each in self._sessions.services.record.catalogue.applications(self._tenant)}
            for idea in IDEAS if APP in known else ():
                ui.label(idea).classes("ll-idea").on("click", lambda text=idea: self._text.set_value(text))

    async def _send(self) -> None:
        """The line is empty at once, so that nothing is sent twice; what could not be begun comes back."""
        text, requester = self._text.value.strip(), self._requester.value.strip()
        if not text:
            return
        self._text.set_value("")
        sessions = self._sessions
        live = await self._visit.act(lambda: sessions.start(new_task(sessions.services, text, requester=requester)))
        if live is None:
            self._text.set_value(text)
            return
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
        if changed := [shown for shown in self._shown if shown.tick()]:
            self._redraw_undone({shown.undid for shown in changed})
            self._list_recent()
            _scroll_down()

    def _redraw_undone(self, run_ids: set[str]) -> None:
        for shown in self._shown:
            if shown.id in run_ids:
                shown.again()


ENTER_SENDS = "(e) => { if (!e.shiftKey) { e.preventDefault(); emit(); } }"


def _scroll_down() -> None:
    ui.run_javascript("window.scrollTo({top: document.body.scrollHeight, behavior: 'smooth'})")


def _tone(run: Run) -> str:
    if run.outcome is None:
        return "ask" if run.status == "waiting" else ""
    return TONES.get(run.outcome.status, "ask")
