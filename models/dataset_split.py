"""What is measured on is not known from training: not its service, not its family of tasks, not its wording."""

import random
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from models.dataset import Row
from models.scene import Example

SET_ASIDE = 0.1  # rows of a part without a dev set of its own, in whole families
_MASKED = re.compile(
    r"(?P<mail>\S+@\S+)|(?P<quote>[\"“][^\"”]{1,80}[\"”])|(?P<number>\S*\d\S*)|(?P<name>(?<=[^.!?\n] )[A-Z][^\W\d_]+)"
)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, kw_only=True)
class Leak:
    """Something that a row to measure on shares with a row to train on."""

    what: str
    part: str
    family: str


def divided(
    rows: Sequence[Row], measured: Sequence[Row], *, hold: int, rng: random.Random
) -> tuple[list[Row], list[Row]]:
    """(train, dev): of parts without dev rows whole families are set aside; of those told apart by wording, `hold`."""
    aside = _set_aside(rows, {row.part for row in measured}, rng)
    worded = sorted({row.family for row in measured if row.level == "wording"} & {row.family for row in rows})
    aside |= set(rng.sample(worded, min(hold, len(worded))))
    level = {True: "family", False: ""}
    held = [replace(row, level="family") for row in rows if row.family in aside]
    known = [replace(row, level=level[row.family in aside] or row.level) for row in measured]  # type: ignore[arg-type]
    return [row for row in rows if row.family not in aside], [*known, *held]


def _set_aside(rows: Sequence[Row], with_dev: set[str], rng: random.Random) -> set[str]:
    """Families of about SET_ASIDE of the rows of each part; none where a part has one family only."""
    aside: set[str] = set()
    for part in sorted({row.part for row in rows} - with_dev):
        sizes = Counter(row.family for row in rows if row.part == part)
        families, wanted = sorted(sizes), SET_ASIDE * sizes.total()
        rng.shuffle(families)
        taken = 0
        for family in families[: len(families) // 2]:
            if taken >= wanted:
                break
            aside.add(family)
            taken += sizes[family]
    return aside


def apart(rows: Sequence[Row], measured: Sequence[Row], near: float, dropped: Counter[str]) -> list[Row]:
    """Train rows that give nothing away of what is measured."""
    unknown = {row.family for row in measured if row.level != "wording"}
    kept = [row for row in rows if row.family not in unknown]
    dropped["its service or family is measured on"] += len(rows) - len(kept)
    worded = _Wordings([wording(row.example) for row in measured])
    far = [row for row in kept if not worded.near(wording(row.example), near)]
    dropped["its wording is measured on"] += len(kept) - len(far)
    return far


def leaks(train: Sequence[Row], dev: Sequence[Row], near: float) -> list[Leak]:
    """Every dev row's first leak, of each kind; empty for a data set as it should be."""
    families = {row.family for row in train}
    worded = _Wordings([wording(row.example) for row in train])
    return [leak for row in dev for leak in _leaks(row, families, worded, near)]


def _leaks(row: Row, families: set[str], worded: "_Wordings", near: float) -> Iterator[Leak]:
    if row.level != "wording" and row.family in families:
        yield Leak(what=row.level, part=row.part, family=row.family)
    if worded.near(wording(row.example), near):
        yield Leak(what="wording", part=row.part, family=row.family)


def wording(example: Example) -> frozenset[str]:
    """The words of the request that are not names, numbers, addresses or quotations."""
    if example.choose:
        text = example.choose.request
    else:
        text = next((s.text for s in example.fill.sources if s.id == "request"), "") if example.fill else ""
    return frozenset(word.lower() for word in _WORD.findall(_MASKED.sub(" ", text)))


class _Wordings:
    """Sets of words, to be asked whether one is near: only those of similar size can be."""

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        self._sets = sorted(set(sets), key=len)
        self._sizes = [len(each) for each in self._sets]
        self._known: dict[tuple[frozenset[str], float], bool] = {}

    def near(self, words: frozenset[str], least: float) -> bool:
        if (words, least) not in self._known:
            low = bisect_left(self._sizes, len(words) * least)
            high = bisect_right(self._sizes, len(words) / least) if least else len(self._sets)
            self._known[words, least] = any(
                len(words & other) >= least * len(words | other) for other in self._sets[low:high] if words and other
            )
        return self._known[words, least]
