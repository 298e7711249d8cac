"""From a hand-written wording to the text of a request.

`phrases/*.txt` hold, per family and split, one wording a line: `[a|b]` picks one, `{slot}` is filled, `\\n` breaks the
line. Flags in front (`@self,bare`) say who speaks: `self` the person concerned, `manager` the person's manager, `hr`
Human Resources, `someone` a person without a say in it, `subject` the person an access request is for. `bare` keeps
openings and closings away. A line `= family` borrows that family's wordings of the same split. A `[values:slot split]`
section holds values instead of wordings. `[do:family split]`, `[things:family split]` and `[and:… split]` are parts of
requests that want two things (`families/joined.py`).
"""

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random

from examples.helpdesk.tasks.task import Split

PHRASES = Path(__file__).parent / "phrases"
_SECTION = re.compile(r"\[([a-z_:]+) (train|dev|test)\]")
_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_SLOT = re.compile(r"\{([a-z_]+)\}")
SEAM = "\x1e"  # in the pattern of two wishes: where the first ends, and where the second begins
_WORD = re.compile(r"\b[a-z]{5,}\b")
# Values that lose their meaning in another case.
_FREE_CASE = frozenset({"person", "target", "me"})


@dataclass(frozen=True, kw_only=True)
class Wording:
    pattern: str
    flags: frozenset[str] = frozenset()
    borrowed_from: str = ""

    @property
    def slots(self) -> frozenset[str]:
        return frozenset(_SLOT.findall(self.pattern))


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The finished text, the slots as they stand in it, and from where to where one wish turns into another."""

    text: str
    spans: dict[str, str]
    seam: tuple[int, int] | None = None


@functools.cache
def sections() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The lines of every section, by name and split."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(PHRASES.glob("*.txt")):
        lines: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if head := _SECTION.fullmatch(line.strip()):
                lines = found.setdefault((head[1], head[2]), [])
            elif line.strip() and not line.startswith("#"):
                lines.append(line.strip())
    return {name: tuple(lines) for name, lines in found.items()}


def wordings(family: str, split: Split, *, newest: int = 0) -> tuple[Wording, ...]:
    """Own wordings and borrowed ones; empty if the family does not occur in this split.

    `newest`: of every family only the last so many, new ones being added at the end; 0: all.
    """
    lines = sections().get((family, split), ())
    own = [_wording(line) for line in lines if not line.startswith("= ")]
    borrowed = (_borrowed(line, split, newest) for line in lines if line.startswith("= "))
    return (*own[-newest:], *chain.from_iterable(borrowed))


def _borrowed(line: str, split: Split, newest: int) -> list[Wording]:
    _, lender, *without = line.split()
    unwanted = {flag.removeprefix("-") for flag in without}
    return [
        Wording(pattern=one.pattern, flags=one.flags, borrowed_from=lender)
        for one in wordings(lender, split, newest=newest)
        if not one.flags & unwanted
    ]


def values(slot: str, split: Split) -> tuple[str, ...]:
    return sections()[f"values:{slot}", split]


def _wording(line: str) -> Wording:
    flags: frozenset[str] = frozenset()
    if line.startswith("@"):
        head, _, line = line.partition(" ")
        flags = frozenset(head[1:].split(","))
    return Wording(pattern=line.replace("\\n", "\n"), flags=flags)


def render(wording: Wording, slots: Mapping[str, str], *, rng: Random, split: Split, me: str) -> Rendered:
    """Fill the slots; now and then with a greeting, a sign-off, lower case, or a typo outside the slots."""
    pattern = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), wording.pattern)
    if "bare" not in wording.flags:
        pattern = _dressed(pattern, rng, split)
    filled = {"me": me, **slots}
    if rng.random() < 0.12:
        pattern = "".join(part if part.startswith("{") else part.lower() for part in re.split(r"(\{\w+\})", pattern))
        filled = {slot: _plain(text, rng) if slot in _FREE_CASE else text for slot, text in filled.items()}
    if rng.random() < 0.10:
        pattern = _typo(pattern, rng)
    used = {slot: filled[slot] for slot in _SLOT.findall(pattern)}
    text = _SLOT.sub(lambda match: used[match[1]], pattern)
    spans = {slot: span for slot, span in used.items() if slot != "me"}
    first, *others = text.split(SEAM)
    seam = (len(first), len(first) + len(others[0])) if others else None
    return Rendered(text=first + "".join(others), spans=spans, seam=seam)


def _dressed(pattern: str, rng: Random, split: Split) -> str:
    if rng.random() < 0.35:
        pattern = f"{rng.choice(values('opening', split))}{rng.choice([' ', chr(10)])}{pattern}"
    if rng.random() < 0.35:
        gap = rng.choice([" ", "\n"]) if pattern[-1] in ".!?" else "\n"
        pattern = f"{pattern}{gap}{rng.choice(values('closing', split))}"
    return pattern.replace("\\n", "\n")


def _plain(name: str, rng: Random) -> str:
    """A name as typed in a hurry: lower case mostly, at times without accents."""
    if rng.random() < 0.3:
        letters = unicodedata.normalize("NFKD", name)
        name = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return name.lower() if rng.random() < 0.7 else name


def _typo(pattern: str, rng: Random) -> str:
    """Two neighbouring letters of one longer word change places."""
    words = [match for match in _WORD.finditer(pattern) if not _in_slot(pattern, match.start())]
    if not words:
        return pattern
    word = rng.choice(words)
    at = rng.randint(word.start() + 1, word.end() - 2)
    return pattern[:at] + pattern[at + 1] + pattern[at] + pattern[at + 2 :]


def _in_slot(pattern: str, at: int) -> bool:
    return pattern.rfind("{", 0, at) > pattern.rfind("}", 0, at)
