"""Conversations to learn from as examples, each step shown exactly as the chat service shows it.

What is not taught is history, and no example. `bench/telecom_experts.py` writes such conversations.
"""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from api.chat.conversation import arguments_of, conversation
from api.chat.demonstrations import Demonstration, Made, precedent
from api.chat.history import Recall, Scene, scene
from api.chat.precedents import Known
from api.chat.shelves import Shelves, Tools
from knowledge.errors import BadConfiguration
from knowledge.ingest import Embedder
from knowledge.types import ActionSpec, Hit, JsonValue, Observation, Step, Task
from models.annotate import label
from models.endings import ENDING_TEXTS
from models.layout import choose_scene, fill_scene, options
from models.scene import Example, FillScene, Label

ORIGIN, WHOLE_TEXT = "telecom", "text"
LEAST_KNOWN = 0.2  # of the other conversations, as precedents
BEGAN = datetime(2025, 1, 1)  # counts where the system message says no time


@dataclass(frozen=True, kw_only=True)
class Taking:
    """How many examples are made of what is known: the same point of the same request comes up in many runs.

    `most_copies` of one point, each with the likeliest candidates and others drawn at random, `most_offered` in all; in
    a share of them, `forgotten`, without any precedent.
    """

    most_copies: int = 40
    most_offered: int = 12
    likeliest: int = 4
    forgotten: float = 0.3
    seed: int = 0


@dataclass
class Report:
    """What could be annotated, and what could not: `unplaced` values by tool and parameter, `unoffered` tools."""

    runs: int = 0
    steps: int = 0
    values: int = 0
    left_out: int = 0
    unplaced: Counter[str] = field(default_factory=Counter)
    unoffered: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Lent:
    """Conversations as precedents of one another: none is shown one of its own group."""

    known: Known
    groups: tuple[str, ...]

    @classmethod
    def of(cls, runs: Sequence[Demonstration], groups: Sequence[str], shelves: Shelves, embedder: Embedder) -> "Lent":
        """`groups[i]` is that of `runs[i]`."""
        made = tuple(precedent(run, shelves, now=BEGAN, tenant="") for run in runs)
        matrix = embedder.embed([each.task.text for each in made])
        return cls(known=Known().and_more(0, made, matrix), groups=tuple(groups))

    def recall(self, group: str, embedder: Embedder, *, least: float, rng: random.Random) -> Recall:
        """As if at least the share `least` of the others were known."""
        share = rng.uniform(least, 1.0)
        but = [i for i, each in enumerate(self.groups) if each == group or rng.random() > share]

        def near(task: Task, steps: Sequence[Step], observations: Sequence[Observation]) -> tuple[Hit, ...]:
            return self.known.near(task, steps, observations, embedder, but=but)

        return near


