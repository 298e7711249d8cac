"""A STAR dialogue as moments: every labelled act of the wizard, and all that could be known before it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from knowledge.types import JsonSchema, JsonValue
from models.encode import words
from models.fields import state
from models.scene import SPOKE
from models.star_archive import Archive, Event, Given, StarTask

MOST_TURNS_CHARACTERS = 700
_STATUS = ("Message", "Confirmation", "RideStatus")  # set phrases of the API, though declared as strings


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A labelled act of the wizard. `said` is all that was said before, `done` the labelled acts before it."""

    task: str
    dialogue: int
    action: str
    said: tuple[tuple[str, str], ...]
    done: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    given: Mapping[str, Given] = field(default_factory=dict)
    repeated: bool = False  # the same query as just before: the wizard pressed twice

    @property
    def request(self) -> str:
        """The turns so far, cut to their tail."""
        text = "\n".join(f"{speaker}: {said}" for speaker, said in self.said)
        cut = max(0, len(text) - MOST_TURNS_CHARACTERS)
        return text[text.find("\n", cut) + 1 if cut else 0 :]


@dataclass
class Report:
    """What was taken, and what was not: by parameter, and by the reason a wizard's act teaches nothing."""

    values: int = 0
    unplaced: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)


def query_name(task: StarTask, action: str) -> str:
    """`hotel_book_check`: what a query would be called outside its task."""
    return task.name + action.removeprefix("query")


def moments(
    archive: Archive, *, tasks: Collection[str], happy: bool = True, report: Report | None = None
) -> Iterator[Moment]:
    for dialogue in archive.dialogues:
        if dialogue.task in tasks and (dialogue.happy or not happy):
            told = _Told(archive.tasks[dialogue.task], dialogue.id, report or Report())
            for event in dialogue.events:
                yield from told.next(event)


class _Told:
    """One dialogue, event by event."""

    def __init__(self, task: StarTask, dialogue: int, report: Report) -> None:
        self._task, self._dialogue, self._report = task, dialogue, report
        self._said: list[tuple[str, str]] = []
        self._done: list[str] = []
        self._history: list[str] = []
        self._asked: Event | None = None  # the query before, if nothing was said since

    def next(self, event: Event) -> Iterator[Moment]:
        if event.kind in ("say", "query"):
            yield from self._moment(event)
        if event.kind == "result":
            self._came(event)
        elif event.kind == "query":
            given = [g.value for name, g in (event.given or {}).items() if g.single and name != "RequestType"]
            said = ", ".join(str(value)[:40] for value in given if value is not None)
            self._history.append(f"{words(query_name(self._task, event.action))} ({said})")
            self._asked = event
        else:
            self._said.append(("user" if event.kind == "user" else "agent", event.text))
            self._asked = None
            if event.kind == "user" and self._history and self._history[-1] != SPOKE:
                self._history.append(SPOKE)

    def _came(self, event: Event) -> None:
        """The result belongs to the last query, also where somebody spoke in between."""
        at = next((i for i in reversed(range(len(self._history))) if self._history[i] != SPOKE), None)
        if at is not None:
            self._history[at] += f" ok: {', '.join(self._state(event))};"

    def _moment(self, event: Event) -> Iterator[Moment]:
        if event.action not in self._task.actions:
            self._report.left_out[f"{event.action} is not in the graph" if event.action else "typed freely"] += 1
            return
        repeated = event == self._asked
        self._report.left_out["the same query again"] += repeated
        yield Moment(
            task=self._task.name,
            dialogue=self._dialogue,
            action=event.action,
            said=tuple(self._said),
            done=tuple(self._done),
            history=tuple(self._history[-6:]),
            given=event.given or {},
            repeated=repeated,
        )
        self._done.append(event.action)

    def _state(self, event: Event) -> list[str]:
        body = {name: value for name, value in (event.body or {}).items() if name != "APIName"}
        count = [f"count {event.count}"] if event.count >= 0 else []
        return count + state(body, _returns(self._task, body))


def _returns(task: StarTask, body: Mapping[str, JsonValue]) -> JsonSchema:
    """Categories and the API's set phrases steer; other strings are only values.

    No list of the phrases is published: what stands in such a field is one of them.
    """
    closed = [f for f in task.outputs if f.categories or f.name in _STATUS or f.name.endswith("Status")]
    properties: dict[str, JsonValue] = {"Message": {"enum": [body.get("Message")]}}
    properties |= {f.name: {"type": "string"} for f in task.outputs}
    properties |= {f.name: {"enum": [*f.categories, body.get(f.name)]} for f in closed}
    return {"properties": properties}
