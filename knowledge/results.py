"""What somebody's tool answered, as text, made a result: JSON as it is, plain text with the fields that it states.

Plain text is read for what machines write ("Airplane Mode: ON", "Wi-Fi is turned off", "cannot send messages"). Such
a line becomes a field only where the tools or the documentation know its words (`known`): words that only the text
itself has name nothing. A text that states nothing and denies nothing says that the call went well; one that is nothing
but a refusal ("Email not found.", "Invalid recipient.") is an error. "No emails found." is none: a search may find
nothing.
"""

import ast
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from knowledge.types import JsonValue, ObservationStatus

LONGEST_LITERAL = 200_000
MOST_FIELDS = 40
LONGEST_VALUE = 80

_STATES = (
    r"on|off|enabled|disabled|active|inactive|activated|deactivated|connected|disconnected|not connected|locked|"
    r"unlocked|missing|present|available|unavailable|suspended|blocked|open|closed|paid|unpaid|overdue|pending|"
    r"approved|rejected|expired|valid|invalid|full|empty|running|stopped|none|poor|fair|good|excellent"
)
_STATED = re.compile(r"\s*(?:[-*•]\s*)?(?P<key>[A-Za-z][\w /'()\-]{0,48}?)\s*:\s+(?P<value>\S.*?)\s*")
_IS = re.compile(
    r"(?:your |the |this )?(?P<key>[a-z][\w '\-]{1,48}?) (?:is|are|was|were) (?:now |currently |already |still )*"
    rf"(?:turned |set to |switched )?(?P<value>{_STATES})\b(?! but)",
    re.IGNORECASE,
)
_CAN = re.compile(r".{0,48}?\b(?P<can>can ?not|can't|could not|can) (?P<key>[a-z][\w \-]{1,40}?)[.!]?", re.IGNORECASE)
_ABSENT = re.compile(
    r"no (?P<key>[\w \-]{2,40}?) (?:was |were |is |are )?(?:detected|found|available)\b", re.IGNORECASE
)
_MEASURED = re.compile(r"-?\d[\d.,]*\s?[A-Za-z%/]{0,8} \((?P<state>(?:very )?[A-Za-z]{2,16})\)", re.IGNORECASE)
_NOTHING = re.compile(r"(?:no|not)(?: [a-z]{2,16}){1,2}", re.IGNORECASE)
_LISTED = re.compile(r"[a-z][\w\-]{0,23}(?:, [a-z][\w\-]{0,23}){1,9}", re.IGNORECASE)
_SUCCESS = re.compile(r"\bsuccess(?:ful|fully)?\b", re.IGNORECASE)
_ERROR = re.compile(
    r"\W*(?:(?P<code>[A-Za-z]*(?:error|exception))\b(?=\s*(?:[:.(!\-]|$))|fail(?:ed|ure)(?: to\b|[:.!])|traceback\b)",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"(?:[A-Za-z][\w \-'#]{0,60}? (?:(?:is|was|are|were) )?not "
    r"(?:found|provided|given|specified|valid|allowed|permitted|authori[sz]ed|recogni[sz]ed|supported)"
    r"|(?:invalid|missing|unauthori[sz]ed) [a-z][\w \-']{0,60}|[A-Za-z][\w \-']{0,60}? must be one of [^\n]{1,200})"
    r"(?:[.!](?: [^\n]{0,200})?)?",
    re.IGNORECASE,
)
_ERROR_KEYS = ("error", "errors", "exception")
_DENIAL = re.compile(r"\b(?:no|not|none|nothing|never|cannot|unable|invalid|denied|without)\b|n['’]t\b", re.IGNORECASE)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an the of for your is to in on and can success failed status state result id name code count total type",
    )
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """`body` is an object, or None where an error is all there is; `code` a machine-readable reason, if any."""

    status: ObservationStatus = "ok"
    body: JsonValue = None
    code: str = ""
    message: str = ""


