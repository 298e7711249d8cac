"""The grounding gate: a step passes only if every value satisfies its schema and is found again in its source."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from jsonschema import Draft202012Validator

from knowledge.errors import Ungrounded
from knowledge.redaction import marked, touches_mark
from knowledge.types import (
    ActionSpec,
    Argument,
    JsonSchema,
    JsonValue,
    Literal,
    Parameter,
    Passage,
    Provenance,
    Reference,
    Step,
)
from models.lam import Situation
from planner.formats import FORMATS
from planner.paths import at, branches, schema_at, step_number, text_of
from planner.readings import Reading, agrees

REDACTED = "It was taken out (LAMP_REDACT) before anything was decided: give it to the application yourself."


@dataclass(frozen=True, kw_only=True)
class Grounded:
    """A step fit to run: no References left, and each provenance carries the trust of its real source."""

    spec: ActionSpec
    step: Step


def ground(
    step: Step, situation: Situation, *, reading: Reading = agrees, given: Mapping[str, JsonValue] | None = None
) -> Grounded:
    """Check a step against the situation it was proposed in. Raises Ungrounded naming everything that is wrong.

    `given` are the values a person put into an approval: only they may come from a "person".
    """
    spec = next((spec for spec in situation.candidates if spec.id == step.action), None)
    if spec is None:
        raise Ungrounded(f"{step.action} is not among the actions offered.")
    parameters = {parameter.name: parameter for parameter in spec.parameters}
    source = _Sources(situation=situation, reading=reading, given=given or {})
    arguments, reasons = [], list(misshapen(step, spec))
    for argument in step.arguments:
        if argument.name in parameters:
            try:
                arguments.append(_grounded(argument, parameters[argument.name], source))
            except Ungrounded as error:
                reasons.append(f"{argument.name}: {error}")
    if reasons:
        raise Ungrounded(" ".join(reasons))
    return Grounded(spec=spec, step=replace(step, arguments=tuple(arguments)))


def misshapen(step: Step, spec: ActionSpec) -> Iterator[str]:
    given = [argument.name for argument in step.arguments]
    known = {parameter.name for parameter in spec.parameters}
    yield from (f"{name} is not a parameter of {spec.name}." for name in given if name not in known)
    yield from (f"{name} is given twice." for name in sorted(set(given)) if given.count(name) > 1)
    yield from (f"{p.name} is required." for p in spec.parameters if p.required and p.name not in given)


def _grounded(argument: Argument, parameter: Parameter, source: "_Sources") -> Argument:
    value = argument.value
    if isinstance(value, Reference) and _promised(value, source.situation):
        return argument
    literal = _resolved(value, source.situation) if isinstance(value, Reference) else value
    satisfies(literal.value, parameter)
    return replace(argument, value=replace(literal, provenance=source.of(parameter).check(literal)))


def _promised(reference: Reference, situation: Situation) -> bool:
    """Whether the step referred to is only planned yet; raises Ungrounded if its result will have no such field."""
    if not 0 <= reference.step < len(situation.observations):
        return False
    if situation.observations[reference.step].status != "placeholder":
        return False
    action = situation.steps[reference.step].action
    returns = next((spec.returns for spec in situation.candidates if spec.id == action), {})
    if returns and not schema_at(returns, reference.path):
        raise Ungrounded(f"Step {reference.step + 1} will return nothing at {reference.path}.")
    return True


def _resolved(reference: Reference, situation: Situation) -> Literal:
    source_id = f"step:{reference.step}"
    value = _observed(source_id, reference.path, situation)
    provenance = Provenance(source="observation", source_id=source_id, raw=text_of(value), path=reference.path)
    return Literal(value=value, provenance=provenance)


def satisfies(value: JsonValue, parameter: Parameter) -> None:
    """Raises Ungrounded if the schema, or the place in a request, does not take the value."""
    if marked(value):
        raise Ungrounded(REDACTED)
    validator = Draft202012Validator(dict(parameter.schema), format_checker=FORMATS)
    if error := next(validator.iter_errors(value), None):
        raise Ungrounded(f"{error.message}.")
    text = text_of(value) if isinstance(value, str | int | float) else ""
    if parameter.location == "path" and (text in ("", ".", "..") or re.search(r"[/\\\x00-\x1f]", text)):
        raise Ungrounded(f"{text!r} cannot be part of an address.")
    if parameter.location == "header" and re.search(r"[\x00-\x1f\x7f]", text):
        raise Ungrounded("Control characters cannot be sent in a header.")


def _observed(source_id: str, path: str, situation: Situation) -> JsonValue:
    number = step_number(source_id)
    if not 0 <= number < len(situation.observations):
        raise Ungrounded(f"There is no {source_id} with a result.")
    observation = situation.observations[number]
    if observation.status != "ok":
        raise Ungrounded(f"Step {number + 1} gave no result.")
    try:
        value = at(observation.body, path)
    except KeyError:
        raise Ungrounded(f"Step {number + 1} returned nothing at {path}.") from None
    if value is None or isinstance(value, dict):
        raise Ungrounded(f"What step {number + 1} returned at {path} is not a value.")
    return value


@dataclass(frozen=True, kw_only=True)
class _Sources:
    """Where a step's values may come from."""

    situation: Situation
    reading: Reading
    given: Mapping[str, JsonValue]

    def of(self, parameter: Parameter) -> "_Source":
        return _Source(parameter=parameter, situation=self.situation, reading=self.reading, given=self.given)


