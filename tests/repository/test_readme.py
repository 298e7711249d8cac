"""The README says nothing that is not so: its commands parse, its requests are valid, its tree is the repository's."""

import functools
import importlib
import json
import re
import shlex
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import typer
from repository import ROOMS, ROOT, files, read

from api.cli import app
from api.http import create_app
from api.settings import Settings
from api.wiring import build
from planner.budgets import LEAST_ACT

DOCUMENTS = ["README.md", *(path for path in files() if path.startswith("docs/") and path.endswith(".md"))]
SHIPPED = "docs/shipped-adapter.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACEHOLDER = re.compile(r"\bTBD[\w-]*")
TREE_LINE = re.compile(r"^(?P<indent>(?: {4})*)(?P<name>[\w.-]+/?)(?:  +(?P<about>\S.*))?$")


def commands(document: str) -> Iterator[list[str]]:
    """Every command line in a document's shell blocks, as words; comments and continued lines taken care of."""
    for language, block in FENCE.findall(read(document)):
        if language in ("sh", "bash", "shell", "console"):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line.removeprefix("$ "), comments=True)
                while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                    words = words[1:]
                if words:
                    yield words


def said(program: str) -> list[Any]:
    """Parameters for pytest: the arguments after `program`, wherever it is called."""
    found = {tuple(words[1:]) for each in DOCUMENTS for words in commands(each) if Path(words[0]).name == program}
    return [pytest.param(list(words), id=" ".join(words)[:80]) for words in sorted(found)]


# ---- lamp


