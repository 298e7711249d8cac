"""What a tool means, as far as its name and description tell: whether it only reads, and whether it ends the turn."""

import re
from typing import Literal as OneOf

from knowledge.types import ActionSpec, Effect


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_READS = _words(
    "get gets list lists search searches find finds check checks show shows read reads fetch fetches lookup look "
    "query queries view views describe describes retrieve retrieves count counts can is has calculate calculates "
    "compare compares return returns measure measures display displays browse inspect diagnose status"
)
_WRITES = _words(
    "set create add update delete remove send make toggle enable disable reset grant revoke assign unassign cancel "
    "book order buy pay transfer escalate approve reject reboot restart resume suspend unlock lock change modify "
    "edit write post put insert submit schedule register open close start stop connect disconnect install uninstall "
    "execute apply move rename share upload forward reply refuel reseat wipe"
)
_WORDY = _words("summary reason message note notes comment comments description details text explanation context issue")
_TOGGLES = re.compile(r"(?:\w+ ){0,2}?(?:toggles?|flips?)\b", re.IGNORECASE)
_FINISH = re.compile(r"(task_)?(done|finish|finished|complete|completed|end|stop)(_task|_conversation)?")
_WHEN_DONE = re.compile(
    r"(call|use|invoke) (this|it)( \w+)? (when|once|after) (you('re| are| have)|the (task|request|work)|everything)\b"
    r".{0,40}\b(done|finished|completed?|solved)",
    re.IGNORECASE,
)
_ESCALATE = re.compile(
    r"(transfer|escalate|hand_?off|hand_?over|forward)(_\w+)?_(human|person|agent|support|operator|tier)\w*"
)


def effect(name: str, description: str) -> Effect:
    """A read only if its name or, failing that, its description begins as one; everything else may change something."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    verb = next((word for word in words if word in _READS or word in _WRITES), None)
    if verb is not None:
        return "read" if verb in _READS and not _more_than(words) else "write"
    first = re.match(r"\W*([a-z]+)", description.lower())
    return "read" if first and first[1] in _READS else "write"


def _more_than(words: list[str]) -> bool:
    """`get_or_create`, `check_out`."""
    joined = {"and", "or"} & {*words} and _WRITES & {*words}
    return bool(joined) or ("check" in words and bool({"in", "out"} & {*words}))


def toggles(spec: ActionSpec) -> bool:
    """Whether calling it once more undoes it."""
    return any(_TOGGLES.match(re.sub(r"[_\-.]+", " ", said)) for said in (spec.name, spec.description))


def ends(spec: ActionSpec) -> OneOf["finish", "escalate", ""]:
    """Which ending a tool is, if it needs nothing but words for it."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|[\-.]", "_", spec.name).lower()
    required = [parameter.name.lower() for parameter in spec.parameters if parameter.required]
    if not required and (_FINISH.fullmatch(name) or _WHEN_DONE.search(spec.description)):
        return "finish"
    return "escalate" if _ESCALATE.fullmatch(name) and {*required} <= _WORDY else ""
