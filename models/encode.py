"""Scenes as token ids: every marker's place, and for every source token the characters it stands for.

What does not fit the encoder's window is dealt out over several windows with the same head (choose: the request;
fill: the parameters), so nothing that was offered is ever silently left out of a decision.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from models.base import CANDIDATE, OPTION, PARAMETER, PLACEHOLDER
from models.scene import CandidateText, ChooseScene, FillScene, Source

WINDOW = 512
REQUEST, HISTORY, PASSAGES = 140, 130, 110  # most tokens of each part of the choose sequence
SOURCES_CHOOSE = REQUEST + HISTORY + PASSAGES
CANDIDATE_TOKENS, PARAMETER_TOKENS, OPTION_TOKENS, LABEL_TOKENS = 22, 22, 8, 20
WINDOW_OVERLAP = 16
RESULT = "step:"  # how the ids of sources begin that are results


@dataclass(frozen=True, kw_only=True)
class ChooseWindow:
    """`marks[i]` is the position of the marker of candidate `first + i`."""

    ids: tuple[int, ...]
    marks: tuple[int, ...]
    first: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """One source token: characters [start, end) of sources[source], and whether a value may begin or end here."""

    position: int
    source: int
    start: int
    end: int
    opens: bool
    closes: bool


@dataclass(frozen=True, kw_only=True)
class FillWindow:
    """`marks[p]` is parameter p's marker, `options[p]` its options' markers, `places` the source tokens in order."""

    ids: tuple[int, ...]
    marks: tuple[int, ...]
    options: tuple[tuple[int, ...], ...]
    places: tuple[Place, ...]


def words(name: str) -> str:
    """`reset_password`, `resetPassword` and `reset-password` all read "reset password"."""
    return re.sub(r"[_\-.\s]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)).strip().lower()


class Encoder:
    """Turns scenes into windows of token ids. Cheap: what repeats (candidates, parameters) is tokenized once."""

    def __init__(self, tokenizer: Any, *, window: int = WINDOW) -> None:
        self.window = window
        self._tokenizer = tokenizer
        self._cls, self._sep = tokenizer.cls_token_id, tokenizer.sep_token_id
        self._candidate, self._parameter, self._option = (
            tokenizer.convert_tokens_to_ids(mark) for mark in (CANDIDATE, PARAMETER, OPTION)
        )
        self._tokens = lru_cache(maxsize=20_000)(self._tokenize)

    def _tokenize(self, text: str) -> tuple[tuple[int, int, int], ...]:
        """(id, start, end) of each token. Nobody's text can spell one of our markers: brackets become parentheses."""
        if text != PLACEHOLDER:
            text = text.replace("[", "(").replace("]", ")")
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return tuple((i, a, b) for i, (a, b) in zip(encoded["input_ids"], encoded["offset_mapping"], strict=True))

    def pieces(self, text: str, most: int | None = None) -> list[int]:
        return [token for token, _, _ in self._tokens(text)[:most]]

    # ---- choose

    def choose(self, scene: ChooseScene) -> list[ChooseWindow]:
        head = self._choose_head(scene)
        windows: list[ChooseWindow] = []
        ids, marks, first = list(head), [], 0  # type: ignore[var-annotated]
        for index, candidate in enumerate(scene.candidates):
            tokens = self._candidate_tokens(candidate)
            if len(ids) + len(tokens) >= self.window and marks:
                windows.append(ChooseWindow(ids=tuple(ids), marks=tuple(marks), first=first))
                ids, marks, first = list(head), [], index
            marks.append(len(ids))
            ids += tokens
        windows.append(ChooseWindow(ids=tuple(ids), marks=tuple(marks), first=first))
        return windows

    def _choose_head(self, scene: ChooseScene) -> list[int]:
        request = _both_ends(self.pieces(scene.request), REQUEST)
        ids = [self._cls, *request, self._sep]
        history: list[int] = []
        for line in reversed(scene.history):  # the latest steps matter most
            tokens = self.pieces(line, HISTORY)
            if len(history) + len(tokens) > HISTORY:
                break
            history = tokens + history
        ids += [*history, self._sep]
        room = PASSAGES
        for passage in scene.passages:
            tokens = self.pieces(passage, room)
            ids += tokens
            room -= len(tokens)
            if room <= 0:
                break
        return [*ids, self._sep]

    def _candidate_tokens(self, candidate: CandidateText) -> list[int]:
        text = f"{words(candidate.name)}: {candidate.description}"
        return [self._candidate, *self.pieces(text, CANDIDATE_TOKENS)]

    # ---- fill

    def fill(self, scene: FillScene) -> list[FillWindow]:
        tail, marks, options = self._fill_tail(scene)
        room = self.window - len(tail) - 2
        return [self._fill_window(run, tail, marks, options) for run in self._source_runs(scene.sources, room)]

    def _fill_tail(self, scene: FillScene) -> tuple[list[int], list[int], list[list[int]]]:
        """The parameters, with positions counted from the tail's start. They may take three quarters of the window."""
        tail = [self._sep, *self.pieces(words(scene.action), 10)]
        marks, options, most = [], [], self.window * 3 // 4
        for parameter in scene.parameters:
            marks.append(min(len(tail), most))
            text = f"{words(parameter.name)} ({parameter.type}): {parameter.description}"
            tail += [self._parameter, *self.pieces(text, PARAMETER_TOKENS)]
            places = []
            for option in parameter.options:
                places.append(min(len(tail), most))
                tail += [self._option, *self.pieces(words(option) or option, OPTION_TOKENS)]
            options.append(places)
        return tail[: most + 1], marks, options

    def _source_runs(self, sources: Sequence[Source], room: int) -> list[list[tuple[int, Place]]]:
        """Source tokens as (id, place with position -1 where nothing may be pointed to), dealt out over windows."""
        pieces = [(source, self._source_tokens(index, source)) for index, source in enumerate(sources)]
        if sum(len(tokens) for _, tokens in pieces) > room:
            pieces = _with_manual_first(pieces, room)
        runs: list[list[tuple[int, Place]]] = [[]]
        for source, tokens in pieces:
            if len(runs[-1]) + len(tokens) <= room:
                runs[-1] += tokens
            elif source.kind == "leaf" or len(tokens) <= room // 2:
                runs.append(tokens[:room])
            else:
                step = room - WINDOW_OVERLAP
                runs += [tokens[i : i + room] for i in range(0, len(tokens), step)]
        return [run for run in runs if run] or [[]]

    def _source_tokens(self, index: int, source: Source) -> list[tuple[int, Place]]:
        leaf = source.kind == "leaf"
        label = f"{source.label}:" if source.label else ""
        nowhere = Place(position=-1, source=index, start=0, end=0, opens=False, closes=False)
        tokens = [(token, nowhere) for token in self.pieces(label, LABEL_TOKENS)]
        value = self._tokens(source.text)
        for i, (token, start, end) in enumerate(value):
            place = Place(
                position=0,
                source=index,
                start=start,
                end=end,
                opens=not leaf or i == 0,
                closes=not leaf or i == len(value) - 1,
            )
            tokens.append((token, place))
        return tokens

    def _fill_window(
        self, run: list[tuple[int, Place]], tail: list[int], marks: list[int], options: list[list[int]]
    ) -> FillWindow:
        ids, places = [self._cls], []
        for token, place in run:
            if place.position >= 0:
                places.append(
                    Place(
                        position=len(ids),
                        source=place.source,
                        start=place.start,
                        end=place.end,
                        opens=place.opens,
                        closes=place.closes,
                    )
                )
            ids.append(token)
        at = len(ids)
        return FillWindow(
            ids=(*ids, *tail),
            marks=tuple(at + mark for mark in marks),
            options=tuple(tuple(at + place for place in row) for row in options),
            places=tuple(places),
        )


def _with_manual_first(
    pieces: list[tuple[Source, list[tuple[int, Place]]]], room: int
) -> list[tuple[Source, list[tuple[int, Place]]]]:
    """Documentation at the end of the first window, and not of the last one, which has the oldest results: which of the
    values it names is the one wanted now hangs on the latest."""
    results = [place for place, (source, _) in enumerate(pieces) if source.id.startswith(RESULT)]
    if not results:
        return pieces
    rest, manual = pieces[: results[-1] + 1], pieces[results[-1] + 1 :]
    at = results[0]
    left = room - sum(len(tokens) for _, tokens in [*manual, *rest[:at]])
    while at < len(rest) and len(rest[at][1]) <= left:
        left -= len(rest[at][1])
        at += 1
    return [*rest[:at], *manual, *rest[at:]]


def _both_ends(tokens: list[int], most: int) -> list[int]:
    """A long request keeps its beginning and, mostly, its end, where the wish usually stands."""
    if len(tokens) <= most:
        return tokens
    begin = most // 3
    return tokens[:begin] + tokens[-(most - begin) :]
