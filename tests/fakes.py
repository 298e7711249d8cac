"""Deterministic stand-ins for the slow parts: a LAM that follows a script, a searcher and an embedder without a model.

The script points as the pointer model does: `said` and `answered` into what people wrote, `cited` into a passage,
`seen` at a field of an earlier result, `option` at one of a parameter's options.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from knowledge.types import (
    ActionSpec,
    Argument,
    Context,
    Hit,
    JsonValue,
    Literal,
    Observation,
    Parameter,
    Passage,
    Plan,
    Provenance,
    Query,
    Reference,
    Step,
    Trajectory,
)
from models.lam import ENDINGS, Choice, Filled, Option, Situation
from models.values import typed
from planner.paths import at, text_of

Pointer: TypeAlias = Callable[[Situation, Parameter], Literal | Reference]


def said(words: str) -> Pointer:
    """Words of the request."""

    def point(situation: Situation, parameter: Parameter) -> Literal:
        start = situation.task.text.index(words)
        provenance = Provenance(source="request", source_id="request", raw=words, start=start, end=start + len(words))
        return Literal(value=typed(words, parameter.schema, now=situation.task.now), provenance=provenance)

    return point


def answered(words: str) -> Pointer:
    """Words of the latest answer that has them."""

    def point(situation: Situation, parameter: Parameter) -> Literal:
        utterances = list(enumerate(situation.task.utterances))
        number, text = next(
            (i, u.text) for i, u in reversed(utterances) if u.speaker == "requester" and words in u.text
        )
        start = text.index(words)
        provenance = Provenance(
            source="answer", source_id=f"utterance:{number}", raw=words, start=start, end=start + len(words)
        )
        return Literal(value=typed(words, parameter.schema, now=situation.task.now), provenance=provenance)

    return point


def cited(passage_id: str, words: str) -> Pointer:
    def point(situation: Situation, parameter: Parameter) -> Literal:
        found = (hit.item for hit in situation.context.passages if isinstance(hit.item, Passage))
        passage = next(each for each in found if each.id == passage_id)
        start = passage.text.index(words)
        provenance = Provenance(
            source="document", source_id=passage_id, raw=words, start=start, end=start + len(words), trust=passage.trust
        )
        return Literal(value=typed(words, parameter.schema, now=situation.task.now), provenance=provenance)

    return point


def seen(step: int, path: str, words: str = "") -> Pointer:
    """A field of an earlier result, or some words of it; a Reference while that step is only planned."""

    def point(situation: Situation, parameter: Parameter) -> Literal | Reference:
        observation = situation.observations[step]
        if observation.status == "placeholder":
            return Reference(step=step, path=path)
        value = at(observation.body, path)
        raw = words or text_of(value)
        start = text_of(value).index(raw)
        provenance = Provenance(
            source="observation", source_id=f"step:{step}", raw=raw, start=start, end=start + len(raw), path=path
        )
        return Literal(value=words or value, provenance=provenance)

    return point


def option(value: JsonValue) -> Pointer:
    def point(situation: Situation, parameter: Parameter) -> Literal:
        provenance = Provenance(source="option", source_id=parameter.name, raw=text_of(value))
        return Literal(value=value, provenance=provenance)

    return point


@dataclass(frozen=True, kw_only=True)
class Move:
    """What the model says at one point; `others` are further probabilities, what is left of 1 goes to "finish"."""

    action: str
    arguments: dict[str, Pointer] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)
    probability: float = 1.0
    pointed: float = 1.0
    others: dict[str, float] = field(default_factory=dict)


class ScriptedLAM:
    """Satisfies `models.lam.LAM`. Makes one move a choice; when the script is over it finishes."""

    def __init__(self, moves: Iterable[Move]) -> None:
        self._moves = iter(moves)
        self._move = Move(action="finish")
        self._lock = threading.Lock()
        self.situations: list[Situation] = []

    def choose(self, situation: Situation) -> Choice:
        with self._lock:
            self.situations.append(situation)
            self._move = next(self._moves, Move(action="finish"))
            return _choice(self._move, situation)

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        parameters = {parameter.name: parameter for parameter in action.parameters}
        arguments = tuple(
            Argument(name=name, value=point(situation, parameters.get(name, Parameter(name=name))))
            for name, point in self._move.arguments.items()
        )
        move = self._move
        return Filled(arguments=arguments, missing=move.missing, confidence=move.pointed, problems=move.problems)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        specs = {spec.id: spec for spec in situation.candidates}
        while len(situation.steps) < max_steps:
            action = self.choose(situation).best.action
            if action in ENDINGS:
                return Plan(task_id=situation.task.id, steps=situation.steps, ending=action)  # type: ignore[arg-type]
            index = len(situation.steps)
            step = Step(index=index, action=action, arguments=self.fill(situation, specs[action]).arguments)
            expected = Observation(step=index, status="placeholder")
            situation = replace(
                situation, steps=(*situation.steps, step), observations=(*situation.observations, expected)
            )
        return Plan(task_id=situation.task.id, steps=situation.steps, ending="open")


def _choice(move: Move, situation: Situation) -> Choice:
    shares = dict.fromkeys([*(spec.id for spec in situation.candidates), *ENDINGS], 0.0) | move.others
    shares[move.action] = move.probability
    rest = "finish" if move.action != "finish" else "escalate"
    shares[rest] += 1.0 - sum(shares.values())
    ranked = sorted(shares.items(), key=lambda pair: (pair[0] != move.action, -pair[1]))
    return Choice(ranked=tuple(Option(action=action, probability=share) for action, share in ranked))


class FixedSearcher:
    """Finds the same for every query, and remembers the queries."""

    def __init__(
        self,
        actions: Sequence[ActionSpec],
        *,
        passages: Sequence[Passage] = (),
        precedents: Sequence[Trajectory] = (),
        spare: Sequence[Trajectory] = (),
        similarity: float = 0.8,
    ) -> None:
        """`spare` are less like every query than `precedents`."""
        self.queries: list[Query] = []
        self._context = Context(
            actions=tuple(Hit(kind="action", score=1.0, similarity=similarity, item=each) for each in actions),
            passages=tuple(Hit(kind="passage", score=1.0, similarity=similarity, item=each) for each in passages),
            precedents=tuple(Hit(kind="precedent", score=1.0, similarity=similarity, item=each) for each in precedents),
            spare=tuple(Hit(kind="precedent", score=0.5, similarity=similarity / 2, item=each) for each in spare),
        )

    def context(self, query: Query) -> Context:
        self.queries.append(query)
        return self._context


class HashEmbedder:
    """[N, 384] unit vectors; equal texts have equal ones."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts]
        rows = np.stack([np.random.default_rng(seed).standard_normal(384) for seed in seeds])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
