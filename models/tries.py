"""Tries at tasks in an environment: what was decided at every step, how it ended, and whether the goal was reached."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from models.scene import ChooseScene, Example, from_plain, to_plain


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The scene, and the index of the candidate that was taken."""

    scene: ChooseScene
    taken: int

    @property
    def action(self) -> str:
        return self.scene.candidates[self.taken].name


@dataclass(frozen=True, kw_only=True)
class Try:
    """`number` 0 is the model's own way, others are sampled. `outcome`: how it ended, as the task names it.

    `examples`: what the try teaches, if the goal was reached; `history` all that was done, in the model's words.
    """

    task: str
    family: str
    number: int
    success: bool
    outcome: str
    history: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    examples: tuple[Example, ...] = field(default=())

    @property
    def request(self) -> str:
        return self.decisions[0].scene.request if self.decisions else ""


def try_to_plain(each: Try) -> dict[str, Any]:
    return {
        **{name: getattr(each, name) for name in ("task", "family", "number", "success", "outcome")},
        "history": list(each.history),
        "decisions": [asdict(decision) for decision in each.decisions],
        "examples": [to_plain(example) for example in each.examples],
    }


def try_from_plain(data: Mapping[str, Any]) -> Try:
    """Inverse of `try_to_plain`, after JSON."""
    return Try(
        **{name: data[name] for name in ("task", "family", "number", "success", "outcome")},
        history=tuple(data["history"]),
        decisions=tuple(_decision(each) for each in data["decisions"]),
        examples=tuple(from_plain(each) for each in data["examples"]),
    )


def _decision(data: Mapping[str, Any]) -> Decision:
    example = from_plain({"origin": "", "choose": data["scene"], "right": data["taken"], "fill": None, "labels": []})
    assert example.choose
    return Decision(scene=example.choose, taken=example.right)


def by_task(tries: Sequence[Try]) -> dict[str, list[Try]]:
    found: dict[str, list[Try]] = {}
    for each in tries:
        found.setdefault(each.task, []).append(each)
    return found


def new_successes(tries: Sequence[Try]) -> list[Try]:
    """Of every task that the model's own way failed, the shortest sampled try that reached the goal."""
    found = []
    for each in by_task(tries).values():
        good = [t for t in each if t.success and t.number > 0]
        if good and not any(t.success for t in each if t.number == 0):
            found.append(min(good, key=lambda t: (len(t.decisions), t.number)))
    return found
