"""Which tools belong beside the last one called: runbooks name them in one breath, and identifiers found open reads."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from knowledge.types import ActionSpec, Observation, Parameter, Passage
from models.fields import leaves
from retrieval.shelf import Shelf

LOOKED_BACK = 6  # results
MOST_NAMED = 6  # a passage that names more tools than that lists them; it tells nothing about any
_TELLING = re.compile(r".*[_.\-].*|.*[a-z][A-Z].*")  # a name of one plain word stands in texts by chance
_ID = re.compile(r"(?:(?P<of>.+?)[_-]?)?ids?", re.IGNORECASE)


def named_in(passages: Iterable[Passage], tools: Shelf) -> list[list[str]]:
    """For each passage the tools that it names, in its order; none for a passage that names many."""
    by_name = {spec.name: each for each, spec in tools.items.items() if isinstance(spec, ActionSpec)}
    telling = sorted(filter(_TELLING.fullmatch, by_name), key=len, reverse=True)
    if not telling:
        return []
    names = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, telling))})(?!\w)")
    found = [list(dict.fromkeys(by_name[name] for name in names.findall(each.text))) for each in passages]
    return [each if len(each) <= MOST_NAMED else [] for each in found]


def beside(action: str, manual: Shelf | None, tools: Shelf) -> list[str]:
    """Tools that the documentation names together with this one, those most often named first."""
    passages = [each for each in (manual.items.values() if manual else ()) if isinstance(each, Passage)]
    together = Counter(each for named in named_in(passages, tools) if action in named for each in named)
    return [each for each, _ in together.most_common() if each != action]


def opened(observations: Sequence[Observation], tools: Shelf) -> list[str]:
    """Reads that can be made because identifiers which they take were found."""
    known = {name for seen in observations[-LOOKED_BACK:] if seen.status == "ok" for name in _held(seen)}
    reads = [spec for spec in tools.items.values() if isinstance(spec, ActionSpec) and spec.effect == "read"]
    return [spec.id for spec in reads if known and _takes(spec.parameters, known)]


def _held(seen: Observation) -> list[str]:
    """What there are identifiers of in a result."""
    paths = [[part for part in leaf.path.lower().split(".") if not part.isdigit()] for leaf in leaves(seen.body)]
    return [match["of"] or "" for path in paths if path and (match := _ID.fullmatch(path[-1]))]


def _takes(parameters: Iterable[Parameter], known: set[str]) -> bool:
    """Whether it needs nothing but identifiers, all of them found; a plain `id` may be any."""
    required = [_ID.fullmatch(each.name.lower()) for each in parameters if each.required]
    return bool(required) and all(match and (not match["of"] or match["of"] in known) for match in required)
