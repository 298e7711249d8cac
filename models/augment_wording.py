"""The same request in other words: a polite frame around it, and synonyms of everyday words."""

import random
import re
from collections.abc import Mapping, Sequence

from models.edits import Edit, Where, rewritten
from models.scene import Example

FRAMES: Sequence[tuple[str, str]] = (
    ("Hi team, ", ""),
    ("Hello, ", " Thanks!"),
    ("Good morning. ", " Many thanks in advance."),
    ("Could somebody see to this? ", ""),
    ("Quick one: ", ""),
    ("Sorry to bother you again. ", ""),
    ("", " Thank you very much."),
    ("", " Let me know when it is done."),
    ("", " It is not urgent."),
    ("Dear help desk,\n", "\nKind regards"),
    ("New request\n", ""),
    ("As agreed on the phone: ", ""),
)
# What anyone may say for it; words that name a thing or an action of the application stay.
SAYINGS: Mapping[str, tuple[str, ...]] = {
    "please": ("kindly", "if you would"),
    "needs": ("requires", "has to have"),
    "need": ("require", "would like"),
    "give": ("let have", "provide"),
    "want": ("would like", "wish"),
    "wants": ("would like", "wishes"),
    "cannot": ("is unable to", "can no longer"),
    "colleague": ("coworker", "teammate"),
    "somebody": ("someone", "a person"),
    "today": ("this very day",),
    "immediately": ("at once", "right away"),
    "help": ("assist", "lend a hand to"),
    "forgot": ("does not remember", "has forgotten"),
    "looking": ("searching",),
    "find": ("look up",),
    "book": ("reserve",),
    "like": ("love",),
    "because": ("since", "as"),
    "again": ("once more",),
    "also": ("in addition",),
    "only": ("just",),
    "thanks": ("cheers", "thank you"),
}
_WORD = re.compile(
    r"(?<![\w\-@'’./])[a-z]+(?![\w\-@'’/]|\.\w)"
)  # whole words in small letters, not parts of a longer token
CHANGED, FRAMED = 0.6, 0.7


def paraphrased(example: Example, rng: random.Random) -> Example | None:
    """None when nothing could be said in another way."""
    request = _request(example)
    transcript = request.startswith(("user: ", "agent: "))
    kept = _values(example)
    others = {w: rng.choice(o) for w, o in SAYINGS.items() if w not in kept and rng.random() < CHANGED}
    before, after = rng.choice(FRAMES) if not transcript and rng.random() < FRAMED else ("", "")

    def edit(where: Where, text: str) -> Sequence[Edit]:
        if where != "request":
            return []
        known = [m for m in _WORD.finditer(text) if m.group() in others]
        found = [Edit(start=m.start(), end=m.end(), text=others[m.group()]) for m in known]
        if text != request:
            return found
        first = [Edit(start=0, end=0, text=before)] if before else []
        return [*first, *found, *([Edit(start=len(text), end=len(text), text=after)] if after else [])]

    other = rewritten(example, edit)
    return None if other is None or other == example else other


def _request(example: Example) -> str:
    if example.choose:
        return example.choose.request
    return next((s.text for s in example.fill.sources if s.id == "request"), "") if example.fill else ""


def _values(example: Example) -> set[str]:
    """Words inside anything that is pointed to."""
    kept: set[str] = set()
    for label in example.labels:
        for span in label.spans:
            assert example.fill
            kept |= {*re.findall(r"[a-z]+", example.fill.sources[span.source].text[span.start : span.end].lower())}
    return kept