@dataclass(frozen=True, kw_only=True)
class _Source:
    """Reads a literal again where its provenance says it comes from."""

    parameter: Parameter
    situation: Situation
    reading: Reading
    given: Mapping[str, JsonValue]

    def check(self, literal: Literal) -> Provenance:
        """Return the provenance with its source's trust. Raises Ungrounded."""
        provenance = literal.provenance
        match provenance.source:
            case "request":
                self._read(literal, self._request(provenance))
            case "answer":
                self._read(literal, self._answer(provenance))
            case "document":
                passage = self._passage(provenance)
                self._read(literal, passage.text)
                return replace(provenance, trust=passage.trust)
            case "observation":
                self._look(literal)
            case "option":
                self._pick(literal)
            case "person":
                self._given(literal)
            case "default":
                if "default" not in self.parameter.schema or not _same(literal.value, self.parameter.schema["default"]):
                    raise Ungrounded(f"{literal.value!r} is not the default.")
        return replace(provenance, trust="trusted")

    def _given(self, literal: Literal) -> None:
        name = self.parameter.name
        if name not in self.given or not _same(literal.value, self.given[name]):
            raise Ungrounded(f"{literal.value!r} was given by nobody.")

    def _request(self, provenance: Provenance) -> str:
        task = self.situation.task
        return task.requester if provenance.source_id == "requester" else task.text

    def _answer(self, provenance: Provenance) -> str:
        number = step_number(provenance.source_id)
        utterances = self.situation.task.utterances
        if not 0 <= number < len(utterances) or utterances[number].speaker != "requester":
            raise Ungrounded(f"There is no answer {provenance.source_id}.")
        return utterances[number].text

    def _passage(self, provenance: Provenance) -> Passage:
        for hit in self.situation.context.passages:
            if isinstance(hit.item, Passage) and hit.item.id == provenance.source_id:
                return hit.item
        raise Ungrounded(f"There is no passage {provenance.source_id}.")

    def _read(self, literal: Literal, text: str) -> None:
        raw, start, end = literal.provenance.raw, literal.provenance.start, literal.provenance.end
        if not 0 <= start < end <= len(text) or text[start:end] != raw:
            raise Ungrounded(f"“{raw}” does not stand at that place of its source.")
        if touches_mark(text, start, end):
            raise Ungrounded(REDACTED)
        if _inside_word(text, start) or _inside_word(text, end):
            raise Ungrounded(f"“{raw}” is cut out of a longer word of its source.")
        if not self._says(literal, raw):
            raise Ungrounded(f"{literal.value!r} is not what “{raw}” says.")

    def _look(self, literal: Literal) -> None:
        provenance = literal.provenance
        value = _observed(provenance.source_id, provenance.path, self.situation)
        if provenance.start or provenance.end:
            return self._read(literal, text_of(value))
        if provenance.raw.casefold() != text_of(value).casefold():
            raise Ungrounded(f"“{provenance.raw}” is not what stands at {provenance.path}.")
        same = literal.value == [value] if isinstance(literal.value, list) else _same(literal.value, value)
        if not same and not self._says(literal, text_of(value)):
            raise Ungrounded(f"{literal.value!r} is not what stands at {provenance.path}.")
        return None

    def _says(self, literal: Literal, raw: str) -> bool:
        return self.reading(literal.value, raw, self.parameter.schema, self.situation.task.now)

    def _pick(self, literal: Literal) -> None:
        allowed = list(options(self.parameter.schema))
        picked = literal.value if isinstance(literal.value, list) else [literal.value]
        if not all(any(_same(each, option) for option in allowed) for each in picked):
            raise Ungrounded(f"{literal.value!r} is not an option.")


def _inside_word(text: str, at: int) -> bool:
    """Between two letters or digits; of scripts that write words without blanks nobody can tell."""
    return 0 < at < len(text) and all(c.isdecimal() or c.upper() != c.lower() for c in text[at - 1 : at + 1])


def options(schema: JsonSchema) -> Iterator[JsonValue]:
    """The closed set of values that a schema allows, empty if it is open."""
    for branch in branches(schema):
        enum, items = branch.get("enum"), branch.get("items")
        if isinstance(enum, list):
            yield from enum
        elif "const" in branch:
            yield branch["const"]
        elif branch.get("type") == "boolean":
            yield from (True, False)
        elif isinstance(items, dict):
            yield from options(items)


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Equal, and True is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other
