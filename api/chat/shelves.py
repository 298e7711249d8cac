"""Tools and documentation that came with a request, embedded once: the last ones are kept, found by their hash."""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from api.chat.tools import Toolbox, toolbox
from api.chat.wire import Tool
from knowledge.ingest import Embedder
from knowledge.ingest import embedded_text as passage_text
from knowledge.openapi import embedded_text as action_text
from knowledge.parse import parse
from knowledge.passages import passages
from knowledge.results import stems
from knowledge.types import Passage
from models.layout import QUOTED_CHARACTERS
from retrieval.shelf import Shelf, shelf_of

KEPT = 64
HEADINGS = 2
Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class Tools:
    """`words` are those that the definitions are written in, as `stems` makes them."""

    box: Toolbox
    shelf: Shelf
    words: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Manual:
    """`shelf` holds the documentation's passages; None where there is no documentation."""

    shelf: Shelf | None
    words: frozenset[str]


class Shelves:
    """Safe to use from several threads; what several ask for at once may be made several times."""

    def __init__(self, embedder: Embedder, *, kept: int = KEPT) -> None:
        self._embedder = embedder
        self._tools = _Kept[Tools](kept)
        self._manuals = _Kept[Manual](kept)

    def tools(self, given: Sequence[Tool]) -> Tools:
        """Raises BadCatalogue, naming the tool, for definitions that cannot be used."""
        plain = json.dumps([tool.model_dump() for tool in given], sort_keys=True)
        return self._tools.get(_digest(plain), lambda: self._defined(given))

    def manual(self, text: str) -> Manual:
        return self._manuals.get(_digest(text), lambda: self._split(text))

    def _defined(self, given: Sequence[Tool]) -> Tools:
        box = toolbox(given)
        matrix = self._embedder.embed([action_text(spec) for spec in box.actions])
        known = [f"{s.name} {s.description} {' '.join(p.name for p in s.parameters)}" for s in box.specs]
        return Tools(box=box, shelf=shelf_of(box.actions, matrix, kind="action"), words=stems(" ".join(known)))

    def _split(self, text: str) -> Manual:
        """Trusted, as parsed by default: who writes the system message decides what is done. No passage is longer than
        what the model reads of one, for what it does not read it cannot quote."""
        if not text.strip():
            return Manual(shelf=None, words=frozenset())
        document = parse(text.encode("utf-8", "replace"), source="system message")
        found = [_shorter(passage) for passage in passages(document, target=QUOTED_CHARACTERS)]
        matrix = self._embedder.embed([passage_text(passage) for passage in found])
        return Manual(shelf=shelf_of(found, matrix, kind="passage"), words=stems(text))


def _shorter(passage: Passage) -> Passage:
    """With the last of its headings only: the model reads few words, and the whole manual has the first ones."""
    return replace(passage, heading=" > ".join(passage.heading.split(" > ")[-HEADINGS:]))


class _Kept(Generic[Made]):
    """The last things made."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[str, Made] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], Made]) -> Made:
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        made = make()
        with self._lock:
            self._made[key] = made
            while len(self._made) > self._most:
                self._made.popitem(last=False)
        return made


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
