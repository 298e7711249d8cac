"""Examples said in other words, so that a model learns to read names and descriptions instead of knowing them by heart.

What is renamed is what an application's author chose: names and descriptions of actions and parameters, alike in
candidates, history and sources. What people wrote and what applications answered is left as it is.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import replace

from models.encode import words
from models.scene import Example

RENAMED, WORD_CHANGED = 0.4, 0.6  # share of the examples, and of the words known in one of them

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "account": ("user account", "login", "user", "profile"),
    "accounts": ("user accounts", "logins", "users"),
    "add": ("put in", "include", "attach", "insert", "join"),
    "approve": ("accept", "grant", "confirm", "say yes to"),
    "assign": ("allot", "hand out", "allocate", "give"),
    "change": ("alter", "edit", "modify", "adjust"),
    "comment": ("note", "remark"),
    "create": ("open", "new", "make", "file"),
    "delegate": ("deputy", "proxy"),
    "device": ("asset", "machine", "piece of equipment"),
    "devices": ("assets", "machines", "equipment"),
    "disable": ("deactivate", "suspend", "shut off"),
    "distribution": ("mailing",),
    "enable": ("activate", "reactivate", "switch on"),
    "erase": ("wipe", "clear", "delete"),
    "find": ("look up", "search for", "get", "query"),
    "forward": ("redirect", "pass on", "send on"),
    "forwarding": ("redirection", "redirect"),
    "get": ("show", "read", "fetch", "view"),
    "give": ("grant", "provide", "hand"),
    "grant": ("give", "allow", "permit"),
    "group": ("team", "role", "access group"),
    "groups": ("teams", "roles", "access groups"),
    "licence": ("license", "seat", "subscription"),
    "licences": ("licenses", "seats", "subscriptions"),
    "list": ("register", "roll", "mailing list"),
    "lock": ("block", "secure", "freeze"),
    "locked": ("blocked", "shut"),
    "lost": ("missing", "gone"),
    "mailbox": ("inbox", "mail account"),
    "member": ("participant", "person"),
    "members": ("participants", "people"),
    "mfa": ("two factor", "second factor", "authenticator"),
    "password": ("passcode", "credential", "secret"),
    "pending": ("open", "waiting"),
    "person": ("user", "colleague", "employee"),
    "priority": ("urgency", "importance"),
    "quota": ("size limit", "storage", "capacity"),
    "reject": ("decline", "deny", "turn down", "say no to"),
    "release": ("take back", "free", "return", "give up"),
    "remove": ("take out", "delete", "drop", "withdraw"),
    "report": ("record", "notify", "register"),
    "request": ("application", "demand"),
    "reset": ("renew", "set anew", "start over"),
    "revoke": ("withdraw", "take away", "cancel"),
    "search": ("find", "look up", "query"),
    "send": ("deliver", "transmit"),
    "set": ("define", "change", "put"),
    "show": ("display", "view", "tell"),
    "software": ("application", "program"),
    "status": ("state", "stage"),
    "ticket": ("case", "incident", "issue", "service request"),
    "tickets": ("cases", "incidents", "issues"),
    "unlock": ("unblock", "release", "reopen"),
    "update": ("change", "edit", "modify"),
    "username": ("user id", "login name", "user name"),
    "vpn": ("remote access", "tunnel"),
    "wipe": ("erase", "clear", "factory reset"),
}
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)


def vocabulary(rng: random.Random, *, share: float = WORD_CHANGED) -> dict[str, str]:
    """A choice of one synonym for some of the words."""
    return {word: rng.choice(others) for word, others in SYNONYMS.items() if rng.random() < share}


def reworded(text: str, vocabulary: Mapping[str, str]) -> str:
    """Every known word replaced; a capital letter in front is kept."""

    def other(match: re.Match[str]) -> str:
        word = match.group()
        new = vocabulary.get(word.lower(), word)
        return new[:1].upper() + new[1:] if word[0].isupper() else new

    return _WORD.sub(other, text)


def renamed(example: Example, rng: random.Random, *, share: float = RENAMED) -> Example:
    """The example as another application would offer it, in `share` of all cases; labels keep their places."""
    if rng.random() >= share:
        return example
    chosen = vocabulary(rng)
    choose, fill = example.choose, example.fill
    if choose:
        endings = {"finish", "ask", "refuse", "escalate"}
        choose = replace(
            choose,
            history=tuple(_head(line, " (", chosen) for line in choose.history),
            candidates=tuple(
                c
                if c.name in endings
                else replace(c, name=reworded(words(c.name), chosen), description=reworded(c.description, chosen))
                for c in choose.candidates
            ),
        )
    if fill:
        fill = replace(
            fill,
            action=reworded(words(fill.action), chosen),
            parameters=tuple(
                replace(p, name=reworded(words(p.name), chosen), description=reworded(p.description, chosen))
                for p in fill.parameters
            ),
        )
    return replace(example, choose=choose, fill=fill)


def _head(line: str, until: str, chosen: Mapping[str, str]) -> str:
    """Only what stands before the first `until` is the application's."""
    head, mark, rest = line.partition(until)
    return reworded(head, chosen) + mark + rest
