"""The same example about other things: what was a group is a parking permit, in request, actions and results alike.

To give and to take away, to add and to remove are the same whatever they are done to. Who has read "remove from the
group" only where groups are removed from has learned the group as much as the verb.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from models.augment_wording import values_in
from models.edits import Edit, Where, rewritten
from models.encode import words
from models.endings import ENDINGS
from models.scene import CandidateText, Example

# None of these is a thing of the practice help desk; singular and plural.
OTHERS = (
    *(("channel", "channels"), ("workspace", "workspaces"), ("course", "courses"), ("badge", "badges")),
    *(("locker", "lockers"), ("permit", "permits"), ("project", "projects"), ("folder", "folders")),
    *(("budget", "budgets"), ("shift", "shifts"), ("room", "rooms"), ("vehicle", "vehicles")),
    *(("policy", "policies"), ("dashboard", "dashboards"), ("queue", "queues"), ("roster", "rosters")),
    *(("pipeline", "pipelines"), ("certificate", "certificates"), ("contract", "contracts"), ("pass", "passes")),
)
# What an application's things are called; the first of each is the singular.
THINGS: Mapping[str, Sequence[str]] = {
    "group": ("group", "groups"),
    "licence": ("licence", "licences", "license", "licenses"),
    "vpn": ("vpn",),
    "list": ("distribution list", "distribution lists", "mailing list", "mailing lists"),
    "mailbox": ("mailbox", "mailboxes"),
    "device": ("device", "devices"),
    "ticket": ("ticket", "tickets"),
}
SHARE = 0.7  # of the things of an example


def elsewhere(example: Example, rng: random.Random) -> Example | None:
    """None if nothing in it is known here, or a value would be cut in two."""
    others = rng.sample(OTHERS, len(THINGS))
    chosen: dict[str, str] = {}
    for names, (one, many) in zip(THINGS.values(), others, strict=True):
        if rng.random() < SHARE:
            chosen |= {name: many if name.endswith(("s", "xes")) else one for name in names}
    if not chosen:
        return None
    known = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, chosen), key=len, reverse=True))})\b", re.IGNORECASE)
    kept = values_in(example)

    def edits(_: Where, text: str) -> Sequence[Edit]:
        return [
            Edit(start=m.start(), end=m.end(), text=_like(m.group(), chosen[m.group().lower()]))
            for m in known.finditer(text.replace("_", " "))
            if not {*m.group().lower().split()} & kept
        ]

    def said(text: str) -> str:
        return known.sub(lambda m: _like(m.group(), chosen[m.group().lower()]), text)

    other = rewritten(example, edits)
    if other is None:
        return None
    if other.choose:
        candidates = tuple(_candidate(c, said) for c in other.choose.candidates)
        other = replace(other, choose=replace(other.choose, candidates=candidates))
    if other.fill:
        fill = other.fill
        named = tuple(replace(p, name=said(words(p.name)), description=said(p.description)) for p in fill.parameters)
        other = replace(other, fill=replace(fill, action=said(words(fill.action)), parameters=named))
    return None if other == example else other


def _candidate(candidate: CandidateText, said: Callable[[str], str]) -> CandidateText:
    if candidate.name in ENDINGS:
        return candidate
    return replace(candidate, name=said(words(candidate.name)), description=said(candidate.description))


def _like(old: str, new: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() else new
