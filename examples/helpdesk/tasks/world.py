"""The seeded company as the families see it: whom and what a task can be about, and how people call it."""

import functools
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random

from examples.helpdesk.database import Database
from examples.helpdesk.search import search
from examples.helpdesk.tasks.task import Row, Snapshot, Value

SHORT_WORD = 4


class World:
    """A read-only view of one snapshot."""

    def __init__(self, tables: Snapshot) -> None:
        self.tables = tables
        self.accounts = {str(row["username"]): row for row in tables["accounts"]}
        self._indexes: dict[tuple[str, tuple[str, ...]], dict[tuple[Value, ...], list[Row]]] = {}

    def rows(self, table: str, where: Callable[[Row], bool] = lambda row: True, **equal: Value) -> list[Row]:
        return [row for row in self._index(table, tuple(equal)).get(tuple(equal.values()), []) if where(row)]

    def has(self, table: str, **key: Value) -> bool:
        return tuple(key.values()) in self._index(table, tuple(key))

    def _index(self, table: str, columns: tuple[str, ...]) -> dict[tuple[Value, ...], list[Row]]:
        """Rows by the values of these columns; families look the same ones up for every person."""
        if (table, columns) not in self._indexes:
            index: dict[tuple[Value, ...], list[Row]] = {}
            for row in self.tables[table]:
                index.setdefault(tuple(row[column] for column in columns), []).append(row)
            self._indexes[table, columns] = index
        return self._indexes[table, columns]

    def people_called(self, text: str) -> list[Row]:
        """What search_accounts finds."""
        return list(search(text, self.tables["accounts"], exact=("full_name", "username", "email")))

    @functools.cached_property
    def same_names(self) -> frozenset[str]:
        """Full names that more than one person has."""
        names = [str(row["full_name"]) for row in self.tables["accounts"]]
        return frozenset(name for name in names if len(self.people_called(name)) > 1)

    @functools.cached_property
    def shared_first_names(self) -> dict[str, list[Row]]:
        """First names by which search_accounts finds several people, none of them an executive or disabled."""
        firsts = sorted({str(row["full_name"]).split()[0] for row in self.tables["accounts"]})
        found = {first: self.people_called(first) for first in firsts}
        return {
            first: rows
            for first, rows in found.items()
            if len(rows) > 1 and not any(row["vip"] or row["status"] == "disabled" for row in rows)
        }

    def available(self, licence: Row) -> int:
        return int(licence["total"] or 0) - len(self.rows("licence_assignments", product=licence["product"]))

    def spoken_group(self, group: Row, rng: Random) -> str:
        return self._spoken("groups", group, "group", ("name", "group"), ("description",), rng)

    def spoken_product(self, licence: Row, rng: Random) -> str:
        return self._spoken("licences", licence, "product", ("name", "product"), (), rng)

    def spoken_list(self, row: Row, rng: Random) -> str:
        if rng.random() < 0.2:
            return str(row["list"])
        return self._spoken("distribution_lists", row, "list", ("name", "list"), (), rng)

    def _spoken(
        self, table: str, row: Row, key: str, exact: tuple[str, ...], words: tuple[str, ...], rng: Random
    ) -> str:
        """The display name, or a beginning of it that finds this row alone."""
        name = str(row["name"])
        if rng.random() < 0.5:
            return name
        found = [
            text
            for text in _beginnings(name)
            if [hit[key] for hit in search(text, self.tables[table], exact=exact, words=words)] == [row[key]]
        ]
        return rng.choice(found or [name])


def _beginnings(name: str) -> Iterator[str]:
    words = name.split()
    for count in range(1, len(words)):
        text = " ".join(words[:count])
        if len(text) >= SHORT_WORD and words[count - 1][0].isalnum() and words[count - 1] not in ("and", "of"):
            yield text


@functools.cache
def world(seed: int, now: date) -> World:
    with tempfile.TemporaryDirectory(prefix="helpdesk-world-") as folder:
        return World(Database(Path(folder) / "world.sqlite", seed=seed, today=now).snapshot())
