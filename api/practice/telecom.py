"""Expert runs against somebody's tools as examples, each step shown exactly as the chat service shows it.

The runs are JSON lines: `id`, `system`, `tools` (OpenAI's form) and `calls` with `name`, `arguments`, `result` and
`expert`; what an expert did not do is history, and no example. `bench/telecom_experts.py` writes them.
"""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from api.chat.conversation import conversation
from api.chat.history import Scene, scene
from api.chat.shelves import Shelves, Tools
from api.chat.wire import ChatRequest, FunctionCall, Message, Tool, ToolCall
from knowledge.errors import BadConfiguration
from knowledge.ingest import Embedder
from knowledge.types import ActionSpec, JsonValue
from models.annotate import label
from models.endings import ENDING_TEXTS
from models.layout import choose_scene, fill_scene, options
from models.scene import Example, FillScene, Label

ORIGIN, WHOLE_TEXT = "telecom", "text"
BEGAN = datetime(2025, 1, 1)  # counts where the system message says no time


class ExpertCall(BaseModel):
    name: str
    arguments: dict[str, Any]
    result: str
    expert: bool = True


class ExpertRun(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    system: str
    tools: list[Tool]
    calls: list[ExpertCall]

    @property
    def decisions(self) -> list[int]:
        """How many calls went before each decision of the expert's; after all calls it is to end."""
        return [number for number, call in enumerate(self.calls) if call.expert] + [len(self.calls)]


@dataclass(frozen=True, kw_only=True)
class Taking:
    """How many examples are made of what is known: the same point of the same request comes up in many runs.

    `most_copies` of one point, each with the likeliest candidates and others drawn at random, `most_offered` in all.
    """

    most_copies: int = 40
    most_offered: int = 12
    likeliest: int = 4
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


def read_runs(path: Path) -> Iterator[ExpertRun]:
    """Raises BadConfiguration, naming the line."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield ExpertRun.model_validate_json(line)
            except ValidationError as error:
                raise BadConfiguration(
                    f"Line {number} of {path} is no expert run: {error.errors()[0]['msg']}.",
                    remedy="Write the file with bench/telecom_experts.py.",
                ) from error


class Converter:
    """Makes examples of runs; points that came up before are made once and varied."""

    def __init__(self, embedder: Embedder, taking: Taking) -> None:
        self.report = Report()
        self._embedder, self._shelves, self._taking = embedder, Shelves(embedder), taking
        self._rng = random.Random(taking.seed)
        self._known: dict[str, Example] = {}
        self._taken: Counter[str] = Counter()

    def examples(self, run: ExpertRun) -> Iterator[Example]:
        """One example a decision of the expert's, and one for the end."""
        self.report.runs += 1
        for number in run.decisions:
            yield from self._point(run, number)

    def _point(self, run: ExpertRun, number: int) -> Iterator[Example]:
        point = _digest(run, number)
        if self._taken[point] >= self._taking.most_copies:
            self.report.left_out += 1
            return
        self._taken[point] += 1
        if point not in self._known:
            self._known[point] = self._made(run, number)
        yield fewer(self._known[point], self._taking, self._rng)

    def _made(self, run: ExpertRun, number: int) -> Example:
        seen = shown(run, number, self._shelves, self._embedder)
        if not run.calls[number:]:
            return _chosen(seen.scene, "finish")
        return _decision(run.calls[number], seen.scene, seen.tools, self.report)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the chat service makes of a run up to one of its decisions."""

    scene: Scene
    tools: Tools


def shown(run: ExpertRun, number: int, shelves: Shelves, embedder: Embedder) -> Shown:
    """Before call `number`; after all of them where there is none."""
    tools = shelves.tools(run.tools)
    messages = [*_messages(run.system, run.calls[:number])]
    request = ChatRequest(model="lamplighter", messages=messages, tools=run.tools, user=None)
    talk = conversation(request, now=BEGAN)
    return Shown(scene=scene(talk, tools, shelves.manual(talk.documentation), embedder), tools=tools)


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


def _digest(run: ExpertRun, number: int) -> str:
    """Of all that the decision may depend on, and of the decision."""
    calls = [(call.name, call.arguments, call.result) for call in run.calls[:number]]
    decided = [(call.name, call.arguments) for call in run.calls[number : number + 1]]
    return hashlib.sha256(json.dumps([run.system, calls, decided]).encode()).hexdigest()


def _messages(system: str, calls: Sequence[ExpertCall]) -> Iterator[Message]:
    yield Message(role="system", content=system)
    for number, call in enumerate(calls):
        made = FunctionCall(name=call.name, arguments=json.dumps(call.arguments))
        yield Message(role="assistant", tool_calls=[ToolCall(id=f"call_{number}", function=made)])
        yield Message(role="tool", tool_call_id=f"call_{number}", content=call.result)


def _decision(call: ExpertCall, seen: Scene, tools: Tools, report: Report) -> Example:
    ending = next((each for each in ("finish", "escalate") if _is(tools.box.ending(each), call.name)), "")
    if ending:
        return _chosen(seen, ending)
    spec = tools.box.named(call.name)
    if spec is None:
        raise BadConfiguration(f"An expert called {call.name!r}, which is not among the tools.", remedy="Add it there.")
    report.steps += 1
    report.unoffered[spec.name] += spec.id not in seen.specs
    filled = _filled(spec, call.arguments, seen, report) if spec.parameters else None
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
