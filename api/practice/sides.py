"""Which operations give, let or begin something, and which take, deny or end it: told by the verb in their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.encode import words

if TYPE_CHECKING:
    from models.opposites import Side

# Words that are things as often as deeds in names (`grant_leave`, `cancel_order`) are in neither list.
_GIVES = """
accept activate add admit advance allow appoint approve assign attach authorise award begin bless book certify
clear confirm connect dispatch elect enable engage enlarge enrol enter entrust extend fill give grant increase
join lend lengthen lift nominate ok on open prolong promote publish put raise ratify reactivate readmit
recognise register reinstate relax reopen restart restore resume revive sanction schedule show start thaw
unblock unlock unmute unpark unseal up upgrade uphold waive widen
"""
_TAKES = """
abridge bar block cancel close condemn curtail cut deactivate debit decline decrease deduct defer delay delete
delist demote deny derecognise detach disable discharge disconnect discontinue dismiss down downgrade downsize
drop end expel fail forbid freeze halt hide impose lock lower mute narrow off park pause postpone prohibit
quarantine recall reduce refuse reject relieve remove retire revoke scratch seal shorten shut stop strike strip
suspend terminate tighten trim unassign unenrol unfeature unpost unregister unschedule unstaff vacate veto void
withdraw withhold
"""
GIVES, TAKES = frozenset(_GIVES.split()), frozenset(_TAKES.split())
PARTICLES = frozenset({"on", "up", "off", "down"})


def side_of(name: str) -> Side | None:
    """By an operation's name; None where its words do not agree, or take something away twice (`end_quarantine`)."""
    named = words(name).split()
    gives, takes = GIVES.intersection(named), TAKES.intersection(named)
    if (gives and takes) or len(takes - PARTICLES) > 1:
        return None
    return "gives" if gives else "takes" if takes else "neither"
