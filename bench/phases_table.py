"""What each phase gained, as a Markdown table and a drawing: `python bench/phases_table.py OUT`.

OUT is what `bench/phases.sh` left behind; the drawing goes to OUT/phases.png.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SINGLE = ("choose", "span", "option")
LABEL = "helpdesk_wording"  # the part of the data set whose tasks the exams are made of


@dataclass(frozen=True, kw_only=True)
class Row:
    """`low`, `high`: the 95 % interval of `success`; `won`, `lost` of the same tasks, against the phase before."""

    name: str
    success: float
    low: float
    high: float
    single: dict[str, float]
    won: int | None = None
    lost: int | None = None

    def line(self) -> str:
        changed = f"{self.won} / {self.lost}" if self.won is not None else "–"
        single = [_share(self.single[each]) if each in self.single else "–" for each in SINGLE]
        success = f"{_share(self.success)} ({_share(self.low)}–{_share(self.high)})"
        return f"| {self.name} | {success} | {changed} | {' | '.join(single)} |"


def rows(out: Path) -> list[Row]:
    """Raises FileNotFoundError for a phase that has not ended."""
    one, two = _read(out / "phase1.json"), _read(out / "phase2.json")
    three, four = _read(out / "phase3" / "phase3.json"), _read(out / "phase4" / "phase4.json")
    return [
        Row(name="1, plans from documentation", **_exam(one), single=_single(out / "phase1")),
        Row(name="2, expert trajectories", **_exam(two), **_changes(out), single=_single(out / "phase2")),
        Row(name="3, self-boosting", **_gained(three), single=_single(out / "phase3")),
        Row(name="4a, reranked by reward", **_gained(four["reranked"]), single={}),
        Row(name="4b, optimised offline", **_gained(four["optimised"]), single=_single(out / "phase4")),
    ]


def _exam(figures: dict[str, Any]) -> dict[str, float]:
    low, high = figures["ci95"]
    return {"success": figures["success"], "low": low, "high": high}


def _gained(figures: dict[str, Any]) -> dict[str, Any]:
    low, high = figures["ci95_after"]
    return {"success": figures["after"], "low": low, "high": high, "won": figures["won"], "lost": figures["lost"]}


def _changes(out: Path) -> dict[str, int]:
    before, after = (
        {each["task"]: each["success"] for each in _read(out / f"phase{n}-tasks.json")["attempts"]} for n in (1, 2)
    )
    return {
        "won": sum(after[each] and not before[each] for each in after),
        "lost": sum(before[each] and not after[each] for each in after),
    }


def _single(folder: Path) -> dict[str, float]:
    """Teacher-forced shares; phase 1, which chooses only, is measured on plans."""
    metrics = _read(folder / "card.json")["metrics"]
    if "plans_choose" in metrics:
        return {"choose": metrics["plans_choose"]}
    return {each: metrics[f"{LABEL}_{each}"] for each in SINGLE if f"{LABEL}_{each}" in metrics}


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text()))


def _share(value: float) -> str:
    return f"{value:.3f}".lstrip("0") if value < 1 else "1.0"


def table(found: list[Row]) -> str:
    head = ["phase", "dev success (95 % interval)", "won / lost", *SINGLE]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(row.line() for row in found)])


def draw(found: list[Row], out: Path) -> None:
    """Success after each phase, and the held-out score over each phase's steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    spread = [[row.success - row.low for row in found], [row.high - row.success for row in found]]
    left.bar([row.name.split(",")[0] for row in found], [row.success for row in found], yerr=spread, capsize=4)
    left.set(xlabel="after phase", ylabel="dev success, closed-loop", ylim=(0, 1))
    begun = 0
    for n in (1, 2, 3, 4):
        looks = _read(out / f"phase{n}" / "curves.json")["looks"]
        right.plot([begun + step for step, _, _ in looks], [score for _, score, _ in looks], marker=".", label=str(n))
        begun += looks[-1][0] if looks else 0
    right.set(xlabel="step", ylabel="held-out score, single decisions", ylim=(0, 1))
    right.legend(title="phase")
    figure.savefig(out / "phases.png", dpi=100)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Name the folder that bench/phases.sh wrote.")
    try:
        found = rows(Path(sys.argv[1]))
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is not there: let `bench/phases.sh` come to its end first.")
    print(table(found))
    draw(found, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
