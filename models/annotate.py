"""Expert calls say which value an argument had, not where it was found: this finds every place it may come from."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from knowledge.types import Argument, JsonSchema, JsonValue, Literal, Parameter, Provenance, Reference
from models.base import PLACEHOLDER
from models.layout import closed_set
from models.scene import FillScene, Label, Source, Span
from models.values import typed

LONGEST_READING = 4  # words of a date or number
_READABLE = re.compile(
    r"\d|mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|tomorrow|today|week|month|"
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b",
    re.IGNORECASE,
)

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_BEFORE_MONTH = re.compile(rf"\s+(?:of\s+)?{_MONTH}\b", re.IGNORECASE)
_AFTER_MONTH = re.compile(rf"\b{_MONTH}\s+(?:the\s+)?$", re.IGNORECASE)


def label(parameter: Parameter, value: JsonValue, scene: FillScene, *, now: datetime, given: bool = True) -> Label:
    """Not `.known` when the value stands nowhere: such a parameter teaches nothing and is counted by the caller."""
    if not given or value is None:
        return Label(none=True)
    options = closed_set(parameter.schema)
    if options:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return Label(option=options.index(text) if text in options else None)
    spans = tuple(
        span
        for index, source in enumerate(scene.sources)
        for span in _spans(index, source, value, parameter.schema, now)
    )
    return Label(spans=spans)


def transferred(found: Label, real: FillScene, shown: FillScene) -> Label:
    """The label for a scene in which results are not known yet: a value becomes the placeholder at its path."""
    if not found.spans:
        return found
    places = {(s.id, s.path): i for i, s in enumerate(shown.sources)}
    spans = []
    for span in found.spans:
        source = real.sources[span.source]
        index = places.get((source.id, source.path))
        if index is None:
            continue
        if shown.sources[index].text == PLACEHOLDER:
            spans.append(Span(source=index, start=0, end=len(PLACEHOLDER)))
        elif shown.sources[index].text == source.text:
            spans.append(Span(source=index, start=span.start, end=span.end))
    return Label(spans=tuple(spans))


def argument(parameter: Parameter, value: JsonValue, found: Label, scene: FillScene, action: str) -> Argument | None:
    """The argument as the model would have made it, from the first place found; None if there is none."""
    if found.option is not None:
        raw = closed_set(parameter.schema)[found.option]
        return Argument(
            name=parameter.name,
            value=Literal(value=value, provenance=Provenance(source="option", source_id=action, raw=raw)),
        )
    if not found.spans:
        return None
    span = found.spans[0]
    source = scene.sources[span.source]
    if source.text == PLACEHOLDER:
        return Argument(name=parameter.name, value=Reference(step=int(source.id.split(":")[1]), path=source.path))
    kind = "observation" if source.id.startswith("step:") else "answer" if ":" in source.id else "request"
    provenance = Provenance(
        source=kind,  # type: ignore[arg-type]
        source_id=source.id,
        raw=source.text[span.start : span.end],
        start=span.start,
        end=span.end,
        path=source.path,
    )
    return Argument(name=parameter.name, value=Literal(value=value, provenance=provenance))


def _spans(index: int, source: Source, value: JsonValue, schema: JsonSchema, now: datetime) -> Iterator[Span]:
    if source.kind == "leaf":
        if source.text == str(value):
            yield Span(source=index, start=0, end=len(source.text))
        return
    exact = list(re.finditer(rf"(?<!\w){re.escape(str(value))}(?!\w)", source.text, re.IGNORECASE))
    for match in exact:
        if match.group() == str(value) or "format" in schema:
            yield Span(source=index, start=match.start(), end=match.end())
    if not exact and isinstance(value, str | int | float) and _is_read(schema):
        for start, end in _readings(
            source.text, _plain(value), str(schema.get("type")), str(schema.get("format", "")), now
        ):
            yield Span(source=index, start=start, end=end)


def _plain(value: str | float) -> str:
    """As a reading says it: two gigabytes are 2, whether an expert gave 2 or 2.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_read(schema: JsonSchema) -> bool:
    return schema.get("format") in ("date", "date-time") or schema.get("type") in ("integer", "number")


@lru_cache(maxsize=50_000)
def _readings(text: str, value: str, kind: str, form: str, now: datetime) -> tuple[tuple[int, int], ...]:
    """The shortest runs of words that read as the value."""
    schema: JsonSchema = {"type": kind} | ({"format": form} if form else {})
    words = [(m.start(), m.end()) for m in re.finditer(r"[\w.\-/:]*\w", text)]
    found: list[tuple[int, int]] = []
    for length in range(1, LONGEST_READING + 1):
        for i in range(len(words) - length + 1):
            start, end = words[i][0], words[i + length - 1][1]
            if any(start <= a and b <= end for a, b in found) or not _READABLE.search(text[start:end]):
                continue
            if form and _cuts_date(text, start, end):
                continue
            if _reads(text[start:end], schema, now) == value:
                found.append((start, end))
    return tuple(found)


def _cuts_date(text: str, start: int, end: int) -> bool:
    """Whether the month beside the run is left out: "20th" of "20th of March"."""
    return bool(_BEFORE_MONTH.match(text, end) or _AFTER_MONTH.search(text[max(0, start - 20) : start]))


def _reads(raw: str, schema: JsonSchema, now: datetime) -> str:
    try:
        return str(_typed(raw, str(schema.get("type")), str(schema.get("format", "")), now))
    except ValueError:
        return ""


@lru_cache(maxsize=50_000)
def _typed(raw: str, kind: str, form: str, now: datetime) -> JsonValue:
    return typed(raw, {"type": kind, "format": form}, now=now)
