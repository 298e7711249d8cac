import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from knowledge_nouns import WordHashEmbedder

from knowledge.catalogue import Application
from knowledge.errors import BadDocument
from knowledge.fetch import Fetched
from knowledge.ingest import IngestReport, ingest, ingest_bytes
from knowledge.record import Record

PAGES = {
    "/vpn": ("text/html; charset=utf-8", b"<h1>VPN</h1><p>Press reset.</p>"),
    "/huge": ("text/plain", b"x" * 6_000_000),
}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, body = PAGES.get(self.path, ("", b""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind)
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # The reader had enough.

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def website() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    (docs / "more").mkdir(parents=True)
    (docs / ".git").mkdir()
    (docs / ".git" / "hidden.md").write_text("hidden")
    (docs / "vpn.md").write_text("# VPN\n\nPress reset.\n\n## More\n\nCall us.\n")
    (docs / "more" / "mail.html").write_text("<h1>Mail</h1><p>Forwarding is off.</p>")
    (docs / "notes.txt").write_text("Notes.")
    (docs / "logo.png").write_bytes(b"\x89PNG")
    return docs


def test_a_folder_is_ingested_once(record: Record, embedder: WordHashEmbedder, folder: Path) -> None:
    report = ingest(record, embedder, [folder])
    assert report == IngestReport(added=3, replaced=0, unchanged=0, removed=0, passages=4, failed=())
    assert [Path(document.source).name for document in record.documents.list()] == ["mail.html", "notes.txt", "vpn.md"]
    assert embedder.texts == 4
    again = ingest(record, embedder, [str(folder)], prune=True)
    assert again == IngestReport(added=0, replaced=0, unchanged=3, removed=0, passages=0, failed=())
    assert embedder.texts == 4


def test_what_changed_is_replaced_and_what_is_gone_forgotten(
    record: Record, embedder: WordHashEmbedder, folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "docs-elsewhere.md"
    elsewhere.write_text("Elsewhere.")
    ingest(record, embedder, [folder, elsewhere])
    (folder / "vpn.md").write_text("# VPN\n\nPress twice.\n")
    (folder / "notes.txt").unlink()
    kept = ingest(record, embedder, [folder])
    assert (kept.replaced, kept.unchanged, kept.removed) == (1, 1, 0)
    pruned = ingest(record, embedder, [folder], prune=True)
    assert (pruned.unchanged, pruned.removed) == (2, 1)
    texts = {passage.text for passage in record.documents.passages()}
    assert texts == {"Press twice.", "Forwarding is off.", "Elsewhere."}
    assert len(record.documents.vectors().ids) == 3


def test_a_change_of_trust_is_a_change(record: Record, embedder: WordHashEmbedder, folder: Path) -> None:
    ingest(record, embedder, [folder])
    assert ingest(record, embedder, [folder], trust="untrusted").replaced == 3
    assert {passage.trust for passage in record.documents.passages()} == {"untrusted"}


def test_bad_files_are_reported_and_the_others_go_on(
    record: Record, embedder: WordHashEmbedder, folder: Path, tmp_path: Path
) -> None:
    ingest(record, embedder, [folder])
    (folder / "vpn.md").write_bytes(b"")
    (folder / "aaa.md").write_bytes(b"\0\1\2")
    (folder / "zzz.md").write_text("Last.")
    report = ingest(record, embedder, [folder, tmp_path / "absent.md"], prune=True)
    assert (report.added, report.removed) == (1, 0)
    assert [Path(each.source).name for each in report.failed] == ["aaa.md", "vpn.md", "absent.md"]
    assert "Convert it" in report.failed[0].message
    assert "There is no file" in report.failed[2].message
    assert "Press reset." in {passage.text for passage in record.documents.passages()}


def test_a_folder_without_documentation_is_reported(record: Record, embedder: WordHashEmbedder, tmp_path: Path) -> None:
    (failure,) = ingest(record, embedder, [tmp_path]).failed
    assert "*.md" in failure.message
    assert str(tmp_path) in failure.message


def test_web_pages(record: Record, embedder: WordHashEmbedder, website: str) -> None:
    wiki = Application(name="wiki", base_url=website)
    record.catalogue.put(wiki, [], np.empty((0, 384), np.float32))
    report = ingest(record, embedder, [f"{website}/vpn", f"{website}/absent", f"{website}/huge"])
    assert (report.added, report.passages) == (1, 1)
    assert "answered 404" in report.failed[0].message
    assert "larger than 5 MB" in report.failed[1].message
    document = record.documents.by_source("default", f"{website}/vpn")
    assert document is not None
    assert (document.title, document.media_type) == ("VPN", "text/html")


def test_pages_of_a_private_network_need_an_application_there(
    record: Record, embedder: WordHashEmbedder, website: str
) -> None:
    (failure,) = ingest(record, embedder, [f"{website}/vpn"]).failed
    assert "private network" in failure.message
    assert "lamp apps add" in failure.message


@pytest.mark.parametrize("address", ["http://nowhere.invalid/x", "http://", "https://[bad"])
def test_an_address_where_nothing_answers(record: Record, embedder: WordHashEmbedder, address: str) -> None:
    (failure,) = ingest(record, embedder, [address]).failed
    assert "cannot be reached" in failure.message
    assert "Check the address" in failure.message


def test_an_upload(record: Record, embedder: WordHashEmbedder) -> None:
    upload = Fetched(data=b"# A\n\nWords.", media_type="text/markdown", source="upload/a.md")
    done = ingest_bytes(record, embedder, upload, tenant="mine")
    assert (done.change, done.passages) == ("added", 1)
    assert record.documents.get(done.document_id, "mine").tenant == "mine"
    assert ingest_bytes(record, embedder, upload, tenant="mine").change == "unchanged"
    with pytest.raises(BadDocument):
        ingest_bytes(record, embedder, Fetched(data=b"", media_type="", source="upload/a.md"), tenant="mine")


def test_progress_is_told(record: Record, embedder: WordHashEmbedder, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    note: Callable[[int, int, str], None] = lambda done, of, source: told.append((done, of))  # noqa: E731
    ingest(record, embedder, [folder], progress=note)
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_nothing_is_half_written_when_embedding_fails(record: Record, folder: Path) -> None:
    class Broken(WordHashEmbedder):
        def embed(self, texts):  # type: ignore[no-untyped-def]
            return super().embed(texts)[:-1]

    with pytest.raises(ValueError, match="finite vectors"):
        ingest(record, Broken(), [folder])
    assert record.documents.list() == record.documents.passages() == []
