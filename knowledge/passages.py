"""Document → Passages: one a section, more where a section is long; every one an exact span of the document's text."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from markdown_it import MarkdownIt

from knowledge.types import Document, Passage

TARGET_CHARACTERS = 600
SEPARATORS = ["\n\n", "\n", ". ", " ", ""]


@dataclass(frozen=True, kw_only=True)
class _Heading:
    """`start` is where its line begins, `end` where the text under it does."""

    level: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class _Section:
    heading: str
    start: int
    end: int


def passages(document: Document, *, target: int = TARGET_CHARACTERS) -> list[Passage]:
    """In the order of the text, without overlap, of `target` characters at most. A document of headings alone becomes
    a passage as a whole."""
    whole = _Section(heading=document.title, start=0, end=len(document.text))
    sections = [whole] if document.media_type == "text/plain" else _sections(document)
    found = [passage for section in sections for passage in _split(document, section, target)]
    return found or list(_split(document, whole, target))


def _sections(document: Document) -> list[_Section]:
    headings = _headings(document.text)
    ends = [*(heading.start for heading in headings), len(document.text)]
    sections = [_Section(heading=document.title, start=0, end=ends[0])]
    above: list[_Heading] = []
    for heading, end in zip(headings, ends[1:], strict=True):
        above = [*(h for h in above if h.level < heading.level), heading]
        sections.append(_Section(heading=_path(document.title, above), start=heading.end, end=end))
    return sections


def _path(title: str, above: list[_Heading]) -> str:
    names = [heading.text for heading in above]
    return " > ".join(names if names[:1] == [title] else [title, *names])


def _headings(text: str) -> list[_Heading]:
    """Those of the document itself: none in code, lists or quotations."""
    tokens = MarkdownIt("commonmark").parse(text)
    starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
    return [
        _Heading(
            level=int(opening.tag[1:]),
            text=" ".join(inline.content.split()),
            start=starts[opening.map[0]],
            end=min(starts[opening.map[1]], len(text)),
        )
        for opening, inline in pairwise(tokens)
        if opening.type == "heading_open" and opening.level == 0 and opening.map
    ]


def _split(document: Document, section: _Section, target: int) -> Iterator[Passage]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    text = document.text[section.start : section.end]
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=target,
        chunk_overlap=0,
        separators=SEPARATORS,
        keep_separator="end",
        add_start_index=True,
    )
    for chunk in splitter.create_documents([text]):
        start = section.start + chunk.metadata["start_index"]
        if chunk.page_content:
            yield _passage(document, section.heading, start, start + len(chunk.page_content))


def _passage(document: Document, heading: str, start: int, end: int) -> Passage:
    text = document.text[start:end]
    return Passage(
        id=f"{document.id}-{_digest(f'{heading}{start}{text}')[:12]}",
        document_id=document.id,
        heading=heading,
        text=text,
        start=start,
        end=end,
        content_hash=_digest(text),
        trust=document.trust,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
