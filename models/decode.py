"""From pointer scores to values: the best pointer over all windows, typed; two parameters do not share one span."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

import torch

from models.encode import FillWindow
from models.network import Pointers
from models.scene import FillScene, Span
from models.values import END_OF, YEAR
from models.when import DAY_OF_MONTH, HALF_A_DAY

STARTS, ENDS, LONGEST = 6, 3, 48
NEARER = 0.3  # another end inside a span that is so likely beside its own belongs to another mention
DAYS = ("date", "time")  # types of parameters
_QUOTED = re.compile(r"(?<!\w)(?:\"([^\"\n]+)\"|'([^'\n]+)'|“([^”\n]+)”|‘([^’\n]+)’)(?!\w)")
_TURN = re.compile(r"\n(?:user|agent): ")  # as `sgd` and `layout` write conversations


@dataclass(frozen=True, kw_only=True)
class Pointed:
    """A span or an option, or neither for "none". `margin` is its log-odds against "none", all its mentions together.

    `begins` and `ends` are the probabilities of a span's two ends, each over all places of its window; `valid` is how
    likely two ends so drawn make a span at all, or "none".
    """

    span: Span | None = None
    option: int | None = None
    margin: float = 0.0
    probability: float = 1.0
    begins: float = 0.0
    ends: float = 0.0
    valid: float = 1.0


def said_anywhere(
    choice: Pointed, row: Sequence[Pointed], scene: FillScene, *, alike: Callable[[Span], bool] | None = None
) -> float:
    """Probability of what a span says, wherever it is said: either end may be found at any of the places.

    Of two ends that make no span, as they lie in different results, nothing can be said: they are left out of account.
    `alike` tells of another span whether it comes to the same value; without it, the same words do.
    """
    if choice.span is None:
        return choice.probability
    together, single = _mass(choice, row, scene, alike)
    return together / max(min(1.0, choice.valid + together - single), together, 1e-30)


def _mass(
    choice: Pointed, row: Sequence[Pointed], scene: FillScene, alike: Callable[[Span], bool] | None = None
) -> tuple[float, float]:
    """How likely both ends are at its places, whichever they are, and at the same one."""
    assert choice.span is not None
    words = said(choice.span, scene)
    begins, ends = dict[tuple[int, int], float](), dict[tuple[int, int], float]()
    for each in row:
        span = each.span
        if span and (said(span, scene) == words or (alike and alike(span))):
            begins[span.source, span.start] = max(each.begins, begins.get((span.source, span.start), 0.0))
            ends[span.source, span.end] = max(each.ends, ends.get((span.source, span.end), 0.0))
    together = min(1.0, sum(begins.values())) * min(1.0, sum(ends.values()))
    same = {(each.span.source, each.span.start): each for each in row if each.span and _at(each.span, begins, ends)}
    return together, min(together, sum(each.begins * each.ends for each in same.values()))


def _at(span: Span, begins: Mapping[tuple[int, int], float], ends: Mapping[tuple[int, int], float]) -> bool:
    return (span.source, span.start) in begins and (span.source, span.end) in ends


def said(span: Span, scene: FillScene) -> str:
    return scene.sources[span.source].text[span.start : span.end].casefold()


def pointed(
    scene: FillScene, windows: Sequence[FillWindow], scores: Sequence[Sequence[Pointers]]
) -> list[list[Pointed]]:
    """Per parameter, what it may point to, best first; "none" is among them. scores[w][p]."""
    rows = []
    for index, parameter in enumerate(scene.parameters):
        if parameter.options:
            found = _options([row[index] for row in scores])
        else:
            spans = [p for w, row in zip(windows, scores, strict=True) for p in _spans(w, row[index], scene)]
            if parameter.type in DAYS:
                spans = [replace(each, span=_whole_day(each.span, scene)) for each in spans if each.span]
            found = _mentioned(spans, scene)
            found.append(Pointed(probability=min(_none_probability(row[index]) for row in scores)))
        rows.append(sorted(found, key=lambda p: -p.margin))
    return rows


def _mentioned(found: Sequence[Pointed], scene: FillScene) -> list[Pointed]:
    """Each with the odds of all its mentions: training asks for any of them, so they share what one would have."""
    groups: dict[str, list[Pointed]] = {}
    for each in sorted(found, key=lambda p: -p.margin):
        groups.setdefault(said(each.span, scene), []).append(each)  # type: ignore[arg-type]
    return [each for group in groups.values() for each in _together(group, scene)]


def _together(group: Sequence[Pointed], scene: FillScene) -> list[Pointed]:
    """The best mention stays the first."""
    best = group[0]
    if len(group) == 1 or not best.probability:
        return list(group)
    margin = best.margin + log(_mass(best, group, scene)[0] / best.probability)
    return [replace(each, margin=margin) for each in group]


def _options(pointers: Sequence[Pointers]) -> list[Pointed]:
    """An option is as likely as in the window that is surest of it."""
    logs = torch.stack([p.option.log_softmax(0) for p in pointers])  # [W, options + 1]
    none = logs[:, -1].min().item()
    best = logs[:, :-1].max(0).values
    found = [
        Pointed(option=i, margin=score - none, probability=float(torch.tensor(score).exp()))
        for i, score in enumerate(best.tolist())
    ]
    return [*found, Pointed(probability=float(torch.tensor(none).exp()))]


def _none_probability(pointer: Pointers) -> float:
    return float((pointer.start.log_softmax(0)[-1] + pointer.end.log_softmax(0)[-1]).exp())


def _spans(window: FillWindow, pointer: Pointers, scene: FillScene) -> list[Pointed]:
    if not window.places:
        return []
    start, end = pointer.start.log_softmax(0), pointer.end.log_softmax(0)
    starts, ends = start.exp().tolist(), end.exp().tolist()
    none = (start[-1] + end[-1]).item()
    valid = _valid(window, starts, ends)
    found = []
    for first in start[:-1].topk(min(STARTS, len(window.places))).indices.tolist():
        if not window.places[first].opens:
            continue
        source = window.places[first].source
        last = first + 1
        while last < min(first + LONGEST, len(window.places)) and window.places[last].source == source:
            last += 1
        reach = end[first:last]
        for offset in reach.topk(min(ENDS, len(reach))).indices.tolist():
            if not window.places[first + offset].closes:
                continue
            here = first + offset
            if _nearer(ends[first:here], ends[here]) or _nearer(starts[first + 1 : here + 1], starts[first]):
                continue
            span = _whole_words(window, first, here, scene)
            if _TURN.search(scene.sources[source].text, span.start, span.end):
                continue
            found.append(
                Pointed(
                    span=span,
                    margin=(start[first] + reach[offset]).item() - none,
                    probability=starts[first] * ends[here],
                    begins=starts[first],
                    ends=ends[here],
                    valid=valid,
                )
            )
    return found


def _valid(window: FillWindow, starts: Sequence[float], ends: Sequence[float]) -> float:
    """How likely two ends, each drawn by itself, lie in one source and in order, or are both "none"."""
    total, begun, source = starts[-1] * ends[-1], 0.0, -1
    for place, start, end in zip(window.places, starts, ends, strict=False):
        if place.source != source:
            begun, source = 0.0, place.source
        begun += start
        total += begun * end
    return total


def _nearer(between: Sequence[float], than: float) -> bool:
    """Whether the other mention's end (or beginning) lies in between: both ends are drawn each by itself."""
    return max(between, default=0.0) >= NEARER * than


