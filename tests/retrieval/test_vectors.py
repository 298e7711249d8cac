import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.chroma import ChromaIndex, ChromaStore
from retrieval.vectors import DenseIndex, ExactIndex, Vectors

SHELF = "passage/default"


def some(count: int, *, seed: int = 0, groups: int = 1) -> Vectors:
    matrix = np.random.default_rng(seed).normal(size=(count, 384)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    names = tuple(f"app{row % groups}" if groups > 1 else "" for row in range(count))
    return Vectors(ids=tuple(f"id{row}" for row in range(count)), matrix=matrix, groups=names)


def store(folder: Path) -> ChromaStore:
    return ChromaStore(folder / "chroma")


def ids(index: DenseIndex, vector: NDArray[np.float32], k: int = 10, groups: tuple[str, ...] = ()) -> list[str]:
    return [each.id for each in index.search(vector, k, groups=groups)]


def until_healthy(index: ChromaIndex) -> None:
    deadline = time.monotonic() + 10
    while not index.healthy and time.monotonic() < deadline:
        time.sleep(0.01)
    assert index.healthy


def test_exact_search_is_a_full_sort() -> None:
    vectors = some(50)
    query = some(1, seed=9).matrix[0]
    order = np.argsort(-(vectors.matrix @ query), kind="stable")
    for k in (1, 7, 50, 60):
        assert ids(ExactIndex(vectors), query, k) == [vectors.ids[row] for row in order[:k]]
    assert ids(ExactIndex(vectors), query, 0) == []


def test_the_fingerprint_tells_contents_apart() -> None:
    assert some(5).fingerprint == some(5).fingerprint
    assert (
        len({some(5).fingerprint, some(6).fingerprint, some(5, seed=1).fingerprint, some(5, groups=2).fingerprint}) == 4
    )


def test_a_vector_put_again_takes_the_place_of_the_first() -> None:
    vectors = some(3)
    again = vectors.joined(Vectors(ids=("id0",), matrix=vectors.matrix[2:], groups=("",)))
    assert again.ids == ("id1", "id2", "id0")
    assert again.similarity("id0", vectors.matrix[2]) == pytest.approx(1.0, abs=1e-5)
    assert some(0).joined(some(1)).ids == ("id0",)


@pytest.mark.parametrize("count", [1, 5, 300, 2000])
def test_chroma_finds_what_exact_search_finds(tmp_path: Path, count: int) -> None:
    vectors = some(count, groups=3)
    exact, chroma = ExactIndex(vectors), ChromaIndex(store(tmp_path), SHELF, vectors)
    assert chroma.healthy
    found = expected = 0
    for query in some(20, seed=1).matrix:
        for groups in ((), ("app1",), ("app0", "app2")):
            right = exact.search(query, 10, groups=groups)
            answer = {each.id: each.similarity for each in chroma.search(query, 10, groups=groups)}
            found += sum(each.id in answer for each in right)
            expected += len(right)
            assert all(
                answer.get(each.id, each.similarity) == pytest.approx(each.similarity, abs=1e-4) for each in right
            )
    assert found >= 0.97 * expected


def test_the_collection_is_opened_again_not_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = some(40)
    first = store(tmp_path)
    ChromaIndex(first, SHELF, vectors)
    first.close()
    monkeypatch.setattr(ChromaIndex, "_built", lambda *_: pytest.fail("built again"))
    index = ChromaIndex(store(tmp_path), SHELF, vectors)
    assert index.healthy
    assert ids(index, vectors.matrix[3], 1) == ["id3"]


def test_changed_vectors_replace_the_collection_and_no_other(tmp_path: Path) -> None:
    shared = store(tmp_path)
    other = ChromaIndex(shared, "action/default", some(10, seed=5))
    old = ChromaIndex(shared, SHELF, some(10))
    new = ChromaIndex(shared, SHELF, some(12, seed=2))
    assert len(shared.client().list_collections()) == 2
    assert ids(new, some(12, seed=2).matrix[11], 1) == ["id11"]
    assert ids(old, some(10).matrix[4], 1) == ["id4"], "a search that still holds the old index is answered"
    assert ids(other, some(10, seed=5).matrix[2], 1) == ["id2"]
    old.rebuild()
    assert len(shared.client().list_collections()) == 2, "the old index does not push the new one out"
    assert new.healthy


@pytest.mark.parametrize("damage", ["deleted", "sqlite", "vectors", "emptied"])
def test_a_damaged_folder_is_built_again_at_start(tmp_path: Path, damage: str) -> None:
    vectors = some(1200)
    first = store(tmp_path)
    ChromaIndex(first, SHELF, vectors)
    first.close()
    spoil(tmp_path / "chroma", damage)
    index = ChromaIndex(store(tmp_path), SHELF, vectors)
    assert index.healthy
    assert ids(index, vectors.matrix[1100], 1) == ["id1100"]


@pytest.mark.parametrize("damage", ["deleted", "sqlite", "emptied"])
def test_a_folder_damaged_in_use_is_answered_exactly_and_built_again(tmp_path: Path, damage: str) -> None:
    vectors = some(1200)
    index = ChromaIndex(store(tmp_path), SHELF, vectors)
    spoil(tmp_path / "chroma", damage)
    for row in range(0, 1200, 100):
        assert ids(index, vectors.matrix[row], 1) == [f"id{row}"]
    until_healthy(index)
    assert ids(index, vectors.matrix[7], 1) == ["id7"]


def spoil(folder: Path, damage: str) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if damage == "deleted" or (damage == "vectors" and path.suffix == ".bin"):
            path.unlink()
        elif damage == "emptied" or (damage == "sqlite" and "sqlite3" in path.name):
            path.write_bytes(b"" if damage == "emptied" else b"broken" * 4000)


def test_a_collection_that_stops_answering_is_built_again(tmp_path: Path) -> None:
    vectors = some(30)
    shared = store(tmp_path)
    index = ChromaIndex(shared, SHELF, vectors)
    for collection in shared.client().list_collections():
        shared.client().delete_collection(collection.name)
    assert ids(index, vectors.matrix[7], 3) == ids(ExactIndex(vectors), vectors.matrix[7], 3)
    until_healthy(index)
    assert len(shared.client().list_collections()) == 1


def test_without_a_place_to_write_it_searches_exactly(tmp_path: Path) -> None:
    (tmp_path / "chroma").write_text("a file, where a folder should be")
    index = ChromaIndex(store(tmp_path), SHELF, some(5))
    assert not index.healthy
    assert ids(index, some(5).matrix[1], 1) == ["id1"]


def test_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    shared = store(tmp_path)
    shared.client().create_collection("building-left-behind", embedding_function=None)
    ChromaIndex(shared, SHELF, some(5))
    assert all(not each.name.startswith("building-") for each in shared.client().list_collections())


def test_vectors_are_added_without_a_rebuild(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = some(30)
    index = ChromaIndex(store(tmp_path), SHELF, vectors)
    monkeypatch.setattr(ChromaIndex, "_built", lambda *_: pytest.fail("built again"))
    extra = some(1, seed=4).matrix[0]

    def given(*ids: str) -> Vectors:
        return Vectors(ids=ids, matrix=np.stack([extra] * len(ids)), groups=("",) * len(ids))

    grown = index.extended(SHELF, vectors.joined(given("new")), ["new"])
    assert grown.healthy
    assert ids(grown, extra, 1) == ["new"]
    moved = grown.extended(SHELF, grown.vectors.joined(given("id3", "id4")), ["id3", "id4"])
    assert moved.healthy
    assert set(ids(moved, extra, 3)) == {"new", "id3", "id4"}


def test_nothing_to_index(tmp_path: Path) -> None:
    index = ChromaIndex(store(tmp_path), SHELF, some(0))
    assert index.search(some(1).matrix[0], 5) == []
    assert not (tmp_path / "chroma").exists()
