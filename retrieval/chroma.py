"""Chroma as a rebuildable index: content-addressed collections, probed when opened, rebuilt when they are not right.

An embedded Chroma can break for good when its process is killed, and a second process sees stale results. Therefore
nothing is kept only here, a collection's name carries the fingerprint of the vectors it holds, it is built under
another name and renamed when complete, and whatever fails is answered exactly and built again in a fresh folder.
Every answer that makes Chroma write files is waited for here, so that what it leaves in them can be taken out.
"""

import shutil
import threading
import time
import uuid
from collections.abc import Callable, Collection
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from retrieval.chroma_files import without_remains
from retrieval.vectors import ExactIndex, Nearest, Vectors

T = TypeVar("T")
log = structlog.get_logger(__name__)
HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200}
BROKEN = (RuntimeError, ValueError, KeyError, AttributeError, TypeError, OSError, IndexError)


class ChromaStore:
    """One embedded Chroma under `folder`. A broken one is left behind for a new generation, a subfolder of its own.

    A folder that Chroma has opened cannot be opened afresh in the same process: hence never twice the same name.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.current: dict[str, str] = {}  # prefix of a tenant and kind → name of its collection that is wanted now
        self.building = threading.RLock()
        self._client: Any = None
        self._lock = threading.RLock()

    def client(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._open()
            return self._client

    def start_over(self, broken: Any) -> None:
        """Give up the client `broken` and its folder; the next `client()` is a new, empty one."""
        with self._lock:
            if broken is not None and broken is not self._client:
                return
            self.close()
            for generation in self._generations():
                shutil.rmtree(generation, ignore_errors=True)

    def empty(self) -> None:
        """Nothing of the folder is kept, and no index of before builds itself again."""
        with self.building:
            self.current.clear()
            self.start_over(None)

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
            if client is not None:
                _quietly(client.close)

    def _open(self) -> Any:
        existing = self._generations()
        if existing and (client := _quietly(lambda: _persistent(existing[-1]))) is not None:
            return client
        for generation in existing:
            shutil.rmtree(generation, ignore_errors=True)
        return _persistent(self.folder / str(time.time_ns()))

    def _generations(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.is_dir() else []


class ChromaIndex:
    """The vectors of one tenant and kind in one collection; exact answers while it is broken or being rebuilt."""

    def __init__(self, store: ChromaStore, shelf: str, vectors: Vectors) -> None:
        """`shelf` names tenant and kind; the collection of earlier vectors of the shelf is dropped."""
        self.vectors = vectors
        self._store = store
        self._prefix = blake2b(shelf.encode(), digest_size=8).hexdigest()
        self._name = f"{self._prefix}-{vectors.fingerprint}"
        self._exact = ExactIndex(vectors)
        self._collection: Any = None
        store.current[self._prefix] = self._name
        self.rebuild()

    @property
    def healthy(self) -> bool:
        return self._collection is not None

    def search(self, vector: NDArray[np.float32], k: int, *, groups: Collection[str] = ()) -> list[Nearest]:
        """Like ExactIndex, approximately. Never fails: what Chroma cannot answer is answered exactly."""
        collection, k = self._collection, min(k, len(self.vectors.ids))
        if k <= 0 or collection is None:
            return self._exact.search(vector, k, groups=groups)
        found = _quietly(lambda: _query(collection, vector, k, groups))
        if found is None:
            self._collection = None
            threading.Thread(target=self.rebuild, name="chroma-rebuild", daemon=True).start()
        return found if found and (groups or len(found) == k) else self._exact.search(vector, k, groups=groups)

    def rebuild(self) -> None:
        """Open the collection of these vectors, or build it; in a fresh folder if the present one fails.

        Does nothing when it is healthy, empty, or another index has taken this one's place.
        """
        with self._store.building:
            if self.healthy or not self.vectors.ids or self._store.current.get(self._prefix) != self._name:
                return
            self._collection = self._ready() or self._ready()
        if not self.healthy:
            log.warning("chroma_unusable", folder=str(self._store.folder), remedy="exact search is used")

    def extended(self, shelf: str, vectors: Vectors, added: Collection[str]) -> "ChromaIndex":
        """The index of `vectors`, which are this index's with `added` at the end: an upsert instead of a rebuild."""
        collection, end = self._collection, len(vectors.ids)
        with self._store.building:
            if collection is not None and _quietly(lambda: _insert(collection, vectors, end - len(added), end)):
                _quietly(lambda: _renamed(collection, f"{self._prefix}-{vectors.fingerprint}"))
            return ChromaIndex(self._store, shelf, vectors)

    def _ready(self) -> Any:
        client = _quietly(self._store.client)
        collection = None
        if client is not None:
            collection = _quietly(lambda: self._opened(client)) or _quietly(lambda: self._built(client))
        if collection is None or not _quietly(lambda: without_remains(self._store.folder)):
            collection = None
            self._store.start_over(client)
        return collection

    def _opened(self, client: Any) -> Any:
        """The collection as an earlier process left it, or None if it is not there, incomplete or cannot answer."""
        if self._name not in {each.name for each in client.list_collections()}:
            return None
        return _sound(client.get_collection(self._name, embedding_function=None), self.vectors)

    def _built(self, client: Any) -> Any:
        for left in client.list_collections():
            if left.name.startswith("building-"):
                client.delete_collection(left.name)
        building = client.create_collection(
            f"building-{uuid.uuid4().hex}", embedding_function=None, configuration={"hnsw": HNSW}
        )
        batch = client.get_max_batch_size()
        for start in range(0, len(self.vectors.ids), batch):
            _insert(building, self.vectors, start, start + batch)
        for old in client.list_collections():
            if old.name.startswith(f"{self._prefix}-"):
                client.delete_collection(old.name)
        return _sound(_renamed(building, self._name), self.vectors)


def _persistent(folder: Path) -> Any:
    import chromadb

    folder.mkdir(parents=True, exist_ok=True)
    client = chromadb.PersistentClient(path=str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
    client.list_collections()
    return client


def _insert(collection: Any, vectors: Vectors, start: int, end: int) -> bool:
    groups = vectors.groups[start:end]
    collection.upsert(
        ids=list(vectors.ids[start:end]),
        embeddings=vectors.matrix[start:end],
        metadatas=[{"group": group} for group in groups] if any(groups) else None,
    )
    return True


def _renamed(collection: Any, name: str) -> Any:
    collection.modify(name=name)
    return collection


def _query(collection: Any, vector: NDArray[np.float32], k: int, groups: Collection[str]) -> list[Nearest]:
    where = {"group": {"$in": sorted(groups)}} if groups else None
    found = collection.query(query_embeddings=vector[None, :], n_results=k, where=where, include=["distances"])
    return [
        Nearest(id=each, similarity=float(np.clip(1.0 - distance, -1.0, 1.0)))
        for each, distance in zip(found["ids"][0], found["distances"][0], strict=True)
    ]


def _sound(collection: Any, vectors: Vectors) -> Any:
    """The collection, if it has every vector and finds the last one at its own place; else None."""
    if collection.count() != len(vectors.ids):
        return None
    nearest = _query(collection, vectors.matrix[-1], 1, ())
    return collection if nearest and nearest[0].similarity > 0.999 else None


def _quietly(call: Callable[[], T]) -> T | None:
    """What the call returns; None, with a line in the log, where Chroma fails."""
    from chromadb.errors import ChromaError

    try:
        return call()
    except (ChromaError, *BROKEN) as error:
        log.warning("chroma_failed", error=f"{type(error).__name__}: {error}")
        return None