def _whole_words(window: FillWindow, first: int, last: int, scene: FillScene) -> Span:
    """Widens a span that begins or ends inside a word."""
    source = window.places[first].source
    text, start, end = scene.sources[source].text, window.places[first].start, window.places[last].end
    while start > 0 and re.match(r"\w\w", text[start - 1 : start + 1]):
        start -= 1
    while end < len(text) and re.match(r"\w\w", text[end - 1 : end + 1]):
        end += 1
    start, end = _whole_quotation(text, start, end)
    return Span(source=source, start=start, end=end)


def _whole_day(span: Span, scene: FillScene) -> Span:
    """Widens a span that has a part of "20 May" or "the end of next month", or lacks the year: that is another day."""
    text = scene.sources[span.source].text
    half = HALF_A_DAY.fullmatch(text, span.start, span.end)  # "8 March" of "the 8 March" is the same day
    for day in (*END_OF.finditer(text), *(DAY_OF_MONTH.finditer(text) if half else ())):
        start, end = day.start(), day.end() - day[0].endswith(".")  # a sentence's, or of "Mar.", which needs none
        if start <= span.start and span.end <= end:
            return Span(source=span.source, start=start, end=end)
    year = YEAR.match(text, span.end)
    return Span(source=span.source, start=span.start, end=year.end()) if year else span


def _whole_quotation(text: str, start: int, end: int) -> tuple[int, int]:
    """Widens a span that has half of what stands in quotation marks, or more: they say where a value ends."""
    last_line = text.find("\n", end)
    for quoted in _QUOTED.finditer(text, text.rfind("\n", 0, start) + 1, len(text) if last_line < 0 else last_line):
        first, last = quoted.span(quoted.lastindex or 0)
        if first <= start and end <= last and 2 * (end - start) >= last - first:
            return first, last
    return start, end
