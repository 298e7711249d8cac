"""A run told from its events: the only place that reads `Event.data`. Terminal and web page both show a Story."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from knowledge.codec import from_json
from knowledge.types import Decision, Event, JsonValue, Observation, Outcome, Step, Waiting
from planner.visible import visible
from retrieval.assemble import citation_id


@dataclass(frozen=True, kw_only=True)
class Mention:
    """Something retrieved, in words; `similarity` in [-1, 1]. `cited` is the number of a passage, as "[1]"."""

    id: str
    text: str
    similarity: float
    cited: str = ""

    @property
    def named(self) -> str:
        return f"{self.cited} {self.text}".strip()


@dataclass(frozen=True, kw_only=True)
class Found:
    passages: tuple[Mention, ...] = ()
    actions: tuple[Mention, ...] = ()
    precedents: tuple[Mention, ...] = ()

    @property
    def headings(self) -> Mapping[str, str]:
        """Numbers and headings of the passages by id, to name the source of a value."""
        return {mention.id: mention.named for mention in self.passages}


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A question or approval, and what the person said; empty while it is open."""

    waiting: Waiting
    said: str = ""


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One step: proposed, judged, and what came of it. `wish`: the part of the request it is for; "": all of it."""

    step: Step
    wish: str = ""
    decision: Decision | None = None
    exchange: Exchange | None = None
    observation: Observation | None = None


@dataclass(frozen=True, kw_only=True)
class Story:
    """`entries` are in the order in which they happened."""

    found: Found | None = None
    entries: tuple[Chapter | Exchange, ...] = ()
    outcome: Outcome | None = None
    remembered: bool = False
    wish: str = ""  # the part of the request that is in view

    @property
    def chapter(self) -> Chapter | None:
        """The latest step."""
        return next((entry for entry in reversed(self.entries) if isinstance(entry, Chapter)), None)

    @property
    def waiting(self) -> Waiting | None:
        """What the run waits for, if it does."""
        last = self.entries[-1] if self.entries else None
        exchange = last.exchange if isinstance(last, Chapter) else last
        return exchange.waiting if exchange and not exchange.said and self.outcome is None else None


def tell_story(events: Iterable[Event]) -> Story:
    story = Story()
    for event in events:
        story = told(story, event)
    return story


def told(story: Story, event: Event) -> Story:
    """The story with one more event."""
    data = event.data
    match event.kind:
        case "retrieved" if "part" in data and story.found:
            return replace(story, found=_together(story.found, _found(data)), wish=visible(str(data["part"])))
        case "retrieved":
            return replace(story, found=_found(data))
        case "proposed" if data.get("edited"):
            return _last(story, step=from_json(Step, _inner(data, "step")))
        case "proposed":
            return _proposed(story, from_json(Step, _inner(data, "step")))
        case "decided" if data.get("verifying"):
            return story  # What was done is read back: no step of its own.
        case "decided":
            return _last(story, decision=_decision(data))
        case "observed":
            return _last(story, observation=from_json(Observation, _inner(data, "observation")))
        case "waiting":
            return _asked(story, Exchange(waiting=from_json(Waiting, _inner(data, "waiting"))))
        case "answered":
            return _answered(story, _said(data))
        case "ended":
            return replace(story, outcome=from_json(Outcome, _inner(data, "outcome")))
        case "undone":
            return replace(story, outcome=_undone(data))
        case "remembered":
            return replace(story, remembered=True)
        case "executed" | "looked" | "resumed" | "settled":
            return story


def _undone(data: Mapping[str, Any]) -> Outcome:
    """How a run ended that was taken back later."""
    if not data["remaining"]:
        return Outcome(status="undone", reason=f"Undone by run {data['by']}.")
    remaining = "; ".join(str(each) for each in data["remaining"])
    return Outcome(status="partly_undone", reason=f"Partly undone by run {data['by']}. What remains: {remaining}.")


def _found(data: Mapping[str, JsonValue]) -> Found:
    return Found(
        passages=_cited(_mentions(data.get("passages"), "heading")),
        actions=_mentions(data.get("actions"), "description"),
        precedents=_mentions(data.get("precedents"), "text"),
    )


def _together(one: Found, other: Found) -> Found:
    """What was found for all of a request, and after that for a part of it."""

    def both(mine: tuple[Mention, ...], theirs: tuple[Mention, ...]) -> tuple[Mention, ...]:
        known = {each.id for each in mine}
        return (*mine, *(each for each in theirs if each.id not in known))

    return Found(
        passages=_cited(both(one.passages, other.passages)),
        actions=both(one.actions, other.actions),
        precedents=both(one.precedents, other.precedents),
    )


def _mentions(rows: Any, text: str) -> tuple[Mention, ...]:
    return tuple(Mention(id=row["id"], text=visible(row[text]), similarity=row["similarity"]) for row in rows or ())


def _cited(passages: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return tuple(replace(each, cited=citation_id(number)) for number, each in enumerate(passages, start=1))


def _proposed(story: Story, step: Step) -> Story:
    """A step of which nothing came, for the run broke off, is proposed once more by whoever takes it up."""
    last = story.entries[-1] if story.entries else None
    again = isinstance(last, Chapter) and last.step.index == step.index and last.observation is None
    return replace(story, entries=(*story.entries[: -1 if again else None], Chapter(step=step, wish=story.wish)))


def _decision(data: Mapping[str, Any]) -> Decision:
    return Decision(verdict=data["verdict"], rule=data["rule"], reason=data["reason"])


def _said(data: Mapping[str, Any]) -> str:
    if "text" in data:
        return str(data["text"])
    said = "approved" if data.get("approved") else "not approved"
    return f"{said}: {data['note']}" if data.get("note") else said


def _asked(story: Story, exchange: Exchange) -> Story:
    """What is asked about a step belongs to it; other questions stand by themselves."""
    last = story.entries[-1] if story.entries else None
    if exchange.waiting.step and isinstance(last, Chapter) and last.step.index == exchange.waiting.step.index:
        return _last(story, exchange=exchange)
    again = isinstance(last, Exchange) and not last.said and last.waiting.question == exchange.waiting.question
    return replace(story, entries=(*story.entries[: -1 if again else None], exchange))


def _answered(story: Story, said: str) -> Story:
    last = story.entries[-1] if story.entries else None
    if last is None:
        return story  # It was agreed to before it was asked.
    if isinstance(last, Chapter) and last.exchange:
        return _last(story, exchange=replace(last.exchange, said=said))
    return _last(story, said=said)


def _last(story: Story, **changes: Any) -> Story:
    """The story with its last entry changed."""
    return replace(story, entries=(*story.entries[:-1], replace(story.entries[-1], **changes)))


def _inner(data: Mapping[str, Any], key: str) -> Mapping[str, JsonValue]:
    inner: Mapping[str, JsonValue] = data[key]
    return inner
