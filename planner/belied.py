"""What stands around a value in the words it was read from can belie it: the requester is asked then.

The model points to words and is often sure of the wrong ones where the right ones were never said: "VPN, starting
Monday" names no end, and a name under a letter is whose letter it is.
"""

import re
from collections.abc import Mapping

from knowledge.types import ActionSpec, Argument, Literal, Parameter, Provenance, Task
from models.values import YEAR
from planner.heard import said_by_requester
from planner.readings import is_day

_NAME = r"(?!(?:for|to|if|and|in|of|on|at|with|please|you|your)\b)[^\W\d_][^\s,.!?]*"
_SIGNED = re.compile(
    r"(?:^|[\n.!?,;])\s*(?:(?:with|many|kind|kindest|best|warm|warmest|yours)\s+)*"
    r"(?:regards|wishes|greetings|thanks|thank you|thx|cheers|yours|sincerely|best|love|bye|see you|later)"
    r"(?:\s+(?:a lot|very much|so much|in advance|in anticipation|sincerely|truly|faithfully|from))*[\s,.!\-–]+"
    rf"(?P<name>{_NAME}(?:[ \t]+{_NAME}){{0,3}})[.!]*\s*$",
    re.IGNORECASE,
)
_A_CLOSING = 200  # characters: what is longer is no closing, and is not searched for one
_OF_ONESELF = re.compile(r"\b(?:I|me|my|mine|myself)\b", re.IGNORECASE)
_FILLING = r"(?:\s+(?:on|the|next|this|coming))*\s*$"
_BEGINS = re.compile(rf"\b(?:starting|beginning|starts|begins|from|since|as of|effective){_FILLING}", re.IGNORECASE)
_ENDS = re.compile(rf"\b(?:until|till|through|ending|ends|expiring|expires){_FILLING}", re.IGNORECASE)
_AN_END = re.compile(r"\b(?:until|till|ends?|expir\w*|last|due|deadline)\b", re.IGNORECASE)
_A_BEGINNING = re.compile(r"\b(?:starts?|begins?|beginning|from|since|first)\b", re.IGNORECASE)
_LEAD = re.compile(r"(?:(?:starting|beginning|from|since|until|till|through|on|the|next)\s+)*", re.IGNORECASE)
_END_BEFORE = re.compile(r"\b(?:end|middle|beginning|start) of(?:\s+the)?\s*$", re.IGNORECASE)
_YEAR = re.compile(r"\b\d{4}\b|[./]\d\d$")


def belied(arguments: tuple[Argument, ...], spec: ActionSpec, task: Task) -> bool:
    """Whether what stands around one of the values, where the requester said it, speaks against it."""
    texts = dict(said_by_requester(task))
    parameters = {each.name: each for each in spec.parameters}
    return any(_belied(each, parameters, texts) for each in arguments)


def _belied(argument: Argument, parameters: Mapping[str, Parameter], texts: Mapping[str, str]) -> bool:
    value, parameter = argument.value, parameters.get(argument.name)
    if not isinstance(value, Literal) or parameter is None or value.provenance.source not in ("request", "answer"):
        return False
    found = value.provenance
    text = texts.get(found.source_id, "")
    if text[found.start : found.end] != found.raw or not found.raw:
        return False
    return (is_day(parameter.schema) and (_other_end(found, text, parameter) or _cut_short(found, text))) or _signed(
        found, text
    )


def _other_end(found: Provenance, text: str, parameter: Parameter) -> bool:
    """The first day of a period for its last one, or the other way round."""
    about = re.sub(r"[_\-]+", " ", f"{parameter.name} {parameter.description}")
    before = text[: found.start] + _LEAD.match(found.raw)[0]  # type: ignore[index]  # it matches nothing, too
    if _AN_END.search(about):
        return not _A_BEGINNING.search(about) and bool(_BEGINS.search(before))
    return bool(_A_BEGINNING.search(about) and _ENDS.search(before))


def _cut_short(found: Provenance, text: str) -> bool:
    """ "4 February" of "4 February 2028" is another day, and "next month" of "the end of next month"."""
    if _END_BEFORE.search(text, 0, found.start):
        return True
    return bool(YEAR.match(text, found.end)) and not _YEAR.search(found.raw)


def _signed(found: Provenance, text: str) -> bool:
    """The name under a letter only, whose writer does not speak of themselves."""
    closing = _SIGNED.search(text, max(0, len(text.rstrip()) - _A_CLOSING))
    if closing is None or found.start < closing.start("name"):
        return False
    body = text[: closing.start()]
    return found.raw.casefold() not in body.casefold() and not _OF_ONESELF.search(body)
