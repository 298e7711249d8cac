"""The table is made of what `bench/phases.sh` leaves behind."""

import json
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def phases_table(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCH))
    import phases_table

    return phases_table


def put(path: Path, figures: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for n, solved in ((1, (True, False, False)), (2, (False, True, True))):
        tasks = [{"task": str(at), "success": good} for at, good in enumerate(solved)]
        put(tmp_path / f"phase{n}.json", {"success": sum(solved) / 3, "ci95": [0.1, 1.0]})
        put(tmp_path / f"phase{n}-tasks.json", {"attempts": tasks})
    for n in (1, 2, 3, 4):
        single = {"plans_choose": 0.5} if n == 1 else {"helpdesk_wording_choose": 0.25 * n, "sgd_service_choose": 0.1}
        put(tmp_path / f"phase{n}" / "card.json", {"metrics": single})
        put(tmp_path / f"phase{n}" / "curves.json", {"looks": [[10, 0.5, {}]]})
    gained = {"after": 0.75, "ci95_after": [0.5, 0.875], "won": 4, "lost": 2}
    put(tmp_path / "phase3" / "phase3.json", gained)
    put(tmp_path / "phase4" / "phase4.json", {"reranked": gained | {"after": 0.5}, "optimised": gained})
    return tmp_path


def test_each_phase_has_a_line_with_what_it_won_and_lost(phases_table: Any, out: Path) -> None:
    lines = phases_table.table(phases_table.rows(out)).splitlines()[2:]
    assert lines == [
        "| 1, plans from documentation | .333 (.100–1.0) | – | .500 | – | – |",
        "| 2, expert trajectories | .667 (.100–1.0) | 2 / 1 | .500 | – | – |",
        "| 3, self-boosting | .750 (.500–.875) | 4 / 2 | .750 | – | – |",
        "| 4a, reranked by reward | .500 (.500–.875) | 4 / 2 | – | – | – |",
        "| 4b, optimised offline | .750 (.500–.875) | 4 / 2 | 1.0 | – | – |",
    ]


def test_it_is_drawn(phases_table: Any, out: Path) -> None:
    phases_table.draw(phases_table.rows(out), out)
    assert (out / "phases.png").read_bytes().startswith(b"\x89PNG")


def test_what_has_not_ended_is_named(phases_table: Any, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (out / "phase4" / "phase4.json").unlink()
    monkeypatch.setattr("sys.argv", ["phases_table.py", str(out)])
    with pytest.raises(SystemExit, match=r"phase4\.json is not there"):
        phases_table.main()
