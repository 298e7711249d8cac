"""Near-duplicates: the same action at the same point of nearly the same request.

MinHash finds pairs that may be near (Broder 1997; banding as in Leskovec et al., Mining of Massive Datasets, ch. 3);
the exact Jaccard similarity of their word pairs decides.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.dataset import Row
from models.dataset_clean import identity
from models.scene import Example, Source

BANDS, ROWS = 16, 4  # at a similarity of .8 a pair is missed once in four thousand
_PRIME = np.uint64((1 << 31) - 1)
_WORD = re.compile(r"\w+")


def distinct(rows: Sequence[Row], near: float, dropped: Counter[str]) -> list[Row]:
    """The first of every group of rows that are equal, or at least `near`."""
    seen, kept, index = set[str](), list[Row](), _Index(near=near)
    for row in rows:
        key = identity(row.example)
        if key in seen:
            dropped["the same as another row"] += 1
        elif index.knows(row.example):
            dropped["nearly the same as another row"] += 1
        else:
            kept.append(row)
        seen.add(key)
    return kept


def shingles(text: str) -> frozenset[int]:
    """Hashes of all pairs of words that follow each other; of a single word, of it."""
    words = _WORD.findall(text.lower())
    pairs = [" ".join(pair) for pair in pairwise(words)] or words
    return frozenset(zlib.crc32(pair.encode()) & 0x7FFFFFFF for pair in pairs)


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    """1 for two empty sets."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0


@dataclass
class _Index:
    """All examples that were new, by the bands of their signatures."""

    near: float
    buckets: dict[tuple[object, ...], list[frozenset[int]]] = field(default_factory=dict)

    def knows(self, example: Example) -> bool:
        """Whether something as near was asked before; if not, it is remembered."""
        of, point = shingles(_told(example)), _point(example)
        keys = [(point, band, part) for band, part in enumerate(_bands(of))]
        if any(jaccard(of, other) >= self.near for key in keys for other in self.buckets.get(key, ())):
            return True
        for key in keys:
            self.buckets.setdefault(key, []).append(of)
        return False


def _told(example: Example) -> str:
    """What is known at this point, and which values are right."""
    scene = example.choose
    told = [scene.request, *scene.history, *scene.passages[:1]] if scene else [s.text for s in _sources(example)]
    return "\n".join([*told, *_values(example)])


def _point(example: Example) -> tuple[object, ...]:
    """What is right, and after how many steps."""
    action = example.fill.action if example.fill else ""
    if example.choose is None or example.right < 0:
        return ("fill", action, 0)
    name = example.choose.candidates[example.right].name
    return (name, action, len(example.choose.history))


def _sources(example: Example) -> Sequence[Source]:
    return example.fill.sources if example.fill else ()


def _values(example: Example) -> Iterator[str]:
    for label in example.labels:
        for span in label.spans[:1]:
            assert example.fill
            yield example.fill.sources[span.source].text[span.start : span.end]
        if label.option is not None:
            yield f"option {label.option}"


def _bands(of: frozenset[int]) -> list[bytes]:
    signature = _signature(np.fromiter(of, dtype=np.uint64, count=len(of)))
    return [signature[i : i + ROWS].tobytes() for i in range(0, BANDS * ROWS, ROWS)]


def _draws(seed: int) -> NDArray[np.uint64]:
    return np.random.default_rng(seed).integers(1, int(_PRIME), size=(BANDS * ROWS, 1), dtype=np.uint64)


_A, _B = _draws(1), _draws(2)


def _signature(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """[BANDS * ROWS] minima over random permutations; the same for the same set, on any machine."""
    if not len(hashes):
        return np.zeros(BANDS * ROWS, dtype=np.uint64)
    least: NDArray[np.uint64] = ((_A * hashes[None] + _B) % _PRIME).min(axis=1)
    return least
