"""When two spans come to the same value, so that the chance of one is the chance of the other too."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from knowledge.types import Parameter
from models.scene import FillScene, Source, Span
from models.values import typed

PROSE = 4  # words from which on a text is somebody's sentence: where exactly it is cut changes little


def cast(raw: str, source: Source, parameter: Parameter, now: datetime) -> Any:
    """Raises ValueError when the words say no value of the parameter's type."""
    plain = (
        source.kind == "leaf"
        and parameter.schema.get("type", "string") == "string"
        and "format" not in parameter.schema
    )
    return raw if plain else typed(raw, parameter.schema, now=now)


def like(span: Span, parameter: Parameter, scene: FillScene, now: datetime) -> Callable[[Span], bool]:
    """Of another span: the same value once read, or of a sentence at least half of the same words."""
    value = _read(span, parameter, scene, now)
    prose = isinstance(value, str) and len(value.split()) >= PROSE and "format" not in parameter.schema

    def alike(other: Span) -> bool:
        if prose and other.source == span.source:
            shared = min(span.end, other.end) - max(span.start, other.start)
            return 2 * shared >= max(span.end - span.start, other.end - other.start)
        return value is not None and _read(other, parameter, scene, now) == value

    return alike


def _read(span: Span, parameter: Parameter, scene: FillScene, now: datetime) -> Any:
    source = scene.sources[span.source]
    try:
        return cast(source.text[span.start : span.end], source, parameter, now)
    except ValueError:
        return None
