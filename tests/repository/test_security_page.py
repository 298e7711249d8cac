"""docs/security.md names tests; each of them exists, in the file it names."""

import re
from itertools import pairwise

import pytest
from repository import read

PAGE = "docs/security.md"
CELL = re.compile(
    r"\[(?P<name>test_\w+\.py)\]\(\.\./(?P<path>tests/[\w/]+\.py)\) (?P<tests>`test_\w+`(?:, `test_\w+`)*)"
)


def named() -> list[tuple[str, str]]:
    """Path and name of every test on the page."""
    cells = CELL.finditer(read(PAGE))
    return [(cell["path"], test) for cell in cells for test in re.findall(r"`(test_\w+)`", cell["tests"])]


@pytest.mark.parametrize(("path", "test"), named())
def test_every_test_that_is_named_exists(path: str, test: str) -> None:
    assert re.search(rf"^(?:async )?def {test}\(", read(path), re.MULTILINE)


def test_every_row_is_in_a_table() -> None:
    """One that stands alone, after an empty line, is shown as a line of text."""
    lines = ["", *read(PAGE).splitlines()]
    alone = [line for before, line in pairwise(lines) if line.startswith("| ") and not before.startswith("|")]
    assert {line for line in alone if not line.startswith("| threat | what stops it | tests |")} == set()


def test_no_row_is_without_a_test_and_none_is_overlooked() -> None:
    rows = [line for line in read(PAGE).splitlines() if line.startswith("| ") and not line.startswith("| threat")]
    assert len(rows) >= 30
    assert [row for row in rows if not CELL.search(row)] == []
    assert len(named()) == len(re.findall(r"`test_\w+`", read(PAGE)))
