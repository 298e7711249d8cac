"""The parts of a run's card on the web page: what was found; a timeline of steps, what it waits for, how it ended."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui

from api.describe import ENDINGS, action_in_words, observation_in_words, sourced
from api.story import Chapter, Exchange, Found, Story
from knowledge.types import Outcome, OutcomeStatus, Step, Waiting

TONES: dict[OutcomeStatus, str] = {
    "verified": "good", "unverified": "good", "failed": "bad", "cancelled": "off", "undone": "off",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Hands:
    """What the person may do with a run; None where the run is not live."""

    decide: Callable[[bool, str], Awaitable[None]]
    answer: Callable[[str], Awaitable[None]]
    cancel: Callable[[], Awaitable[None]]


def run_steps(
    story: Story, hands: Hands | None, *, working: bool, undo: Callable[[], Awaitable[None]] | None = None
) -> None:
    """`undo` starts what takes the run back, where something can be."""
    wish = ""
    for entry in story.entries:
        last = entry is story.entries[-1] and not working
        if isinstance(entry, Chapter):
            if entry.wish not in ("", wish):
                ui.label(f"“{entry.wish}”").classes("ll-wish").mark("wish")
            wish = entry.wish
            _chapter(story, entry, last=last)
        elif entry.said:
            _exchange(entry, last=last)
    if story.waiting and hands:
        _waiting(story.waiting, hands)
    elif working:
        _working(story, hands)
    if story.outcome:
        _outcome(story.outcome, remembered=story.remembered, undo=undo)


def found_panel(found: Found, *, opened: bool, tell: Callable[[bool], None]) -> None:
    """`tell` hears when the reader opens or closes it."""
    counted = (("passages", found.passages), ("actions", found.actions), ("precedents", found.precedents))
    words = ", ".join(f"{len(mentions)} {name if len(mentions) != 1 else name[:-1]}" for name, mentions in counted)
    panel = ui.expansion(f"Found {words}", value=opened, on_value_change=lambda event: tell(bool(event.value)))
    with panel.classes("ll-found").props("dense switch-toggle-side"):
        for name, mentions in counted:
            for mention in mentions:
                text = f"{mention.id}: {mention.text}" if name == "actions" else mention.named
                with ui.element("div").classes("ll-mention"):
                    _text("b", name.removesuffix("s"))
                    _text("span", text)
                    _text("i", f"{mention.similarity:.2f}")


def _text(tag: str, text: str, classes: str = "") -> None:
    """An element with text only; what comes from outside is never HTML."""
    with ui.element(tag).classes(classes):
        ui.label(text).classes("inline")


def _chapter(story: Story, chapter: Chapter, *, last: bool) -> None:
    observation = chapter.observation
    with ui.column().classes(f"ll-step {'last' if last else ''}"):
        _dot(story, chapter)
        with ui.row().classes("items-baseline gap-x-2 gap-y-0"):
            ui.label(action_in_words(chapter.step.action)).classes("ll-title")
            ui.label(chapter.step.action).classes("ll-code")
        arguments(chapter.step, story.found)
        if chapter.decision and chapter.decision.verdict != "allow":
            ui.label(f"Policy: {chapter.decision.reason}").classes("ll-result")
        if chapter.exchange and chapter.exchange.said:
            _said(chapter.exchange)
        if observation:
            bad = "" if observation.status in ("ok", "placeholder") else "bad"
            ui.label(observation_in_words(observation)).classes(f"ll-result {bad}")


def _dot(story: Story, chapter: Chapter) -> None:
    waits = story.waiting is not None and chapter.observation is None
    look, name = ("ask", "pan_tool") if waits else ("", "more_horiz")
    if chapter.observation:
        looks = {"ok": ("ok", "check"), "placeholder": ("", "more_horiz")}
        look, name = looks.get(chapter.observation.status, ("bad", "close"))
    with ui.element("div").classes(f"ll-dot {look}"):
        ui.icon(name)


def arguments(step: Step, found: Found | None) -> None:
    """A line for each argument: name, value, where it comes from."""
    if not step.arguments:
        return
    with ui.element("div").classes("ll-args"):
        for item in (sourced(argument, found.headings if found else {}) for argument in step.arguments):
            ui.label(item.name).classes("name")
            ui.label(item.value).classes("value")
            with ui.label(item.source).classes("source" if item.trusted else "source untrusted"):
                ui.tooltip(item.place if item.trusted else f"{item.place}: somebody else's text")


def _exchange(exchange: Exchange, *, last: bool) -> None:
    with ui.column().classes(f"ll-step {'last' if last else ''}"):
        with ui.element("div").classes("ll-dot ask"):
            ui.icon("person")
        _said(exchange)


def _said(exchange: Exchange) -> None:
    ui.label(exchange.waiting.question).classes("ll-result")
    ui.label(exchange.said).classes("ll-answer")


def _waiting(waiting: Waiting, hands: Hands) -> None:
    with ui.column().classes("ll-wait").mark("waiting"):
        ui.label(waiting.question).classes("ask")
        if waiting.kind == "approval":
            _approval(waiting, hands)
        else:
            _question(waiting, hands)


def _approval(waiting: Waiting, hands: Hands) -> None:
    with ui.row().classes("gap-2"):
        _button("Approve", "check", "positive", lambda: hands.decide(True, waiting.call_hash))
        _button("Deny", "close", "negative", lambda: hands.decide(False, waiting.call_hash))


def _question(waiting: Waiting, hands: Hands) -> None:
    if waiting.step or waiting.call_hash:  # a plain yes or no will do
        with ui.row().classes("gap-2"):
            _button("Go ahead", "check", "positive", lambda: hands.answer("yes"))
            _button("Stop", "close", "negative", lambda: hands.answer("no"))
    with ui.row().classes("w-full gap-2 items-center no-wrap"):
        reply = ui.input(placeholder="Your answer").props("dense outlined autofocus").mark("reply")
        reply.classes("grow bg-white")

        async def send() -> None:
            if reply.value.strip():
                await hands.answer(reply.value.strip())

        reply.on("keydown.enter", send)
        ui.button("Answer", on_click=send).props("unelevated no-caps color=primary")


def _button(text: str, icon: str, colour: str, act: Callable[[], Awaitable[None]]) -> None:
    look = "unelevated" if colour == "positive" else "outline"
    ui.button(text, icon=icon, on_click=act).props(f"{look} no-caps color={colour}")


def _working(story: Story, hands: Hands | None) -> None:
    with ui.row().classes("w-full items-center gap-2"):
        ui.spinner("dots", size="1.6em", color="amber-9")
        ui.label("Working …" if story.found else "Looking for what is known …").classes("ll-muted")
        if hands:
            ui.space()
            ui.button("Stop", on_click=hands.cancel).props("flat dense no-caps size=sm color=grey-7").mark("cancel")


def _outcome(outcome: Outcome, *, remembered: bool, undo: Callable[[], Awaitable[None]] | None) -> None:
    with ui.column().classes(f"ll-outcome {TONES.get(outcome.status, '')}").mark("outcome"):
        ui.label(ENDINGS[outcome.status]).classes("title")
        for text in (outcome.reason, outcome.question):
            if text:
                ui.label(text).classes("reason")
        if remembered and outcome.status == "verified":
            ui.label("Remembered as a precedent.").classes("reason ll-muted")
        if undo:
            ui.button("Undo", icon="undo", on_click=undo).props("outline no-caps color=grey-8").classes("mt-2").mark(
                "undo"
            )
