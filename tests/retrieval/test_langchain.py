import pytest

from knowledge.errors import EmptyIndex
from knowledge.record import Record
from retrieval.embed import MiniLMEmbedder
from retrieval.langchain import LamplighterRetriever
from retrieval.search import Retriever


def test_passages_come_as_documents(desk: Record, embedder: MiniLMEmbedder) -> None:
    retriever = LamplighterRetriever(retriever=Retriever(desk, embedder), record=desk, k=2)
    first, second = retriever.invoke("unlock an account")
    assert first.metadata["source"] == "unlock.md"
    assert first.metadata["heading"] == "unlock"
    assert first.metadata["score"] >= second.metadata["score"]
    text = desk.documents.get("default-unlock.md").text
    assert first.page_content == text[first.metadata["start"] : first.metadata["end"]]


def test_it_sees_one_tenant(desk: Record, embedder: MiniLMEmbedder) -> None:
    retriever = LamplighterRetriever(retriever=Retriever(desk, embedder), record=desk, tenant="other")
    with pytest.raises(EmptyIndex):
        retriever.invoke("unlock an account")
