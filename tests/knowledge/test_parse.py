import pytest

from knowledge.errors import BadDocument
from knowledge.parse import MAX_BYTES, parse

PAGE = """<!DOCTYPE html>
<html><head><title>VPN – Help</title><style>p { color: red }</style></head><body>
<nav><a href="/">Home</a></nav>
<h1>Reset the <em>VPN</em></h1><p>Press <b>reset</b>.</p>
<ul><li>one</li><li>two</li></ul><pre># not a heading</pre>
<script>alert(1)</script><footer>Imprint</footer></body></html>"""


def test_html_becomes_markdown_without_what_surrounds_it() -> None:
    document = parse(PAGE.encode(), source="https://help.example.com/vpn")
    assert document.media_type == "text/html"
    assert document.title == "Reset the VPN"
    assert document.text.startswith("# Reset the *VPN*\n\nPress **reset**.\n\n- one\n- two\n")
    for noise in ("Home", "alert", "Imprint", "color", "Help"):
        assert noise not in document.text


def test_a_page_without_a_heading_has_the_title_of_its_tab() -> None:
    document = parse(b"<html><title>VPN help</title><p>Press reset.</p></html>", source="vpn.html")
    assert (document.title, document.text) == ("VPN help", "Press reset.\n")


@pytest.mark.parametrize(
    ("source", "hint", "text", "media_type"),
    [
        ("a.md", "", "# A", "text/markdown"),
        ("a.txt", "", "# A", "text/plain"),
        ("a.html", "", "<p>A</p>", "text/html"),
        ("a.html", "", "just words", "text/plain"),
        ("a.txt", "", '<?xml version="1.0"?>\n<!-- x --><html><p>A</p></html>', "text/html"),
        ("https://x/page", "text/html", "<p>A</p>", "text/html"),
        ("https://x/page", "text/plain", "A", "text/plain"),
        ("https://x/page.md?raw=1", "text/plain", "A", "text/markdown"),
        ("README", "", "A", "text/markdown"),
    ],
)
def test_what_it_is_decides_how_it_is_read(source: str, hint: str, text: str, media_type: str) -> None:
    assert parse(text.encode(), source=source, media_type=hint).media_type == media_type


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("intro\n# Reset  #\n", "Reset"),
        ("---\ntitle: VPN\n---\n# Reset\n", "VPN"),
        ("no heading", "guide"),
        ("---\n: [broken\n---\nwords", "guide"),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert parse(text.encode(), source="docs/guide.md").title == title


def test_line_ends_and_byte_order_marks_are_evened_out() -> None:
    document = parse("\ufeff# A\r\nb\rc".encode(), source="a.md")
    assert (document.title, document.text) == ("A", "# A\nb\nc")


def test_the_id_is_the_source_and_the_hash_the_content() -> None:
    one, other = parse(b"one", source="a.md"), parse(b"two", source="a.md")
    assert one.id == other.id != parse(b"one", source="a.md", tenant="other").id
    assert one.content_hash != other.content_hash
    assert one.content_hash == parse(b"one", source="x/a.md").content_hash


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"<html><script>x()</script></html>", "has no text"),
        (b"---\ntitle: only\n---\n", "has no text"),
        (b"%PDF-1.7 ...", "Convert it"),
        (b"PK\x03\x04 a docx", "Convert it"),
        (b"abc\0def", "not a text file"),
        ("für".encode("latin-1"), "UTF-8"),
        ("words".encode("utf-16"), "UTF-16"),
        (b"a" * (MAX_BYTES + 1), "larger than 5 MB"),
        (b"<html>" + b"<div>" * 20_000 + b"x", "nested too deeply"),
    ],
    ids=["empty", "blank", "script", "front-matter", "pdf", "docx", "binary", "latin1", "utf16", "huge", "deep"],
)
def test_what_is_no_documentation_is_refused_with_a_remedy(data: bytes, says: str) -> None:
    with pytest.raises(BadDocument, match=says) as raised:
        parse(data, source="a.md")
    assert raised.value.remedy
