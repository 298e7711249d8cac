"""What lies in the repository: nothing of the machine it was made on, no dead links, one version."""

import re
import shutil
import tomllib

import pytest
from repository import ROOT, files, read, tracked, walked

# Written in pieces, so that this file does not hold what it looks for.
UNWANTED = [
    "/wo" + "rk/",
    "/op" + "t/",
    "/ro" + "ot/",
    "/ho" + "me/",
    "/Us" + "ers/",
    "py" + "pi.org",
    "python" + "hosted.org",
    "py" + "torch.org",
    "192" + ".168.",
    "BEGIN " + "PRIVATE KEY",
]
BINARY = (".safetensors", ".png", ".jpg", ".ico", ".woff2", ".gz", ".xz")
LARGEST = 16_000_000
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
MARKDOWN = [path for path in files() if path.endswith(".md") and not path.startswith("examples/helpdesk/docs/")]


@pytest.mark.parametrize("unwanted", UNWANTED)
def test_nothing_of_one_machine_is_kept(unwanted: str) -> None:
    texts = (path for path in files() if not path.endswith(BINARY))
    assert [path for path in texts if unwanted in read(path)] == []


def test_without_git_the_same_files_are_seen() -> None:
    """Who unpacked an archive has the same tests."""
    if not shutil.which("git") or (listed := tracked()) is None:
        pytest.skip("This is no clone.")
    assert {path for path in listed if (ROOT / path).is_file()} == {
        path for path in walked() if (ROOT / path).is_file()
    }


def test_no_file_is_large() -> None:
    assert [path for path in files() if (ROOT / path).stat().st_size > LARGEST] == []


@pytest.mark.parametrize("path", MARKDOWN)
def test_links_lead_somewhere(path: str) -> None:
    targets = [target for target in LINK.findall(read(path)) if "://" not in target]
    assert [target for target in targets if not ((ROOT / path).parent / target).exists()] == []


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## \[{re.escape(version)}\]", read("CHANGELOG.md"), re.MULTILINE)


def test_decisions_are_numbered_without_gaps() -> None:
    found = [path.rpartition("/")[2] for path in files() if path.startswith("docs/decisions/")]
    assert [int(name[:4]) for name in found] == list(range(1, len(found) + 1))
