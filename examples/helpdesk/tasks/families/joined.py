"""Two wishes in one request, about one person or one ticket: any two families that go together.

It takes more than its parts: nothing may end before both are done, and what was found for the first wish serves the
second. Some pairs are never trained on: what a held-out family asks for, and every fifth besides.
"""

import re
import zlib
from collections.abc import Mapping
from itertools import permutations
from random import Random
from typing import Any

from examples.helpdesk.tasks.families.family import Family, Goal
from examples.helpdesk.tasks.families.scene import Scene, Where
from examples.helpdesk.tasks.task import Change, Row, Split, Value
from examples.helpdesk.tasks.wording import SEAM, Wording, sections, wordings

PEOPLE = (
    *("unlock_account", "reset_password", "reset_mfa", "grant_vpn", "revoke_vpn", "move_person"),
    *("add_group_member", "remove_group_member", "request_restricted_access", "assign_licence", "assign_device"),
    *("add_mailbox_delegate", "set_forwarding_internal", "raise_quota", "add_list_member"),
)
TICKETS = ("comment_ticket", "route_ticket", "resolve_ticket")
# What families of their own ask for, one of them held out; and what would undo itself.
NOT_TOGETHER = frozenset(
    map(
        frozenset,
        (("unlock_account", "grant_vpn"), ("add_group_member", "assign_licence"), ("grant_vpn", "revoke_vpn")),
    )
)
EVERY = 5  # of the pairs, one is kept from training
SPEAKERS = frozenset({"self", "manager", "hr", "someone"})
THEMSELVES = ("them", "this person", "the same colleague")
_SLOT = re.compile(r"\{([a-z_]+)\}")


class Unfit(Exception):
    """These two do not go together, here."""


class JoinedScene(Scene):
    """Whoever, or whichever ticket, the first wish is about, the second is about, too."""

    _one: Row | None = None
    _ticket: Row | None = None

    def person(self, *, slot: str = "person", where: Where = lambda row: True, **asked: Any) -> Row:
        if slot != "person":
            return super().person(slot=slot, where=where, **asked)
        if self._one is None:
            self._one = super().person(where=where, **asked)
        elif where(self._one):
            self._one = self.brought("accounts", "username", self._one, asked)
        else:
            raise Unfit
        return self._one

    def ticket(self, where: Where = lambda row: True, **needed: Value) -> Row:
        if self._ticket is None:
            self._ticket = super().ticket(where, **needed)
        elif needed or not where(self._ticket):
            raise Unfit
        return self._ticket


def pairs(split: Split) -> list[tuple[str, str]]:
    """Ordered pairs of families that occur in the split; train and dev have none in common."""
    found = [*permutations(PEOPLE, 2), *permutations(TICKETS, 2)]
    return [pair for pair in found if frozenset(pair) not in NOT_TOGETHER and _kept(pair) == (split != "train")]


def _kept(pair: tuple[str, str]) -> bool:
    return zlib.crc32("+".join(sorted(pair)).encode()) % EVERY == 0


def joined(first: Family, second: Family) -> Family:
    def build(scene: Scene) -> Goal:
        return _merged((*first.build(scene), *second.build(scene)))

    return Family(name=f"{first.name}+{second.name}", build=build, writes=(*first.writes, *second.writes))


def _merged(goal: Goal) -> Goal:
    """Two changes of one row are one."""
    changes: list[Change] = []
    for each in goal:
        same = next((c for c in changes if c.kind == "update" and (c.kind, c.table, c.key) == _at(each)), None)
        if same is None:
            changes.append(each)
        else:
            merged = {**same.values, **each.values}
            changes[changes.index(same)] = Change(kind="update", table=each.table, key=each.key, values=merged)
    return tuple(changes)


def _at(change: Change) -> tuple[str, str, Row]:
    return change.kind, change.table, change.key


def together(first: str, second: str, split: Split, rng: Random) -> Wording:
    """A request for both. Raises Unfit if what was drawn does not go together."""
    about, pool = ("tickets", "tickets") if first in TICKETS else ("people", rng.choice(("people", "people", "things")))
    if pool == "things" and not (_of("things", first, split) and _of("things", second, split)):
        pool = about
    pattern = rng.choice(_of("and", pool, split))
    filled, flags = _whole(first, second, pattern, split, rng)
    said = "things" if pool == "things" else "do"
    parts = {
        "first": _said(rng.choice(_of(said, first, split)), "{person}") + SEAM,
        "then": SEAM + _said(rng.choice(_of(said, second, split)), "me" if "self" in flags else rng.choice(THEMSELVES)),
    }
    wording = Wording(pattern=_filled(pattern, {**parts, **filled}), flags=flags)
    if _clash(wording.pattern):
        raise Unfit
    return wording


def _whole(
    first: str, second: str, pattern: str, split: Split, rng: Random
) -> tuple[Mapping[str, str], frozenset[str]]:
    """Families' own wordings, where the pattern asks for them, and who speaks."""
    if "{whole}" not in pattern:
        return {}, frozenset()
    one = rng.choice(wordings(first, split))
    if "{other}" not in pattern:
        return {"whole": _ended(one.pattern) + SEAM}, one.flags
    other = rng.choice([w for w in wordings(second, split) if w.flags & SPEAKERS <= one.flags])
    if ("self" in one.flags) != ("self" in other.flags):
        raise Unfit
    text = other.pattern
    if "self" not in other.flags and rng.random() < 0.5:
        text = text.replace("{person}", rng.choice(THEMSELVES))
    return {"whole": _ended(one.pattern) + SEAM, "other": SEAM + text}, one.flags | other.flags


def _ended(text: str) -> str:
    return text if text[-1] in ".!?]" else f"{text}."


def _said(fragment: str, whom: str) -> str:
    whose = {"{person}": "{person}'s", "me": "my", "them": "their"}.get(whom, f"{whom}'s")
    whom_again = "them" if whom == "{person}" else whom
    for slot, first, again in (("{their}", whose, "my" if whom == "me" else "their"), ("{them}", whom, whom_again)):
        fragment = fragment.replace(slot, first, 1).replace(slot, again)
    return fragment


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    for slot, text in parts.items():
        pattern = pattern.replace(f"{{{slot}}}", text)
    return pattern


def _clash(pattern: str) -> bool:
    """Whether a slot other than the person's or the ticket's would have to mean two things."""
    slots = [slot for slot in _SLOT.findall(pattern) if slot not in ("person", "ticket", "me")]
    return len(slots) != len(set(slots)) or {"until", "duration"} <= set(slots)


def _of(what: str, family: str, split: Split) -> tuple[str, ...]:
    return tuple(line.replace("\\n", "\n") for line in sections().get((f"{what}:{family}", split), ()))
