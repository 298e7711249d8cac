"""Plain orders turned round: "Unlock the gate." into "Is the gate unlocked?", "I don't want it unlocked." and others.

What a message is shows in how it is built more than in its words, and people's wordings have every verb in few forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.dialogue_act import Act

_QUESTIONS = """
Has {it} been {done}?|Was {it} ever {done}?|Why was {it} {done}?|When was {it} {done}?|Is {it} {done} by now?
Do you know whether {it} was {done}?|How do I {do}?|Who may {do}?|Am I allowed to {do} myself?
What happens if we {do}?|Did somebody {do}?|I'd like to know who asked you to {do}.|Tell me if {it} has been {done}.
"""
_VETOES = """
Don't {do}.|Please don't {do}.|Do not {do} yet.|I don't want {it} {done}.|Nobody asked to {do}.|No need to {do}.
I do not want {it} to be {done}.|{it} must not be {done}.|{it} is not to be {done}.|You needn't {do} after all.
{it} should not be {done}.|We don't wish {it} to be {done}.|{it} was {done} this morning, for your information.
Wait before you {do}.|I'd rather you didn't {do}.
"""
_ORDERS = """
I want {it} {done}.|I want you to {do}.|Don't forget to {do}.|Why don't you {do}?|Could you {do}?|Don't ask, {do}.
Can {it} be {done}, please?|{it} must be {done} today.|{it} is to be {done}.|I don't want to wait any longer: {do}.
Why has {it} not been {done} yet? Do it now.|It's time to {do}.|You may {do} now, I take back my no.
We wish {it} to be {done}.|I'd like {it} {done}.|Go on and {do}.
"""
TEMPLATES: dict[Act, list[str]] = {
    "question": re.split(r"[|\n]", _QUESTIONS.strip()),
    "veto": re.split(r"[|\n]", _VETOES.strip()),
    "order": re.split(r"[|\n]", _ORDERS.strip()),
}
_PLAIN = re.compile(
    r"(?:Please |Kindly )?(?P<verb>[A-Za-z][a-z]+) "
    r"(?!(?:off|up|on|down|in|out|back|away|to|for|from|with|over)\b)"
    r"(?P<it>(?:(?:the|our|my|a|an) )?(?:[a-z\- ]{0,20})?\{[\w.]+\})(?P<rest>(?: (?:[^.?!:;,\n{]|\{[\w.]+\})+)?)[.!]?"
)
_DONE = {
    **dict.fromkeys(("put", "shut", "cut", "set"), ""),
    "take": "taken",
    "give": "given",
    "bring": "brought",
    "send": "sent",
    "strike": "struck",
    "make": "made",
    "throw": "thrown",
    "withdraw": "withdrawn",
    "wake": "woken",
    "draw": "drawn",
    "pay": "paid",
    "lend": "lent",
    "write": "written",
    "hang": "hung",
    "light": "lit",
    "lay": "laid",
    "carry": "carried",
    "certify": "certified",
}
_DOUBLED = frozenset({"drop", "trim", "strip", "bar", "ban", "plan", "admit", "plug", "defer", "slip", "tag", "scrap"})
_VERBS = """
open raise turn suspend extend clear mark close enter grant release shorten end lift cancel lower return pass lock
pull admit postpone revoke free call move bar start accept credit unlock declare resume strip prolong remove halt
allow adjourn plan reduce record charge lengthen trim promote approve seal sign cover tighten reopen wipe push
reserve reinstate dismiss block switch book issue hand ban terminate dock delete demote defer shift fetch report
debit log rate restore test fix award certify pause add assign enable equip include supply wire authorise hook
link list fold drop plug slip tag scrap disable reset escalate renew register transfer rename archive renumber
"""
_REGULAR = frozenset(_VERBS.split())


def turned(pattern: str, rng: Random) -> Iterator[tuple[Act, str]]:
    """(act, pattern) of a wording with places, one of each act; nothing if it is no plain order."""
    match = _PLAIN.fullmatch(pattern)
    verb = match["verb"].lower() if match else ""
    if match is None or not (verb in _DONE or verb in _REGULAR):
        return
    places = {"do": f"{verb} {match['it']}{match['rest']}", "done": f"{_participle(verb)}{match['rest']}"}
    for act, templates in TEMPLATES.items():
        text = re.sub(r"\{(it|do|done)\}", lambda found: {**places, "it": match["it"]}[found[1]], rng.choice(templates))
        yield act, text[0].upper() + text[1:]


def _participle(verb: str) -> str:
    if verb in _DONE:
        return _DONE[verb] or verb
    if verb in _DOUBLED:
        return f"{verb}{verb[-1]}ed"
    return f"{verb}d" if verb.endswith("e") else f"{verb}ed"
