import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import BadConfiguration
from retrieval import embed
from retrieval.embed import REQUESTS, WHEEL_SHA256, MiniLMEmbedder, verify_weights, wheel_folder


def test_vectors_are_normalised_and_near_in_meaning(embedder: MiniLMEmbedder) -> None:
    vectors = embedder.embed(["unlock her account", "she is locked out", "fish on Fridays"])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_order_and_repetitions_are_kept(embedder: MiniLMEmbedder) -> None:
    vectors = embedder.embed(["b", "a", "b"])
    assert np.array_equal(vectors[0], vectors[2])
    assert np.array_equal(vectors[1], embedder.embed(["a"])[0])


def test_no_texts_give_an_empty_matrix(embedder: MiniLMEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


def test_more_texts_than_a_batch_or_the_cache_holds(embedder: MiniLMEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "_capacity", 3)
    texts = [f"ticket {number}" for number in range(embed.BATCH + 5)]
    assert np.allclose(embedder.embed(texts)[-1], embedder.embed([texts[-1]])[0], atol=1e-5)
    assert len(embedder._cache) == 3


def test_several_threads_get_the_same_vectors(embedder: MiniLMEmbedder) -> None:
    texts = [f"reset the password of person {number}" for number in range(6)]
    expected = embedder.embed(texts)
    fresh = MiniLMEmbedder()
    found: dict[int, bool] = {}

    def work(number: int) -> None:
        found[number] = bool(np.allclose(fresh.embed(texts), expected, atol=1e-5))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(4), True)


def test_the_wheel_has_the_weights_that_were_measured() -> None:
    verify_weights(wheel_folder() / "model.safetensors", expected=WHEEL_SHA256)


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    monkeypatch.setattr(embed, "wheel_folder", lambda: tmp_path)
    with pytest.raises(BadConfiguration, match="force-reinstall"):
        MiniLMEmbedder().embed(["x"])


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="nowhere"):
        MiniLMEmbedder(str(tmp_path / "nowhere")).embed(["x"])


def test_requests_are_near_by_what_is_wanted_not_by_for_whom(embedder: MiniLMEmbedder) -> None:
    texts = [
        "Grant Leila Kamau VPN until Friday.",
        "Leila Kamau's laptop is lost, please lock it.",
        "remote access via vpn for emil varga, ends friday",
    ]
    plain, requests = embedder.embed(texts), MiniLMEmbedder(adapter=REQUESTS).embed(texts)
    assert plain[0] @ plain[1] > 0.3
    assert requests[0] @ requests[2] > requests[0] @ requests[1] + 0.3
    assert requests[0] @ requests[2] - requests[0] @ requests[1] > plain[0] @ plain[2] - plain[0] @ plain[1]
    assert np.allclose(np.linalg.norm(requests, axis=1), 1.0, atol=1e-5)


def test_a_damaged_adapter_is_named(tmp_path: Path) -> None:
    shutil.copytree(REQUESTS, tmp_path / "requests")
    (tmp_path / "requests" / "adapter_model.safetensors").write_bytes(b"half")
    with pytest.raises(BadConfiguration, match="cannot be loaded") as raised:
        MiniLMEmbedder(adapter=tmp_path / "requests").embed(["x"])
    assert raised.value.remedy
