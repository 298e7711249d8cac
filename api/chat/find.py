"""Where the request stands in a long text: between tags, under a heading, after a label, or where it sounds so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

NAMES = ("ticket", "request", "query", "question", "issue", "incident", "case", "problem", "task", "message")
_WHOSE = (
    r"(?:(?:the|your|this|new|current|open|user|customer|client|support|service|help ?desk|incoming)(?:['’]s)?[\s_-]+)*"
)
_WHAT = r"(?:[\s_-]+(?:text|description|details?|body|content|to (?:solve|handle|resolve|work on)))?"
_NUMBER = r"(?:\s*(?:#|no\.?|nr\.?|id)?\s*[:#\-]?\s*[A-Z]{0,6}-?\d+)?"
_TAG = re.compile(
    rf"<(?P<tag>[\w\-]*(?:{'|'.join(NAMES)})[\w\-]*)(?:\s[^<>]*)?>(?P<body>.*?)</(?P=tag)\s*>",
    re.DOTALL | re.IGNORECASE,
)
_ONLY_TAG = re.compile(r"^[ \t]*</?[A-Za-z][\w\-]*(?:\s[^<>\n]*)?>[ \t]*$", re.MULTILINE)
_HEADING = re.compile(
    r"^[ \t]*(?:(?P<marks>#{1,6})[ \t]+(?P<atx>[^\n]+?)[ \t#]*|\*\*(?P<bold>[^*\n]+)\*\*:?[ \t]*|"
    r"(?:={2,}|-{2,})[ \t]*(?P<ruled>[^=\-\n]+?)[ \t]*(?:={2,}|-{2,}))$",
    re.MULTILINE,
)
_LABEL = re.compile(rf"^[ \t]*(?P<name>{_WHOSE}[A-Za-z]+{_WHAT}{_NUMBER})[ \t]*:[ \t]*(?P<rest>[^\n]*)$", re.M | re.I)
_BREAK = re.compile(r"^[ \t]*(?:#{1,6}[ \t]|</?[A-Za-z][\w\-]*>|={3,}|-{3,}|\*{3,})", re.MULTILINE)
_ASKS = re.compile(
    r"\b(please|i need|i want|i would like|i'd like|can you|could you|would you|help me|my \w+|i am|i'm|i have|i can't|"
    r"i cannot|we need|the (?:user|customer|client|caller|employee)\b[^.]{0,60}?\b(?:is|has|was|wants?|needs?|reports?|"
    r"cannot|can't|asks?|would|says?)|they (?:will|want|would|gave|need|report)|unable to|doesn't work|does not work|"
    r"not working)\b",
    re.IGNORECASE,
)
_RULES = re.compile(
    r"\b(you (?:should|must|are|can|may|will|have|need)|always|never|make sure|do not|don't|if the (?:user|customer)|"
    r"when (?:the|a) (?:user|customer)|users? (?:can|may|must|should)|follow(?:ing)?|"
    r"polic(?:y|ies)|instructions?|agents?)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:[A-Z]{1,5}-?\d{2,}|\d{3}-\d{3}-\d{4}|[\w.+-]+@[\w-]+\.\w+|[A-Z][a-z]+ [A-Z][a-z]+)\b")


@dataclass(frozen=True, kw_only=True)
class Located:
    """`request` is the text asked, `rest` everything else, tags on lines of their own blanked out."""

    request: str
    rest: str


def locate(text: str) -> Located:
    """The request inside a text. `request` is empty only if the text is."""
    span = _tagged(text) or _headed(text) or _labelled(text) or _sounding(text)
    request = text[span[0] : span[1]].strip() if span else ""
    rest = f"{text[: span[0]]}\n\n{text[span[1] :]}" if span else text
    return Located(request=request, rest=plain(rest))


def plain(text: str) -> str:
    """Without the lines that are only a tag: to Markdown what follows them would be no headings."""
    return _ONLY_TAG.sub("", text).strip()


# ---- where it is


def _tagged(text: str) -> tuple[int, int] | None:
    """The last tag of the first name in NAMES that has text in it, wherever it is nested."""
    found = [(_priority(match["tag"]), match.span("body")) for match in _tags(text) if match["body"].strip()]
    named = [each for each in found if each[0] is not None]
    return min(reversed(named), key=lambda each: each[0] or 0)[1] if named else None


def _tags(text: str) -> Iterator[re.Match[str]]:
    position = 0
    while match := _TAG.search(text, position):
        yield match
        position = match.start("body")


def _headed(text: str) -> tuple[int, int] | None:
    headings = list(_HEADING.finditer(text))
    found = []
    for match in headings:
        priority = _priority(match["atx"] or match["bold"] or match["ruled"])
        if priority is None:
            continue
        level = len(match["marks"] or "") or 6
        later = (h.start() for h in headings if h.start() > match.start() and (len(h["marks"] or "") or 6) <= level)
        span = (match.end(), next(later, len(text)))
        if text[span[0] : span[1]].strip():
            found.append((_likeness(text[span[0] : span[1]]), -priority, span))
    return max(found)[2] if found else None


def _labelled(text: str) -> tuple[int, int] | None:
    found = []
    for match in _LABEL.finditer(text):
        priority = _priority(match["name"])
        if priority is None:
            continue
        end = _block_end(text, match.end(), to_break=not match["rest"].strip())
        span = (match.start("rest"), end)
        if text[span[0] : span[1]].strip():
            found.append((_likeness(text[span[0] : span[1]]), -priority, span))
    return max(found)[2] if found else None


def _block_end(text: str, start: int, *, to_break: bool) -> int:
    """The end of the paragraph; of everything up to the next heading, tag or rule where the label stands alone."""
    if to_break:
        found = _BREAK.search(text, start)
        return found.start() if found else len(text)
    blank = re.compile(r"\n[ \t]*\n").search(text, start)
    return blank.start() if blank else len(text)


def _sounding(text: str) -> tuple[int, int] | None:
    """The paragraph most like a request; of equals the last, for the wish usually stands at the end."""
    spans = [match.span() for match in re.finditer(r"\S(?:[^\n]|\n(?![ \t]*(?:\n|$)))*", text)]
    spans = [span for span in spans if not _BREAK.match(text[span[0] : span[1]])] or spans
    return max(spans, key=lambda span: (_likeness(text[span[0] : span[1]]), span[0]), default=None)


def _priority(name: str | None) -> int | None:
    """The place in NAMES of what a tag, heading or label says, if that is all it says."""
    said = re.sub(r"[\s_-]+", " ", (name or "").strip().rstrip(":")).lower()
    for place, each in enumerate(NAMES):
        if re.fullmatch(rf"{_WHOSE}{each}{_WHAT}{_NUMBER}", said, re.IGNORECASE):
            return place
    return None


def _likeness(text: str) -> float:
    """How much a paragraph sounds like somebody's request, and not like the rules for handling one."""
    words = max(1, len(text.split()))
    asks = len(_ASKS.findall(text)) + 0.5 * min(4, len(_NAMED.findall(text))) + 0.5 * text.count("?")
    rules = len(_RULES.findall(text)) + 0.5 * len(re.findall(r"^[ \t]*(?:[-*•]|\d+[.)])\s", text, re.MULTILINE))
    return (asks - rules) / (1 + words / 60)
