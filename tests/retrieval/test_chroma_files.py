"""What a process had in memory does not get into the files of its vector index."""

import threading
from pathlib import Path

import numpy as np
import pytest

from retrieval.chroma import ChromaIndex, ChromaStore
from retrieval.chroma_files import HEADER, without_remains
from retrieval.vectors import Vectors

NAME = b"Amara Nyberg "
EMPTY = 100  # vectors that the files of an empty index have room for


def some(count: int) -> Vectors:
    matrix = np.random.default_rng(0).normal(size=(count, 384)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return Vectors(ids=tuple(f"id{row}" for row in range(count)), matrix=matrix, groups=("",) * count)


def speak_of_her() -> None:
    """Memory of every size that is given back full of her name, also by threads that have ended."""

    def once() -> None:
        texts = [NAME * (30 + each) for each in range(400)] + [NAME * 13_000 for _ in range(20)]
        texts.clear()

    threads = [threading.Thread(target=once) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_index_has_nothing_of_the_memory_it_was_made_in(tmp_path: Path) -> None:
    store = ChromaStore(tmp_path)
    for round in range(3):
        speak_of_her()
        index = ChromaIndex(store, f"passage/{round}", some(30))
        grown = index.extended(f"passage/{round}", some(31), ["id30"])
        assert grown.healthy
        assert NAME not in content(tmp_path)
    for header in tmp_path.rglob("header.bin"):
        count = HEADER.unpack_from(header.read_bytes())[3]
        assert count < EMPTY
        assert not any(header.with_name("length.bin").read_bytes()[count * 4 :])


def test_what_a_killed_process_left_is_taken_out_at_the_next_start(tmp_path: Path) -> None:
    first = ChromaStore(tmp_path)
    ChromaIndex(first, "passage/default", some(30))
    first.close()
    (file,) = tmp_path.rglob("data_level0.bin")
    file.write_bytes((NAME * 20_000)[: file.stat().st_size])
    index = ChromaIndex(ChromaStore(tmp_path), "passage/default", some(30))
    assert index.healthy
    assert NAME not in content(tmp_path)
    assert index.search(some(30).matrix[7], 1)[0].id == "id7"


def test_vectors_that_are_there_stay(tmp_path: Path) -> None:
    first = ChromaStore(tmp_path)
    ChromaIndex(first, "passage/default", some(1200))
    (file,) = tmp_path.rglob("data_level0.bin")
    before = file.read_bytes()
    assert without_remains(tmp_path)
    assert file.read_bytes() == before
    first.close()
    assert ChromaIndex(ChromaStore(tmp_path), "passage/default", some(1200)).healthy


@pytest.mark.parametrize("header", [b"short", HEADER.pack(2, 0, 100, 0, 1676), HEADER.pack(1, 0, 100, 101, 1676)])
def test_files_of_another_layout_are_not_trusted(tmp_path: Path, header: bytes) -> None:
    store = ChromaStore(tmp_path)
    ChromaIndex(store, "passage/default", some(5))
    (file,) = tmp_path.rglob("header.bin")
    file.write_bytes(header)
    with pytest.raises(ValueError, match=r"header\.bin"):
        without_remains(tmp_path)
    again = ChromaIndex(store, "passage/other", some(5))
    assert again.healthy, "it is built in a fresh folder"


def test_without_being_able_to_clean_it_chroma_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(_: Path) -> bool:
        raise ValueError("another layout")

    monkeypatch.setattr("retrieval.chroma.without_remains", unable)
    index = ChromaIndex(ChromaStore(tmp_path), "passage/default", some(5))
    assert not index.healthy
    assert index.search(some(5).matrix[1], 1)[0].id == "id1"
    assert not any(path.is_file() for path in tmp_path.rglob("*")), "nothing of it is left"
