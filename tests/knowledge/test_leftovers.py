"""Looking for names in files: in their bytes, and in what packed files hold."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pytest

from knowledge.leftovers import BLOCK, in_files
from knowledge.names import Names

ADA = Names(["Ada Byron"])
TEXT = b"x" * 50 + b' {"full_name": "Ada Byron"} ' + b"y" * 50


def test_a_name_is_found_in_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"\0\xff" + TEXT + TEXT)
    assert in_files(ADA, [path]) == 2


@pytest.mark.parametrize("pack", [lzma.compress, gzip.compress, bz2.compress])
@pytest.mark.parametrize("name", ["rows.jsonl.xz", "named otherwise"])
def test_a_name_is_found_in_packed_files(tmp_path: Path, pack, name: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / name
    path.write_bytes(pack(TEXT))
    assert b"Ada" not in path.read_bytes()
    assert in_files(ADA, [path]) == 1
    assert in_files(Names(["Bo Brown"]), [path]) == 0


def written(folder: Path) -> list[Path]:
    path = folder / "plain.txt"
    path.write_bytes(TEXT)
    return [path]


def test_a_name_is_found_in_archives(tmp_path: Path) -> None:
    path = tmp_path / "pages.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.xml", TEXT)
        archive.writestr("two.xml", TEXT)
    assert in_files(ADA, [path]) == 2


@pytest.mark.parametrize("cut", range(11))
def test_a_name_across_two_blocks_is_found_once(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "rows.gz"
    path.write_bytes(gzip.compress(b" " * (BLOCK - cut) + b"Ada Byron" + b" " * BLOCK))
    assert in_files(ADA, [path]) == 1


@pytest.mark.parametrize("pack", [lzma.compress, gzip.compress, bz2.compress])
def test_a_damaged_file_does_not_stop_the_search(tmp_path: Path, pack) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "rows"
    for damaged in (pack(TEXT * 9)[:-5], pack(b"z" * 100_000)[:20] + b"\1" * 20, b"PK\x03\x04 no archive"):
        path.write_bytes(damaged)
        assert in_files(ADA, [path]) == 0
    assert in_files(ADA, [path, *written(tmp_path)]) == 1
