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
MAKES = ("PUT", "POST")


@dataclass(frozen=True, kw_only=True)
class Unfound:
    """`words` of the requester's, with which `action` was called and found nothing."""

    words: str
    action: str


def unfound(spec: ActionSpec, arguments: tuple[Argument, ...], situation: Situation) -> Unfound | None:
    """What a value of this write was looked for by, in vain, where the value is what was left instead."""
    if spec.effect == "read":
        return None
    if found := _as_said(spec, arguments, situation):
        return found
    doubtful = [each.name for each in arguments if _instead(each, situation)]
    if all(_from_nothing(each, situation) for each in arguments):
        doubtful.append(ANY)
    return next((found for name in doubtful for found in _in_vain(name, situation)), None)


def _as_said(spec: ActionSpec, arguments: tuple[Argument, ...], situation: Situation) -> Unfound | None:
    """What a place in the path is filled with though it was looked for under this very name: it is not there to be
    changed. Where the look's own path is written to, the write may be what makes it.
    """
    places = {parameter.name for parameter in spec.parameters if parameter.location == "path"}
    reads = {each.name: each.path for each in situation.candidates if each.effect == "read"}
    for argument in arguments:
        value = argument.value
        if argument.name in places and isinstance(value, Literal):
            for found in _in_vain(argument.name, situation):
                made = spec.method in MAKES and reads.get(found.action) == spec.path
                if found.words.casefold() == text_of(value.value).casefold() and not made:
                    return found
    return None


def sought(names: tuple[str, ...], situation: Situation) -> Unfound | None:
    """What one of these parameters was looked for by, in vain."""
    return next((found for name in names for found in _in_vain(name, situation)), None)


def _instead(argument: Argument, situation: Situation) -> bool:
    """Whether the value was neither said by the requester nor found by a look that tells such values."""
    if _from_nothing(argument, situation):
        return True
    spec, _ = _look(argument, situation)
    return spec is not None and plain(argument.name) not in fields_of(spec.returns)


def _from_nothing(argument: Argument, situation: Situation) -> bool:
    """Whether nothing that the requester said led to the value: it is their own, or out of an empty result."""
    value = argument.value
    if not isinstance(value, Literal):
        return False
    if value.provenance.source != "observation":
        return value.provenance.source == "document" or value.provenance.source_id == "requester"
    spec, at = _look(argument, situation)
    if spec is None:
        return True
    asked = [each.value for each in situation.steps[at].arguments if isinstance(each.value, Literal)]
    own = bool(asked) and all(each.provenance.source_id == "requester" for each in asked)
    return own or _vain(situation.observations[at])


def _look(argument: Argument, situation: Situation) -> tuple[ActionSpec | None, int]:
    """What the value was seen with, and when; None if it was not seen."""
    value = argument.value
    if not isinstance(value, Literal) or value.provenance.source != "observation":
        return None, -1
    at = step_number(value.provenance.source_id)
    if not 0 <= at < len(situation.observations):
        return None, -1
    return {spec.id: spec for spec in situation.candidates}.get(situation.steps[at].action), at


def _in_vain(parameter: str, situation: Situation) -> Iterator[Unfound]:
    """Reads that tell such a value, made with the requester's words, that found nothing; not what was asked about."""
    asked = [each.text for each in situation.task.utterances if each.speaker != "requester"]
    for spec, _, value in vain_looks(situation):
        words = text_of(value.value)
        if plain(parameter) in {ANY, *fields_of(spec.returns)} and not any(words in text for text in asked):
            yield Unfound(words=words, action=spec.name)


def vain_looks(situation: Situation) -> Iterator[tuple[ActionSpec, str, Literal]]:
    """Reads that found nothing, with each of their parameters that the requester said something for."""
    specs = {spec.id: spec for spec in situation.candidates}
    for step, seen in zip(situation.steps, situation.observations, strict=True):
        spec = specs.get(step.action)
        if spec and spec.effect == "read" and _vain(seen):
            yield from ((spec, name, value) for name, value in _words(step))


def _words(step: Step) -> Iterator[tuple[str, Literal]]:
    for name, value in ((each.name, each.value) for each in step.arguments):
        if isinstance(value, Literal) and value.provenance.source in ("request", "answer"):
            yield from () if value.provenance.source_id == "requester" else ((name, value),)


def _vain(seen: Observation) -> bool:
    """A list without rows, or the application knows no such thing."""
    return nothing(seen) or (seen.status == "error" and seen.code == NOT_FOUND)
