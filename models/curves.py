"""Loss and held-out score over the steps of a training, as figures and as a drawing."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_POINTS = 400


@dataclass
class Curves:
    """`losses`: (step, smoothed loss), thinned out as they grow; `looks`: (step, score, shares by kind)."""

    losses: list[tuple[int, float]] = field(default_factory=list)
    looks: list[tuple[int, float, dict[str, float]]] = field(default_factory=list)
    every: int = 1
    best_step: int = 0
    stopped_early: bool = False

    def loss(self, step: int, value: float) -> None:
        if step % self.every == 0:
            self.losses.append((step, round(value, 5)))
        if len(self.losses) > MOST_POINTS:
            self.every *= 2
            self.losses = [point for point in self.losses if point[0] % self.every == 0]

    def state(self) -> dict[str, Any]:
        return {
            "losses": [list(point) for point in self.losses],
            "looks": [list(point) for point in self.looks],
            "every": self.every,
            "best_step": self.best_step,
            "stopped_early": self.stopped_early,
        }

    @classmethod
    def of(cls, state: dict[str, Any]) -> "Curves":
        losses = [(int(step), float(value)) for step, value in state["losses"]]
        looks = [(int(step), float(score), dict(shares)) for step, score, shares in state["looks"]]
        return cls(losses, looks, state["every"], state["best_step"], state["stopped_early"])

    def write(self, folder: Path, *, title: str = "Training") -> list[Path]:
        """curves.json and, where matplotlib is installed, curves.png; what was written."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "curves.json").write_text(self._text())
        try:
            self._draw(folder / "curves.png", title)
        except ImportError:
            return [folder / "curves.json"]
        return [folder / "curves.json", folder / "curves.png"]

    def _text(self) -> str:
        """JSON, one line for each key: hundreds of points are not read one by one."""
        lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in self.state().items())
        return "{\n " + ",\n ".join(lines) + "\n}\n"

    def _draw(self, path: Path, title: str) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 4), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        left.plot(*zip(*self.losses, strict=True) if self.losses else ((), ()))
        left.set(xlabel="step", ylabel="loss", title=title)
        for kind in dict.fromkeys(kind for _, _, shares in self.looks for kind in shares):
            points = [(step, shares[kind]) for step, _, shares in self.looks if kind in shares]
            right.plot(*zip(*points, strict=True), marker=".", label=kind)
        if self.looks:
            right.axvline(self.best_step, color="0.7", linewidth=1)
            right.legend()
        right.set(xlabel="step", ylabel="held-out share right", title="Held out")
        figure.savefig(path, dpi=110)
