"""What a data set holds much of and what little: to be read before anything is trained on it."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.dataset import Row
from models.encode import Encoder
from models.endings import ENDINGS
from models.names import REGION_OF
from models.scene import Example

MOST_SHOWN = 25


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Counts of rows, the most frequent first; `lengths`: quartiles; `alarms`: what a reader should know of."""

    parts: Mapping[str, int]
    families: Mapping[str, int]
    actions: Mapping[str, int]
    endings: Mapping[str, int]
    labels: Mapping[str, int]
    pointed_into: Mapping[str, int]
    places: Mapping[str, int]
    names: Mapping[str, int]
    lengths: Mapping[str, tuple[float, float, float]]
    alarms: tuple[str, ...]


def balance(rows: Sequence[Row]) -> Balance:
    chosen = [row for row in rows if row.example.choose and row.example.right >= 0]
    rights = Counter(_right(row.example) for row in chosen)
    found = Balance(
        parts=_ranked(row.part for row in rows),
        families=_ranked(row.family for row in rows),
        actions=_ranked(name for name in rights.elements() if name not in ENDINGS),
        endings={name: rights[name] for name in ENDINGS},
        labels=_ranked(kind for row in rows for kind in _kinds(row.example)),
        pointed_into=_ranked(where for row in rows for where in _pointed(row.example)),
        places=_places([row.example for row in chosen]),
        names=_names(rows),
        lengths={
            "request, words": _quartiles(chosen, lambda e: len(e.choose.request.split()) if e.choose else 0),
            "steps before": _quartiles(chosen, lambda e: len(e.choose.history) if e.choose else 0),
            "candidates": _quartiles(chosen, lambda e: len(e.choose.candidates) if e.choose else 0),
            "passages": _quartiles(chosen, lambda e: len(e.choose.passages) if e.choose else 0),
        },
        alarms=(),
    )
    return Balance(**{**vars(found), "alarms": tuple(_alarms(found, len(chosen)))})


def unannotated(rows: Sequence[Row], encoder: Encoder | None = None) -> dict[str, int]:
    """What could not be annotated, by reason. With an encoder also values that no window shows from end to end."""
    found = Counter[str]()
    for row in rows:
        example = row.example
        if example.choose is None and example.fill:
            found["choice: the right action was not offered"] += 1
        for parameter, label in zip(example.fill.parameters if example.fill else (), example.labels, strict=True):
            if not label.known:
                found[f"value: {'not among its options' if parameter.options else 'stands in no source'}"] += 1
        if encoder:
            found["value: cut by a token or a window"] += _cut(example, encoder)
    return dict(found)


def _cut(example: Example, encoder: Encoder) -> int:
    """Labels of which no span begins and ends with tokens of one window."""
    if example.fill is None or not any(label.spans for label in example.labels):
        return 0
    windows = encoder.fill(example.fill)
    begins = [{(p.source, p.start) for p in w.places if p.opens} for w in windows]
    stops = [{(p.source, p.end) for p in w.places if p.closes} for w in windows]
    return sum(
        bool(label.spans)
        and not any(
            (s.source, s.start) in begin and (s.source, s.end) in stop
            for s in label.spans
            for begin, stop in zip(begins, stops, strict=True)
        )
        for label in example.labels
    )


def _right(example: Example) -> str:
    assert example.choose
    return example.choose.candidates[example.right].name


def _kinds(example: Example) -> Iterable[str]:
    for label in example.labels:
        yield "none" if label.none else "option" if label.option is not None else "span" if label.spans else "unknown"


def _pointed(example: Example) -> Iterable[str]:
    """Where the first of the right spans stands."""
    for label in example.labels:
        for span in label.spans[:1]:
            assert example.fill
            yield example.fill.sources[span.source].id.split(":")[0]


def _places(examples: Sequence[Example]) -> dict[str, int]:
    """Where among the actions offered the right one stands: a model must not learn the place."""
    found = Counter[str]()
    for example in examples:
        if _right(example) not in ENDINGS and example.choose:
            share = example.right / max(1, len(example.choose.candidates) - len(ENDINGS))
            found["first third" if share < 1 / 3 else "second third" if share < 2 / 3 else "last third"] += 1
    return {place: found[place] for place in ("first third", "second third", "last third")}


def _names(rows: Sequence[Row]) -> dict[str, int]:
    """Requests with a first name known to be usual in a region; most names are in no such list."""
    found = Counter[str]()
    for row in rows:
        if row.example.choose:
            words = {word.strip(".,;:!?()\"'") for word in row.example.choose.request.split()}
            found.update({REGION_OF[word] for word in words & REGION_OF.keys()})
    return dict(found.most_common())


def _ranked(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values).most_common())


def _quartiles(rows: Sequence[Row], of: Callable[[Example], float]) -> tuple[float, float, float]:
    values = [of(row.example) for row in rows]
    if len(values) < 2:
        return (0.0, 0.0, 0.0)
    low, middle, high = statistics.quantiles(values, n=4)
    return (low, middle, high)


def _alarms(found: Balance, chosen: int) -> Iterable[str]:
    """Shares beyond which a part of the data speaks for the whole."""
    for what, counts in (("action", found.actions), ("family", found.families)):
        total = sum(counts.values())
        name, most = next(iter(counts.items()), ("", 0))
        if len(counts) > 4 and most > 0.25 * total:
            yield f"{100 * most / total:.0f} % of all rows have one {what}: {name}"
    ended = sum(found.endings.values())
    for name, count in found.endings.items():
        if ended and count < 0.02 * ended:
            yield f"the ending {name} is rare: {count} of {ended} endings"
    first, total = found.places["first third"], sum(found.places.values())
    if total and first > 0.5 * total:
        yield f"the right action stands in the first third in {100 * first / total:.0f} % of the cases"
    named = sum(found.names.values())
    if named and max(found.names.values()) > 0.4 * named:
        yield f"most names known by region are {next(iter(found.names))}"
    if chosen and ended > 0.6 * chosen:
        yield f"{100 * ended / chosen:.0f} % of the choices are endings"