class Converter:
    """Makes examples of conversations; a point that comes up often is taken so many times only."""

    def __init__(self, embedder: Embedder, taking: Taking, lent: Lent | None = None) -> None:
        self.report = Report()
        self._embedder, self._shelves, self._taking, self._lent = embedder, Shelves(embedder), taking, lent
        self._rng = random.Random(taking.seed)
        self._taken: Counter[str] = Counter()

    def examples(self, run: Demonstration, *, group: str = "") -> Iterator[Example]:
        """One example a decision that is taught, and one for the end."""
        self.report.runs += 1
        lent, rng = self._lent, self._rng
        recall = lent.recall(group, self._embedder, least=LEAST_KNOWN, rng=rng) if lent else None
        for number in run.decisions:
            forgotten = rng.random() < self._taking.forgotten
            yield from self._point(run, number, None if forgotten else recall)

    def _point(self, run: Demonstration, number: int, recall: Recall | None) -> Iterator[Example]:
        point = _digest(run, number)
        if self._taken[point] >= self._taking.most_copies:
            self.report.left_out += 1
            return
        self._taken[point] += 1
        yield fewer(self._made(run, number, recall), self._taking, self._rng)

    def _made(self, run: Demonstration, number: int, recall: Recall | None) -> Example:
        seen = shown(run, number, self._shelves, self._embedder, recall)
        if not run.calls[number:]:
            return _chosen(seen.scene, "finish")
        return _decision(run.calls[number], seen.scene, seen.tools, self.report)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the chat service makes of a conversation up to one of its decisions."""

    scene: Scene
    tools: Tools


def shown(run: Demonstration, number: int, shelves: Shelves, embedder: Embedder, recall: Recall | None = None) -> Shown:
    """Before call `number`; after all of them where there is none."""
    tools, talk = shelves.tools(run.tools), conversation(run.until(number), now=BEGAN)
    return Shown(scene=scene(talk, tools, shelves.manual(talk.documentation), embedder, recall), tools=tools)


def fewer(example: Example, taking: Taking, rng: random.Random) -> Example:
    """With fewer candidates: the right one, the likeliest by retrieval, the endings, and others drawn at random."""
    if example.choose is None:
        return example
    known, right = example.choose.candidates, example.right
    actions = [i for i, each in enumerate(known) if each.name not in ENDING_TEXTS]
    ranked = sorted(actions, key=lambda i: -known[i].features[0])[: taking.likeliest]
    others = rng.sample(actions, len(actions))
    kept = {*list(dict.fromkeys([right, *ranked, *others]))[: taking.most_offered]} | {*range(len(known))} - {*actions}
    order = sorted(kept)
    candidates = tuple(known[i] for i in order)
    return replace(example, choose=replace(example.choose, candidates=candidates), right=order.index(right))


def _digest(run: Demonstration, number: int) -> str:
    """Of all that the decision may depend on, and of the decision."""
    decided = [each.call.function.model_dump() for each in run.calls[number : number + 1]]
    said = [message.model_dump(exclude={"weight"}) for message in run.until(number).messages]
    return hashlib.sha256(json.dumps([said, decided]).encode()).hexdigest()


def _decision(call: Made, seen: Scene, tools: Tools, report: Report) -> Example:
    name = call.call.function.name
    ending = next((each for each in ("finish", "escalate") if _is(tools.box.ending(each), name)), "")
    if ending:
        return _chosen(seen, ending)
    spec = tools.box.named(name)
    if spec is None:
        raise BadConfiguration(f"{name!r} was called, which is not among the tools.", remedy="Add it there.")
    report.steps += 1
    report.unoffered[spec.name] += spec.id not in seen.specs
    filled = _filled(spec, arguments_of(call.call), seen, report) if spec.parameters else None
    return _chosen(seen, spec.id, filled) if spec.id in seen.specs else filled or Example(origin=ORIGIN)


def _is(spec: ActionSpec | None, name: str) -> bool:
    return spec is not None and spec.name == name


def _filled(spec: ActionSpec, given: dict[str, JsonValue], seen: Scene, report: Report) -> Example:
    shown, now = seen.filling_for(spec), seen.filling.task.now
    places, labels = fill_scene(shown, spec), []
    for parameter in spec.parameters:
        value, present = given.get(parameter.name), parameter.name in given
        labels.append(_telling(label(parameter, value, places, now=now, given=present), places))
        report.values += 1
        report.unplaced[f"{spec.name}.{parameter.name}"] += not labels[-1].known
    return Example(origin=ORIGIN, fill=places, labels=tuple(labels))


def _telling(found: Label, places: FillScene) -> Label:
    """Without what stands somewhere in a result's whole text, if the value stands elsewhere: a "2" is in many."""
    spans = tuple(span for span in found.spans if places.sources[span.source].path != WHOLE_TEXT)
    return replace(found, spans=spans) if spans else found


def _chosen(seen: Scene, action: str, filled: Example | None = None) -> Example:
    return Example(
        origin=ORIGIN,
        choose=choose_scene(seen.choosing),
        right=options(seen.choosing).index(action),
        fill=filled.fill if filled else None,
        labels=filled.labels if filled else (),
    )
