"""What a page holds and its reader never sees: comments, hidden elements, invisible characters. No knowledge.

Whoever marks a document trusted vouches for what they read. What only a machine would read must not ride along.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

# Tags, variation selectors beyond those of emoji, zero-width, bidirectional controls; joiners of real scripts stay.
_INVISIBLE = re.compile(
    "[\u200b\u2060-\u2064\u206a-\u206f\ufeff\u202a-\u202e\u2066-\u2069\u115f\u1160\u3164\uffa0\u180e"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef\ufff9-\ufffb\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_FENCE = re.compile(r"(^(?P<mark>`{3,}|~{3,})[^\n]*\n.*?(?:^(?P=mark)[^\n]*$|\Z))", re.M | re.S)
_OPEN, _CLOSE = "<!--", "-->"
_LABEL_COMMENT = re.compile(r"^ {0,3}\[[^\]\n]*\]:\s*(?:#|<>)\s*(?:[\"'(].*)?$\n?", re.M)
_CONCEALED = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0*(?:\.0+)?\s*(?:;|$|!)"
    r"|font-size\s*:\s*0*(?:\.0+)?(?:px|em|rem|pt|%)?\s*(?:;|$|!)|clip\s*:\s*rect\(0|clip-path\s*:\s*inset\((?:50|100)%"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3,}|color\s*:\s*transparent",
    re.I,
)
_HIDDEN_TAG = re.compile(
    r"<(?P<name>\w+)\b(?=[^<>]{0,500}(?:\shidden\b|style\s*=\s*[\"'][^\"'<>]{0,300}(?:display\s*:\s*none|visibility\s*:\s*hidden)))"
    r"[^<>]*>.*?(?:</(?P=name)\s*>|\Z)",
    re.I | re.S,
)


def without_invisible(text: str) -> str:
    return _INVISIBLE.sub("", text)


def without_hidden_elements(soup: "BeautifulSoup") -> None:
    """Takes comments and concealed elements out of the page, with all that is in them."""
    from bs4 import Comment

    for comment in soup.find_all(string=lambda each: isinstance(each, Comment)):
        comment.extract()
    for element in [each for each in soup.find_all(True) if _hidden(each)]:
        if not element.decomposed:
            element.decompose()


def without_comments(markdown: str) -> str:
    """Markdown without what a renderer does not show; code blocks stay as they are, for there it is shown."""
    parts = _FENCE.split(markdown)
    # split() gives text, block, mark, text, block, mark, …
    return "".join(_plain(part) if i % 3 == 0 else part for i, part in enumerate(parts) if i % 3 != 2)


def _plain(text: str) -> str:
    return _LABEL_COMMENT.sub("", _HIDDEN_TAG.sub("", "".join(_outside_comments(text))))


def _outside_comments(text: str) -> Iterator[str]:
    """One that is never closed hides the rest if it begins a line; within a line it is shown as it stands."""
    at = 0
    while (start := text.find(_OPEN, at)) >= 0:
        end = text.find(_CLOSE, start + len(_OPEN))
        if end < 0:
            begun = text[text.rfind("\n", 0, start) + 1 : start]
            yield text[at:start] if not begun.strip() else text[at:]
            return
        yield text[at:start]
        at = end + len(_CLOSE)
    yield text[at:]


def _hidden(element: "Tag") -> bool:
    if element.has_attr("hidden"):
        return True
    if element.name == "input" and str(element.get("type", "")).lower() == "hidden":
        return True
    return _CONCEALED.search(str(element.get("style", ""))) is not None
