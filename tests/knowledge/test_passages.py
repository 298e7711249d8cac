from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.parse import parse
from knowledge.passages import TARGET_CHARACTERS, passages
from knowledge.types import Passage

RUNBOOK = """\
Read this first.

# Locked accounts

Ask for the username.

## Unlock

1. Look the account up.
2. Unlock it.

```sh
# not a heading
unlock ada
```

### By phone
Call back first.

Setext heading
--------------
- # a list item, not a heading

## Empty

"""


def split(text: str, *, name: str = "runbook.md") -> list[Passage]:
    return passages(parse(text.encode(), source=name))


def test_each_section_is_a_passage_under_its_path_of_headings() -> None:
    found = split(RUNBOOK)
    assert [passage.heading for passage in found] == [
        "Locked accounts",
        "Locked accounts",
        "Locked accounts > Unlock",
        "Locked accounts > Unlock > By phone",
        "Locked accounts > Setext heading",
    ]
    assert found[0].text == "Read this first."
    assert found[2].text.endswith("# not a heading\nunlock ada\n```")
    assert found[4].text == "- # a list item, not a heading"


def test_a_title_that_is_no_heading_comes_first() -> None:
    (passage,) = split("---\ntitle: VPN\n---\n## Reset\nPress reset.\n")
    assert (passage.heading, passage.text) == ("VPN > Reset", "Press reset.")


def test_a_long_section_is_cut_between_paragraphs() -> None:
    paragraphs = [f"Paragraph {number}. " + "It says a few words more. " * 10 for number in range(6)]
    found = split("# Long\n\n" + "\n\n".join(paragraphs))
    assert len(found) == 3
    assert all(passage.text.startswith("Paragraph") for passage in found)
    assert {passage.heading for passage in found} == {"Long"}


def test_html_is_cut_at_its_headings_into_spans_of_its_markdown() -> None:
    page = """<html><head><title>Desk</title></head><body><nav>Home</nav><h1>VPN</h1><p>At most <b>90</b> days.</p>
    <h2>Until when</h2><ul><li>Say the last day.</li><li>Ask again later.</li></ul><pre># no heading</pre>"""
    document = parse(page.encode(), source="vpn.html")
    first, second = found = passages(document)
    assert (first.heading, first.text) == ("VPN", "At most **90** days.")
    assert second.heading == "VPN > Until when"
    assert [line for line in second.text.splitlines() if line.startswith("- ")] == [
        "- Say the last day.",
        "- Ask again later.",
    ]
    assert all(document.text[each.start : each.end] == each.text for each in found)


def test_headings_alone_are_one_passage() -> None:
    (passage,) = split("# One\n## Two\n")
    assert passage.text == "# One\n## Two"


def test_plain_text_has_no_headings() -> None:
    (passage,) = split("# 1 is a comment\nx = 1\n", name="notes.txt")
    assert (passage.heading, passage.text) == ("notes", "# 1 is a comment\nx = 1")


def test_ids_follow_the_content() -> None:
    before, after = split("# A\none\n# B\ntwo\n"), split("# A\none\n# B\nsix\n")
    assert before[0].id == after[0].id
    assert before[1].id != after[1].id
    assert before[1].document_id == after[1].document_id


pieces = st.sampled_from(
    ["# T", "## Sub", "Title\n===", "\n", "\n\n", "```\n# code\n```", "~~~", "- item\n", "> # quoted\n", "\t# x",
     "\f", "\u2028", "é" * 200, "a " * 400, "word. " * 150, "same same\n\n" * 90, "\r\n", "\x0b", "    # indented",
     "<div>\n# in html\n</div>\n", "---\n"]
)  # fmt: skip
texts = st.lists(pieces | st.text(max_size=40), min_size=1, max_size=12).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(texts, st.sampled_from(["a.md", "a.txt", "a.html"]))
def test_passages_are_exact_spans_in_order(text: str, name: str) -> None:
    text = text.replace("\0", "") + "\nend"
    document = parse(text.encode("utf-8", "ignore"), source=name)
    found = passages(document)
    assert found
    end = 0
    for passage in found:
        assert passage.text == document.text[passage.start : passage.end] != ""
        assert len(passage.text) <= TARGET_CHARACTERS
        assert passage.start >= end
        end = passage.end
    assert len({passage.id for passage in found}) == len(found)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text("ab .\n", min_size=1, max_size=300), min_size=1, max_size=8))
def test_no_word_is_lost(paragraphs: list[str]) -> None:
    text = "x" + "\n\n".join(paragraphs)
    found = split(text, name="a.txt")
    assert "".join("".join(passage.text.split()) for passage in found) == "".join(text.split())
