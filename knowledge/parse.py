"""Bytes → Document: Markdown, HTML (turned into Markdown) and plain text, told apart by what they are."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import yaml

from knowledge.errors import BadDocument
from knowledge.redaction import Redactor
from knowledge.types import Document, Trust
from knowledge.unseen import without_comments, without_hidden_elements, without_invisible

MAX_BYTES = 5_000_000
SUFFIXES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".txt": "text/plain",
}
BINARY_STARTS = (b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")
NOISE = ("nav", "script", "style", "footer", "noscript", "template", "svg", "iframe", "button")
HTML_START = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|body)\b", re.I | re.S)
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
FIRST_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t#]*$", re.M)


@dataclass(frozen=True, kw_only=True)
class _Content:
    title: str
    text: str


def parse(
    data: bytes,
    *,
    source: str,
    media_type: str = "",
    tenant: str = "default",
    trust: Trust = "trusted",
    redactor: Redactor | None = None,
) -> Document:
    """`media_type` is a hint, as from a web server. The document's text has `\\n` line ends, and nothing that is to be
    redacted; all spans count in it.

    Comments, hidden elements and invisible characters are left out.

    Raises BadDocument for what is empty, binary, not UTF-8, or larger than MAX_BYTES.
    """
    text = without_invisible(_decoded(data, source))
    kind = _media_type(text, source, media_type)
    content = _html(text, source) if kind == "text/html" else _markdown(text) if kind == "text/markdown" else None
    content = content or _Content(title="", text=text)
    if not content.text.strip():
        raise BadDocument(f"{source} has no text.", remedy="Leave it out, or give one that has.")
    if redactor:
        content = _Content(title=redactor.text(content.title), text=redactor.document(content.text, source))
    title = content.title or _stem(source)
    return Document(
        id=_digest(tenant, source)[:16],
        source=source,
        title=title,
        text=content.text,
        media_type=kind,
        content_hash=_digest(title, content.text),
        trust=trust,
        tenant=tenant,
    )


def _decoded(data: bytes, source: str) -> str:
    if len(data) > MAX_BYTES:
        raise BadDocument(f"{source} is larger than {MAX_BYTES // 1_000_000} MB.", remedy="Split it into smaller ones.")
    if not data.strip():
        raise BadDocument(f"{source} is empty.", remedy="Leave it out, or give one that has text.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadDocument(f"{source} is UTF-16, not UTF-8.", remedy="Save it as UTF-8.")
    if b"\0" in data or data.startswith(BINARY_STARTS):
        raise BadDocument(f"{source} is not a text file.", remedy="Convert it to Markdown, HTML or plain text first.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadDocument(f"{source} is not UTF-8 (byte {error.start}).", remedy="Save it as UTF-8.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _media_type(text: str, source: str, hint: str) -> str:
    """What the text begins with counts most, then the suffix, then what the server said."""
    if HTML_START.match(text):
        return "text/html"
    said = SUFFIXES.get(PurePosixPath(urlsplit(source).path).suffix.lower()) or hint
    if said in ("text/html", "application/xhtml+xml"):
        return "text/html" if "<" in text else "text/plain"
    return said if said in ("text/markdown", "text/plain") else "text/markdown"


def _markdown(text: str) -> _Content:
    title = ""
    if match := FRONT_MATTER.match(text):
        matter = _front_matter(match[1])
        if matter is not None:
            title, text = str(matter.get("title") or ""), text[match.end() :]
    text = without_comments(text)
    heading = FIRST_HEADING.search(text)
    return _Content(title=title or (heading[1] if heading else ""), text=text)


def _front_matter(text: str) -> dict[str, object] | None:
    """None if it is not YAML: then it was a rule and a paragraph."""
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _html(text: str, source: str) -> _Content:
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    try:
        soup = BeautifulSoup(re.sub(r"^\s*<\?xml[^>]*>", "", text), "html.parser")
        without_hidden_elements(soup)
        title = soup.title.get_text(" ", strip=True) if soup.title else ""
        heading = soup.h1.get_text(" ", strip=True) if soup.h1 else ""
        for element in soup([*NOISE, "title"]):
            element.decompose()
        markdown = MarkdownConverter(heading_style="atx", bullets="-").convert_soup(soup)
    except RecursionError as error:
        raise BadDocument(f"{source} is nested too deeply.", remedy="Save it as simpler HTML or Markdown.") from error
    return _Content(title=heading or title, text=re.sub(r"\n{3,}", "\n\n", markdown).strip() + "\n")


def _stem(source: str) -> str:
    return without_invisible(PurePosixPath(urlsplit(source).path).stem or source)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
