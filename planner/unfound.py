"""Who was looked for in vain is asked about, before something is done to somebody else.

"Unlock Zofia Kovacs", and no account is found: what is left to fill the username with is the requester's own, the
owner of a group that was looked up beside, or anything that stands in an empty result.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.types import ActionSpec, Argument, Literal, Observation, Step
from models.lam import Situation
from planner.paths import step_number, text_of
from planner.rows import nothing
from retrieval.schema_graph import fields_of, plain

NOT_FOUND = "not_found"
ANY = ""  # whatever it tells


@dataclass(frozen=True, kw_only=True)
class Unfound:
    """`words` of the requester's, with which `action` was called and found nothing."""

    words: str
    action: str


def unfound(spec: ActionSpec, arguments: tuple[Argument, ...], situation: Situation) -> Unfound | None:
    """What a value of this write was looked for by, in vain, where the value is what was left instead."""
    if spec.effect == "read":
        return None
    doubtful = [each.name for each in arguments if _instead(each, situation)]
    told = [*doubtful, ANY] if len(doubtful) == len(arguments) else doubtful  # then it has nothing of what was said
    return next((found for name in told for found in _in_vain(name, situation)), None)


def sought(names: tuple[str, ...], situation: Situation) -> Unfound | None:
    """What one of these parameters was looked for by, in vain."""
    return next((found for name in names for found in _in_vain(name, situation)), None)


def _instead(argument: Argument, situation: Situation) -> bool:
    """Whether the value was neither said by the requester nor found by a look that tells such values."""
    value = argument.value
    if not isinstance(value, Literal):
        return False
    source, id = value.provenance.source, value.provenance.source_id
    if source == "observation":
        return not _told_by(step_number(id), argument.name, situation)
    return source == "document" or id == "requester"


def _told_by(number: int, parameter: str, situation: Situation) -> bool:
    """Not by what was looked up about the requester, whom nobody asked for."""
    if not 0 <= number < len(situation.observations):
        return False
    specs = {spec.id: spec for spec in situation.candidates}
    step, seen = situation.steps[number], situation.observations[number]
    spec, asked = specs.get(step.action), [each.value for each in step.arguments if isinstance(each.value, Literal)]
    own = bool(asked) and all(value.provenance.source_id == "requester" for value in asked)
    return spec is not None and not own and not _vain(seen) and plain(parameter) in fields_of(spec.returns)


def _in_vain(parameter: str, situation: Situation) -> Iterator[Unfound]:
    """Reads that tell such a value, made with the requester's words, that found nothing; not what was asked about."""
    specs = {spec.id: spec for spec in situation.candidates}
    asked = [each.text for each in situation.task.utterances if each.speaker != "requester"]
    for step, seen in zip(situation.steps, situation.observations, strict=True):
        spec = specs.get(step.action)
        if spec and spec.effect == "read" and _vain(seen) and plain(parameter) in {ANY, *fields_of(spec.returns)}:
            for words in _words(step):
                if not any(words in text for text in asked):
                    yield Unfound(words=words, action=spec.name)


def _words(step: Step) -> Iterator[str]:
    for value in (each.value for each in step.arguments):
        if isinstance(value, Literal) and value.provenance.source in ("request", "answer"):
            yield from () if value.provenance.source_id == "requester" else (text_of(value.value),)


def _vain(seen: Observation) -> bool:
    """A list without rows, or the application knows no such thing."""
    return nothing(seen) or (seen.status == "error" and seen.code == NOT_FOUND)
