"""A set that was begun: what was done with some rows of a list is not done with them again, as long as others are left.

Whether it goes on at all, the choice says; here it is only which row is next.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from knowledge.types import ActionSpec, Literal
from models.decode import Pointed
from models.lam import Situation
from models.remaining import origin
from models.scene import FillScene

_ROW = re.compile(r"\.\d+(?=\.|$)")


def continued(
    rows: Sequence[list[Pointed]], scene: FillScene, situation: Situation, action: ActionSpec
) -> list[list[Pointed]]:
    """`rows`, per parameter what it may point to, best first; where the last calls were this action with rows of a
    list, without what was done. Nothing is changed where the best of what is left is no other row of that list.
    """
    begun = _begun(situation, action)
    pairs = zip(action.parameters, rows, strict=True)
    return [_others(row, scene, *begun[each.name]) if each.name in begun else row for each, row in pairs]


def _begun(situation: Situation, action: ActionSpec) -> dict[str, tuple[str, set[str]]]:
    """By parameter: the place in the list, whichever row, and what stood there in the rows that were used."""
    found: dict[str, tuple[str, set[str]]] = {}
    for step, seen in zip(reversed(situation.steps), reversed(situation.observations), strict=True):
        if step.action != action.id or seen.status != "ok":
            break
        for argument in step.arguments:
            at, path = origin(argument)
            if at >= 0 and _ROW.search(path) and isinstance(argument.value, Literal):
                place, done = found.setdefault(argument.name, (_place(f"step:{at}", path), set()))
                if place == _place(f"step:{at}", path):
                    done.add(argument.value.provenance.raw)
    return found


def _others(row: list[Pointed], scene: FillScene, place: str, done: set[str]) -> list[Pointed]:
    kept = [each for each in row if _text(each, scene) not in done]
    if len(kept) == len(row) or not _is_row(kept[0], scene, place):
        return row
    most = sum(each.probability for each in kept)
    if not most:
        return row
    share = kept[0].probability / most
    return [replace(kept[0], probability=share, begins=share, ends=1.0, valid=1.0), *kept[1:]]


def _is_row(each: Pointed, scene: FillScene, place: str) -> bool:
    if each.span is None:
        return False
    source = scene.sources[each.span.source]
    return _place(source.id, source.path) == place and _text(each, scene) == source.text


def _text(each: Pointed, scene: FillScene) -> str | None:
    return scene.sources[each.span.source].text[each.span.start : each.span.end] if each.span else None


def _place(source: str, path: str) -> str:
    return f"{source}:{_ROW.sub('.*', path)}"
