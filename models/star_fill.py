"""A query's parameters in STAR, and where in the dialogue their values were said.

The archive has values and no spans: what the user said is searched first, what the wizard said (an offer that was
accepted) only where the user never said it. What is found nowhere gets a label that teaches nothing.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence

from knowledge.types import JsonValue
from models.scene import FillScene, Label, ParameterText, Source, Span
from models.star_archive import Field, Given, StarTask

MOST_OPTIONS = 12  # longer lists (hours, days of a month) are pointed to like open values
MOST_CHARACTERS = 1200  # of the dialogue; nine in ten are shorter
_NUMBERS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_HOUR = re.compile(r"(\d+) ([ap])m", re.IGNORECASE)
_DAY = re.compile(r"(\d+)(?:st|nd|rd|th)")


def fill(
    action: str, task: StarTask, said: Sequence[tuple[str, str]], given: Mapping[str, Given], rng: random.Random
) -> tuple[FillScene, tuple[Label, ...]]:
    text, turns = _transcript(said)
    fields = [f for f in task.inputs if f.type != "RequestType"]
    rng.shuffle(fields)
    parameters = tuple(
        ParameterText(name=f.name, description=f.text, type=_type(f), options=_options(f)) for f in fields
    )
    source = Source(id="request", kind="text", text=text)
    labels = tuple(_label(f, given.get(f.name), text, turns) for f in fields)
    return FillScene(action=action, sources=(source,), parameters=parameters), labels


def _transcript(said: Sequence[tuple[str, str]]) -> tuple[str, list[tuple[str, int, int]]]:
    """The latest turns that fit, whole ones, and where each speaker's words stand."""
    kept, room = list(said), MOST_CHARACTERS
    while len(kept) > 1 and sum(len(s) + len(t) + 3 for s, t in kept) > room:
        kept.pop(0)
    text, turns = "", []
    for speaker, words_said in kept:
        text += ("\n" if text else "") + f"{speaker}: "
        turns.append((speaker, len(text), len(text) + len(words_said)))
        text += words_said
    return text, turns


def _type(field: Field) -> str:
    if field.type in ("Integer", "Boolean"):
        return "number" if field.type == "Integer" else "text"
    name = field.name.lower()
    return "date" if "date" in name else "time" if "time" in name or "hour" in name else "text"


def _options(field: Field) -> tuple[str, ...]:
    if field.type == "Boolean":
        return ("true", "false")
    return field.categories if len(field.categories) <= MOST_OPTIONS else ()


def _label(field: Field, given: Given | None, text: str, turns: Sequence[tuple[str, int, int]]) -> Label:
    if given is None or given.value is None or _anything(field, given):
        return Label(none=True)
    if not given.single:
        return Label()
    if options := _options(field):
        value = str(given.value).lower() if isinstance(given.value, bool) else str(given.value)
        return Label(option=options.index(value) if value in options else None)
    for speaker in ("user", "agent"):
        spoken = [(start, end) for who, start, end in turns if who == speaker]
        if spans := tuple(span for start, end in spoken for span in _spans(given.value, text, start, end)):
            return Label(spans=spans)
    return Label()


def _anything(field: Field, given: Given) -> bool:
    """Every category listed: the wizard's way to say that it does not matter."""
    return isinstance(given.value, list) and len(given.value) > 1 and len(given.value) == len(field.categories)


def _spans(value: JsonValue, text: str, start: int, end: int) -> Iterator[Span]:
    pattern = _pattern(str(value).strip())
    if pattern:
        for match in re.compile(pattern, re.IGNORECASE).finditer(text, start, end):
            yield Span(source=0, start=match.start(), end=match.end())


def _pattern(value: str) -> str:
    """Other ways to write the same: "7 pm" and "7:00PM", "5th" and "5", "4" and "four", "5th & Main" apart."""
    if found := _HOUR.fullmatch(value):
        inner = rf"{found[1]}(?::00)?\s*{found[2]}\.?m"
    elif found := _DAY.fullmatch(value):
        inner = rf"{found[1]}(?:st|nd|rd|th)?"
    elif value.isdecimal():
        number = int(value)
        spelt = rf"|{_NUMBERS[number]}" if 0 < number < len(_NUMBERS) else ""
        inner = rf"(?:{value}{spelt})"
    else:
        inner = r"\W+".join(map(re.escape, re.findall(r"\w+", value)))
    return rf"(?<![\w]){inner}(?!\w)" if inner else ""
