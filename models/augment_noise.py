"""Requests as hurried people write them: slips of the fingers and lost capitals, never in a value."""

import random
import re
from collections.abc import Sequence

from models.edits import Edit, Where, rewritten
from models.scene import Example

SLIPS = 0.12  # share of the plain words
NEAR = {
    **dict(zip("qwertyuiop", ("wa", "qes", "wrd", "etf", "ryg", "tuh", "yij", "uok", "ipl", "ol"), strict=True)),
    **dict(zip("asdfghjkl", ("qsz", "awdx", "sefc", "drgv", "fthb", "gyjn", "hukm", "jil", "kop"), strict=True)),
    **dict(zip("zxcvbnm", ("asx", "zsdc", "xdfv", "cfgb", "vghn", "bhjm", "njk"), strict=True)),
}
_WORD = re.compile(r"[^\W\d_]+")
_PLAIN = re.compile(r"[a-z]{4,}")


def noisy(example: Example, rng: random.Random) -> Example | None:
    """None when no word may be changed. One word is misspelt alike wherever the request stands."""
    said = _said(example)
    words = sorted({w for text in said for w in _WORD.findall(text) if _PLAIN.fullmatch(w)} - _values(example))
    if not words:
        return None
    slips = {word: slipped(word, rng) for word in rng.sample(words, max(1, round(SLIPS * len(words))))}
    small = rng.random() < 0.2

    def edit(where: Where, text: str) -> Sequence[Edit]:
        if where != "request":
            return []
        return [
            Edit(start=m.start(), end=m.end(), text=new)
            for m in _WORD.finditer(text)
            if (new := slips.get(m.group(), _small(m, small))) != m.group()
        ]

    return rewritten(example, edit)


def slipped(word: str, rng: random.Random) -> str:
    """Two letters change places, one is lost, doubled, or its neighbour on the keyboard."""
    at = rng.randrange(1, len(word) - 1)
    match rng.randrange(4):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[:at] + word[at] + word[at:]
        case _:
            return word[:at] + rng.choice(NEAR[word[at]]) + word[at + 1 :]


def _small(match: re.Match[str], small: bool) -> str:
    """The capital at a sentence's beginning is lost; names keep theirs."""
    word, text = match.group(), match.string
    before = text[: match.start()].rstrip(" ")
    begins = not before or before[-1] in ".!?\n"
    return word.lower() if small and begins and word[1:].islower() and word != "I" else word


def _said(example: Example) -> list[str]:
    texts = [example.choose.request] if example.choose else []
    return texts + [s.text for s in example.fill.sources if s.id == "request"] if example.fill else texts


def _values(example: Example) -> set[str]:
    """Words inside anything that is pointed to, and those of the transcript's speakers."""
    kept = {"user", "agent"}
    for label in example.labels:
        for span in label.spans:
            assert example.fill
            kept |= {*_WORD.findall(example.fill.sources[span.source].text[span.start : span.end])}
    return kept
