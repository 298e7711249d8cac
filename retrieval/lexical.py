"""Word search with BM25 and English stemming (tantivy), in memory, built from the record whenever it is needed."""

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

MAX_TERMS = 128
WRITER_BYTES = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`title` counts twice as much as `text`; `group` is the app of an action, else ""."""

    id: str
    text: str
    title: str = ""
    group: str = ""


class LexicalIndex:
    """Any text is a valid query: it is cut into words, never parsed. Safe to call from several threads."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._analyzer = _analyzer()
        self._schema = _schema()
        self._index = _empty_index(self._schema, self._analyzer)
        self._writing = threading.Lock()
        self.put(entries)

    def put(self, entries: Iterable[Entry]) -> None:
        """Add entries, each in place of an earlier one of the same id."""
        import tantivy

        with self._writing:
            writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)
            for entry in entries:
                writer.delete_documents_by_term("id", entry.id)
                fields = {"id": entry.id, "group": entry.group, "title": entry.title, "text": entry.text}
                writer.add_document(tantivy.Document.from_dict(fields, self._schema))
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()

    def search(self, text: str, k: int, *, groups: Collection[str] = ()) -> list[str]:
        """Ids of at most k entries that share a word with `text`, best first."""
        words = list(dict.fromkeys(self._analyzer.analyze(text)))[:MAX_TERMS]
        if not words or k <= 0:
            return []
        searcher = self._index.searcher()
        found = searcher.search(self._query(words, groups), limit=k, count=False)
        return [searcher.doc(address)["id"][0] for _, address in found.hits]

    def _query(self, words: list[str], groups: Collection[str]) -> Any:
        from tantivy import Occur, Query

        parts = [(Occur.Should, self._term("text", word)) for word in words]
        parts += [(Occur.Should, Query.boost_query(self._term("title", word), 2.0)) for word in words]
        matching = Query.boolean_query(parts)
        if not groups:
            return matching
        within = Query.boolean_query([(Occur.Should, self._term("group", group)) for group in groups])
        return Query.boolean_query([(Occur.Must, matching), (Occur.Must, Query.const_score_query(within, 0.0))])

    def _term(self, field: str, word: str) -> Any:
        from tantivy import Query

        return Query.term_query(self._schema, field, word, index_option="freq")


def _analyzer() -> Any:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for each in (Filter.remove_long(64), Filter.ascii_fold(), Filter.lowercase(), Filter.stopword("english")):
        builder = builder.filter(each)
    return builder.filter(Filter.stemmer("english")).build()


def _schema() -> Any:
    from tantivy import SchemaBuilder

    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("group", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", tokenizer_name="lamplighter", index_option="freq")
    builder.add_text_field("text", tokenizer_name="lamplighter", index_option="freq")
    return builder.build()


def _empty_index(schema: Any, analyzer: Any) -> Any:
    from tantivy import Index

    index = Index(schema)
    index.register_tokenizer("lamplighter", analyzer)
    return index
