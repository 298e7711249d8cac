"""Proof that somebody is forgotten: the bytes of every file are looked through for the names."""

import bz2
import gzip
import lzma
import mmap
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from knowledge.names import Names

PACKED: dict[bytes, Any] = {b"\xfd7zXZ\0": lzma.open, b"\x1f\x8b": gzip.open, b"BZh": bz2.open}
ZIP = b"PK\x03\x04"
BLOCK, LONGEST = 1 << 20, 4096  # bytes read at a time; longer than any name is spelt


def in_files(names: Names, files: Iterable[Path]) -> int:
    """In their bytes; of packed ones, as `lamp data --xz` writes them, also in what is in them."""
    return sum(_count(names.in_bytes, path) + _packed(names.in_bytes, path) for path in files)


def in_database(names: Names, files: Iterable[Path]) -> int:
    """Of a SQLite database, in its file and log: those that no row explains, as in pages of what was deleted.

    Rows that are still there explain themselves (a longer name, another tenant's, a document that was kept); whether
    they should be there is asked elsewhere.
    """
    files = list(files)
    anywhere = names.anywhere_in_bytes  # columns follow each other without a gap
    found = sum(_count(anywhere, path) for path in files)
    return max(0, found - _in_rows(anywhere, files[0])) if found else 0


def files_under(folder: Path, *, but: Iterable[Path] = ()) -> Iterator[Path]:
    left = {path.resolve() for path in but}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not left & {path.resolve(), *path.resolve().parents}:
            yield path


def _count(pattern: re.Pattern[bytes], path: Path) -> int:
    with path.open("rb") as file:
        if not path.stat().st_size:
            return 0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return sum(1 for _ in pattern.finditer(content))


def _packed(pattern: re.Pattern[bytes], path: Path) -> int:
    with path.open("rb") as file:
        begins = file.read(6)
    if begins.startswith(ZIP):
        return _zipped(pattern, path)
    opener = next((each for magic, each in PACKED.items() if begins.startswith(magic)), None)
    if opener is None:
        return 0
    with opener(path, "rb") as unpacked:
        return sum(_in_stream(pattern, unpacked))


def _zipped(pattern: re.Pattern[bytes], path: Path) -> int:
    try:
        with zipfile.ZipFile(path) as archive:
            found = 0
            for member in archive.infolist():
                with archive.open(member) as unpacked:
                    found += sum(_in_stream(pattern, unpacked))
            return found
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return 0  # No archive after all, or one that is locked with a password.


def _in_stream(pattern: re.Pattern[bytes], stream: IO[bytes]) -> Iterator[int]:
    """How often, block by block; to the point where it is damaged."""
    before = b""
    while True:
        try:
            block = stream.read(BLOCK)
        except (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile):
            return
        if not block:
            return
        both = before + block
        yield sum(match.end() > len(before) for match in pattern.finditer(both))
        before = both[-LONGEST:]


def _in_rows(pattern: re.Pattern[bytes], database: Path) -> int:
    """How often a file has it that is made anew, in memory, of nothing but the rows.

    Columns stand there as often as there are indexes of them, and by accident the end of one and the beginning of
    the next may read like a name: a hash that ends in “ad”, and a number whose first byte is an “A”.
    """
    with (
        closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as kept,
        closing(sqlite3.connect(":memory:", isolation_level=None)) as anew,
    ):
        kept.backup(anew)
        anew.execute("PRAGMA temp_store = MEMORY")
        anew.execute("VACUUM")
        return sum(1 for _ in pattern.finditer(anew.serialize()))
