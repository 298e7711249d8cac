"""Lamplighter's passage search as a langchain retriever, for chains and agents built with langchain."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from knowledge.record import Record
from knowledge.types import Hit, Query
from retrieval.assemble import passage_of
from retrieval.search import Retriever


class LamplighterRetriever(BaseRetriever):
    """Documents carry `source`, `heading`, `start`, `end`, `score`, `similarity` and `trust` as metadata.

    Raises EmptyIndex, as Retriever.search does, if nothing was ingested.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    record: Record
    tenant: str = "default"
    k: int = 4

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        hits = self.retriever.search(Query(text=query, tenant=self.tenant), "passage", k=self.k)
        return [self._document(hit) for hit in hits]

    def _document(self, hit: Hit) -> Document:
        passage = passage_of(hit)
        return Document(
            id=passage.id,
            page_content=passage.text,
            metadata={
                "source": self.record.documents.get(passage.document_id, self.tenant).source,
                "heading": passage.heading,
                "start": passage.start,
                "end": passage.end,
                "score": hit.score,
                "similarity": hit.similarity,
                "trust": passage.trust,
            },
        )
