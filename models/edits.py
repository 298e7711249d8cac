"""Changing the texts of an example while its labels keep pointing at the same values."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from models.scene import ChooseScene, Example, FillScene, Label, Source, Span

Where: TypeAlias = Literal["request", "history", "passage", "label", "source"]


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Characters [start, end) give way to `text`."""

    start: int
    end: int
    text: str


Editor: TypeAlias = Callable[[Where, str], Sequence[Edit]]


def applied(text: str, edits: Sequence[Edit]) -> str:
    """`edits` in order and apart from each other."""
    parts, at = [], 0
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


def moved(span: Span, edits: Sequence[Edit]) -> Span | None:
    """Where the span stands now; None when an edit cuts into it. What is put in beside a span does not join it."""
    start, end = span.start, span.end
    for edit in edits:
        grown = len(edit.text) - (edit.end - edit.start)
        inserted = edit.start == edit.end
        if edit.end <= span.start:
            start, end = start + grown, end + grown
        elif edit.start >= span.end and not (inserted and edit.start < span.end):
            break
        elif span.start <= edit.start and edit.end <= span.end:
            end += grown
        else:
            return None
    return replace(span, start=start, end=end)


def rewritten(example: Example, editor: Editor) -> Example | None:
    """The example with every text edited; None when a value would be cut in two.

    The editor is asked with the same text wherever it stands, and has to give the same edits: the request is both what
    is chosen by and a source that is pointed into.
    """
    choose = _choose(example.choose, editor) if example.choose else None
    if example.fill is None:
        return replace(example, choose=choose)
    edits = [list(editor(_where(source), source.text)) for source in example.fill.sources]
    labels = [_label(label, edits) for label in example.labels]
    if any(label is None for label in labels):
        return None
    fill = _fill(example.fill, edits, editor)
    return replace(example, choose=choose, fill=fill, labels=tuple(label for label in labels if label))


def texts(example: Example) -> Iterable[tuple[Where, str]]:
    """All that an editor is asked about."""
    if example.choose:
        yield "request", example.choose.request
        yield from (("history", line) for line in example.choose.history)
        yield from (("passage", passage) for passage in example.choose.passages)
    if example.fill:
        yield from ((_where(source), source.text) for source in example.fill.sources)
        yield from (("label", source.label) for source in example.fill.sources if source.label)


def _where(source: Source) -> Where:
    return "request" if source.id == "request" or source.id.startswith("utterance:") else "source"


def _choose(scene: ChooseScene, editor: Editor) -> ChooseScene:
    return replace(
        scene,
        request=applied(scene.request, editor("request", scene.request)),
        history=tuple(applied(line, editor("history", line)) for line in scene.history),
        passages=tuple(applied(passage, editor("passage", passage)) for passage in scene.passages),
    )


def _fill(scene: FillScene, edits: Sequence[Sequence[Edit]], editor: Editor) -> FillScene:
    sources = tuple(
        replace(source, text=applied(source.text, of), label=applied(source.label, editor("label", source.label)))
        for source, of in zip(scene.sources, edits, strict=True)
    )
    return replace(scene, sources=sources)


def _label(label: Label, edits: Sequence[Sequence[Edit]]) -> Label | None:
    spans = [moved(span, edits[span.source]) for span in label.spans]
    if any(span is None for span in spans):
        return None
    return replace(label, spans=tuple(span for span in spans if span))