@pytest.fixture
def lamp(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """The real command line, of which every command parses its arguments and then does nothing."""
    # These are read only when they run.
    train, evaluate, data = (importlib.import_module(f"api.commands.{name}") for name in ("train", "evaluate", "data"))
    monkeypatch.setattr(data, "command", functools.wraps(data.command)(lambda *_, **__: None))
    for each in (*train.app.registered_commands, *evaluate.app.registered_commands):
        monkeypatch.setattr(each, "callback", functools.wraps(each.callback)(lambda *_, **__: None))
    group = typer.main.get_command(app)
    _silence(group, later={"train", "eval", "data"})
    return lambda words: group.main(args=words, prog_name="lamp", standalone_mode=False)


def _silence(group: Any, *, later: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            _silence(command)
        elif name not in later:
            command.callback = lambda **_: None


def test_the_readme_shows_the_commands_that_matter() -> None:
    shown = {" ".join(words[:2]) for words in commands("README.md")}
    for wanted in ("make run", "make test", *(f"lamp {name}" for name in typer.main.get_command(app).commands)):  # type: ignore[attr-defined]
        assert wanted in shown


@pytest.mark.parametrize("words", said("lamp"))
def test_a_lamp_command_parses(lamp: Callable[[list[str]], None], words: list[str]) -> None:
    lamp(words)


def test_a_wrong_lamp_command_does_not_parse(lamp: Callable[[list[str]], None]) -> None:
    for words in (
        ["fly"],
        ["chat", "--no-such-option"],
        ["eval", "helpdesk", "--split", "none"],
        ["train", "--x"],
        ["train", "mix", "--x"],
    ):
        with pytest.raises(Exception, match=r"(?i)no such|invalid|missing|is not one of"):
            lamp(words)


@pytest.mark.parametrize("words", said("make"))
def test_a_make_target_exists(words: list[str]) -> None:
    targets = {word for word in words if "=" not in word}
    assert targets <= {*re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE)}


def test_training_is_said_once_and_exactly() -> None:
    """The stages are those of the shipped adapter's card; only folders may be called otherwise."""
    stages = [w for w in commands(SHIPPED) if w[:2] == ["lamp", "train"] and re.search("stage|mean", " ".join(w))]
    card = json.loads(read("models/adapters/default/card.json"))
    assert [_nameless(words) for words in stages] == [_nameless(part.split()) for part in card["command"].split("&&")]
    assert stages[-1][-2:] == ["--out", "models/adapters/default"]
    made: set[str] = set()
    for words in stages:
        needed = words[3:5] if words[2] == "mean" else [each for option, each in pairwise(words) if option == "--init"]
        assert made >= set(needed)
        made.add(dict(pairwise(words))["--out"])
    collected = {dict(pairwise(w))["--out"] for w in commands(SHIPPED) if w[:2] == ["lamp", "data"]}
    assert collected >= {each for words in stages for option, each in pairwise(words) if option == "--data"}


def test_the_figures_are_those_of_the_shipped_adapter() -> None:
    """Where the README and the card say the same of it, and how sure it has to be."""
    readme, card = read("README.md"), json.loads(read("models/adapters/default/card.json"))
    for row, figure in (("success", "helpdesk_test_success"), ("step accuracy", "helpdesk_test_step_accuracy")):
        found = re.search(rf"^\| {row}\b.*\| (0\.\d\d)(?: \(.*\))? \|$", readme, re.MULTILINE)
        assert found, row
        assert found[1] == f"{card['metrics'][figure]:.2f}"
    asked = re.search(r"acts unasked from probability (0\.\d\d) on", readme)
    assert asked
    assert asked[1] == f"{max(LEAST_ACT, card['calibration']['act']):.2f}"
    parted = re.search(r"saw (\.\d\d) are parted right", readme)
    segmenter = json.loads(read("models/adapters/segmenter/card.json"))
    assert parted
    assert f"0{parted[1]}" == f"{segmenter['metrics']['made_up_offices_parted']:.2f}"


def _nameless(words: list[str]) -> list[str]:
    """Without the values of options that name a folder, and under one name: `lamp train` was no group at first."""
    words = [word for at, word in enumerate(words) if (at, word) != (2, "mix")]
    if words[2] == "mean":
        return [*words[:3], *words[5:-2]]
    return [
        word
        for before, word in zip(["", *words], words, strict=False)
        if before not in ("--sgd", "--star", "--extra", "--data", "--init", "--out")
    ]


# ---- HTTP


@pytest.fixture(scope="module")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    services = build(Settings(data_dir=tmp_path_factory.mktemp("readme")))
    return create_app(services, with_ui=False).openapi()


@pytest.mark.parametrize("words", said("curl"))
def test_a_curl_request_is_valid(openapi: dict[str, Any], words: list[str]) -> None:
    url = next(word for word in words if word.startswith("http://"))
    body = words[words.index("-d") + 1] if "-d" in words else None
    usual = "post" if body is not None or "-F" in words else "get"
    method = words[words.index("-X") + 1].lower() if "-X" in words else usual
    paths = {pattern: re.sub(r"\{[^}]+\}", "[^/]+", pattern) for pattern in openapi["paths"]}
    matching = [each for each, pattern in paths.items() if re.fullmatch(pattern, urlsplit(url).path)]
    assert matching
    content = openapi["paths"][matching[0]][method].get("requestBody", {}).get("content", {})
    if body is not None:
        assert "content-type: application/json" in map(str.lower, words)
        jsonschema.validate(json.loads(body), {**openapi, **content["application/json"]["schema"]})
    if "-F" in words:
        assert "multipart/form-data" in content


# ---- settings, tree


def test_every_setting_is_described_and_no_other() -> None:
    fields = {f"LAMP_{name.upper()}" for name in Settings.model_fields}
    assert {*re.findall(r"^\| `(LAMP_[A-Z_]+)`", read("README.md"), re.MULTILINE)} == fields
    assert {*re.findall(r"LAMP_[A-Z_]*[A-Z]", read("README.md"))} <= fields


@functools.cache
def tree() -> dict[str, str]:
    """Paths of the tree at the README's end, folders with a slash, and what is said of each."""
    *_, (_, block) = FENCE.findall(read("README.md"))
    found: dict[str, str] = {}
    above: list[str] = []
    for line in block.splitlines():
        parts = TREE_LINE.match(line)
        assert parts, line
        depth = len(parts["indent"]) // 4
        assert depth <= len(above), line
        above = [*above[:depth], parts["name"].rstrip("/")]
        found["/".join(above) + ("/" if parts["name"].endswith("/") else "")] = parts["about"] or ""
    return found


def test_no_figure_is_left_open() -> None:
    assert PLACEHOLDER.findall(read("README.md")) == []


def test_the_readme_ends_with_the_tree() -> None:
    assert read("README.md").rstrip().endswith("```")
    assert [path for path, about in tree().items() if not about] == []


def test_all_in_the_tree_is_there() -> None:
    there = {*files()} | {f"{path}/" for each in files() for path in _parents(each)}
    assert [path for path in tree() if path not in there] == []


def test_the_tree_has_every_folder_and_every_file_at_the_root() -> None:
    folders = {f"{path}/" for each in files() for path in _parents(each)}
    near = {path for path in folders if path.count("/") <= 2}
    assert near - {*tree()} == set()
    assert {each for each in files() if "/" not in each} - {*tree()} == set()


@pytest.mark.parametrize("room", ROOMS)
def test_the_tree_has_every_module_of_a_room(room: str) -> None:
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / room).glob("*.py") if path.name != "__init__.py"}
    assert modules - {*tree()} == set()


def _parents(path: str) -> list[str]:
    return [parent.as_posix() for parent in Path(path).parents if parent.as_posix() != "."]
