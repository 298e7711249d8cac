"""Rows made fit to learn from: texts normalised, and what cannot be right left out, by reason."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from models.dataset import Row
from models.edits import Edit, Where, rewritten
from models.scene import Example, to_plain

# Letters with marks of their own, line ends of other systems, and what nobody sees.
_ODD = re.compile(r"\w[\u0300-\u036f]+|\r\n?|[\u200b-\u200f\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def normalised(rows: Sequence[Row]) -> list[Row]:
    """Unicode in its composed form, one kind of line end, nothing invisible; labels keep their values."""
    return [replace(row, example=rewritten(row.example, _normal) or row.example) for row in rows]


def _normal(where: Where, text: str) -> list[Edit]:
    return [Edit(start=m.start(), end=m.end(), text=_composed(m.group())) for m in _ODD.finditer(text)]


def _composed(odd: str) -> str:
    if odd.startswith("\r"):
        return "\n"
    return unicodedata.normalize("NFC", odd) if odd[0].isalnum() or odd[0] == "_" else ""


def cleaned(rows: Sequence[Row], dropped: Counter[str]) -> list[Row]:
    """Rows without a fault; the others are counted in `dropped`."""
    kept = []
    for row in rows:
        if fault := _fault(row.example):
            dropped[fault] += 1
        else:
            kept.append(row)
    return _agreeing(kept, dropped)


def _fault(example: Example) -> str:
    choose, fill = example.choose, example.fill
    asked = bool(choose) and example.right >= 0
    if not asked and not any(label.known for label in example.labels):
        return "teaches nothing: no choice, and no value that was found"
    if choose and not choose.request.strip():
        return "the request is empty"
    if choose and asked and example.right >= len(choose.candidates):
        return "the right candidate is not offered"
    if choose and asked and _twice(example):
        return "two candidates read the same, and one of them is right"
    if fill and len(fill.parameters) != len(example.labels):
        return "parameters and labels do not match"
    return "a label points outside its source" if fill and not _inside(example) else ""


def _twice(example: Example) -> bool:
    assert example.choose
    candidates = example.choose.candidates
    right = candidates[example.right]
    return sum((c.name, c.description) == (right.name, right.description) for c in candidates) > 1


def _inside(example: Example) -> bool:
    assert example.fill
    sources = example.fill.sources
    return all(
        0 <= span.source < len(sources) and 0 <= span.start < span.end <= len(sources[span.source].text)
        for label in example.labels
        for span in label.spans
    )


def _agreeing(rows: Sequence[Row], dropped: Counter[str]) -> list[Row]:
    """Where the same was shown and something else was right, most win; where none has more, all go."""
    rights: dict[str, Counter[str]] = {}
    for row in rows:
        if key := _shown(row.example):
            rights.setdefault(key, Counter())[_right(row.example)] += 1
    kept = []
    for row in rows:
        said = rights.get(_shown(row.example), Counter())
        ranked = said.most_common(2)
        tie = len(ranked) > 1 and ranked[0][1] == ranked[1][1]
        if len(ranked) > 1 and (tie or _right(row.example) != ranked[0][0]):
            dropped["contradicts rows that show the same"] += 1
        else:
            kept.append(row)
    return kept


def _shown(example: Example) -> str:
    """All that is chosen by but the features, the candidates in any order; empty if nothing is chosen."""
    if example.choose is None or example.right < 0:
        return ""
    scene = example.choose
    names = sorted(c.name for c in scene.candidates)
    return json.dumps([scene.request, scene.history, scene.passages, names])


def _right(example: Example) -> str:
    return example.choose.candidates[example.right].name if example.choose else ""


def identity(example: Example) -> str:
    """Equal for examples that teach the very same, whoever they are of."""
    plain: dict[str, Any] = to_plain(example)
    del plain["origin"]
    return json.dumps(plain, sort_keys=True)