def read_result(text: str, *, known: Collection[str] = frozenset()) -> Result:
    """`known`: words, as `stems` makes them, that a field of plain text may be named with."""
    found = _literal(text.strip())
    if isinstance(found, Mapping):
        return _object(dict(found), text)
    if isinstance(found, list):
        return Result(body={"results": found})
    if isinstance(found, str):
        text = found
    elif found is not None:
        return Result(body={"result": found})
    if failed := _ERROR.match(text):
        return Result(status="error", code=failed["code"] or "error", message=" ".join(text.split())[:500])
    if _REFUSED.fullmatch(text.strip()):
        return Result(status="error", code="refused", message=text.strip()[:500])
    return Result(body={**_fields(text, known), "text": text.strip()})


def stems(text: str) -> frozenset[str]:
    """The words of a text in small letters, without a plural's s; parts of names count as words."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return frozenset(
        re.sub(r"(?<![su])s$", "", word) for word in re.findall(r"[a-z0-9]+", spaced.replace("-", "").lower())
    )


def _literal(text: str) -> JsonValue:
    """JSON, or what Python prints of a dict or list; None for anything else."""
    try:
        return json.loads(text)  # type: ignore[no-any-return]
    except (ValueError, RecursionError):
        pass
    if not text.startswith(("{", "[")) or len(text) > LONGEST_LITERAL:
        return None
    try:
        return json.loads(json.dumps(ast.literal_eval(text), default=str))  # type: ignore[no-any-return]
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _object(body: dict[str, JsonValue], text: str) -> Result:
    """An object that says nothing but an error is one."""
    said = next((body[key] for key in _ERROR_KEYS if body.get(key)), None)
    if said is None and body.get("isError") is not True:
        return Result(body=body)
    inner = said if isinstance(said, Mapping) else body
    message = next((str(inner[key]) for key in ("message", "detail", "reason", "error") if inner.get(key)), text)
    code = next((str(inner[key]) for key in ("code", "type", "status") if inner.get(key)), "error")
    return Result(status="error", body=body, code=code, message=" ".join(message.split())[:500])


# ---- plain text


def _fields(text: str, known: Collection[str]) -> dict[str, JsonValue]:
    fields: dict[str, JsonValue] = {}
    for key, value in _statements(text):
        name = "_".join(re.findall(r"[a-z0-9]+", key.replace("-", "").lower()))
        if name and len(name) <= 40 and name != "text" and stems(key) - _COMMON <= {*known}:
            fields.setdefault(name, _read(value, known))
    if not fields and not _DENIAL.search(text):
        return {"success": True}
    return dict(list(fields.items())[:MOST_FIELDS])


def _read(value: JsonValue, known: Collection[str]) -> JsonValue:
    """ "a, b" is a list and "Not Set" a state, two or three words that deny, if their words are known, too."""
    if not isinstance(value, str) or not stems(value) - _COMMON <= {*known, "no", "not"}:
        return value
    if _LISTED.fullmatch(value):
        return [*value.split(", ")]
    return _code(value) if _NOTHING.fullmatch(value) else value


def _statements(text: str) -> Iterator[tuple[str, JsonValue]]:
    for line in text.splitlines():
        stated = _STATED.fullmatch(line)
        if stated and (measured := _MEASURED.match(stated["value"])):
            yield stated["key"], _code(measured["state"])
            continue
        if stated and len(stated["value"]) <= LONGEST_VALUE:
            yield from _shown(stated["key"], re.sub(r"(?<=\S)\s*\([^()]*\)$", "", stated["value"].rstrip(".")))
            continue
        for sentence in re.split(r"(?<=[.!?])\s+", line.strip()):
            yield from _said(sentence)
    if _SUCCESS.search(text):
        yield "success", True


def _shown(key: str, value: str) -> Iterator[tuple[str, JsonValue]]:
    """`Status Bar: No Service | 80%` shows several things: each is a field of its own."""
    yield key, value
    for part in value.split(" | ") if " | " in value else ():
        yield f"{key} {' '.join(re.findall(r'[A-Za-z0-9-]+', part))}", True


def _code(words: str) -> str:
    return "_".join(words.lower().split())


def _said(sentence: str) -> Iterator[tuple[str, JsonValue]]:
    if found := _IS.match(sentence):
        yield found["key"], found["value"].lower()
    elif found := _ABSENT.match(sentence):
        yield found["key"], "none"
    elif found := _CAN.fullmatch(sentence):
        yield f"can {found['key']}", "yes" if found["can"].lower() == "can" else "no"
