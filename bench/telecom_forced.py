"""An expert's runs, one decision at a time: what would have been called next, had all before been the expert's?

    python bench/telecom_forced.py EXPERTS.jsonl [--adapter FOLDER] [--runs 20] [--precedents FILE] [--misses FILE]

`EXPERTS.jsonl` is what bench/telecom_experts.py wrote; runs of `--precedents` are known beforehand, but those of the
same faults as the one that is asked about. Two questions at every decision: is the model's own next call
the expert's (`right`; `first`: of the first three decisions only), and does the expert's call come through with its
values when the model is made to choose its tool (`let_through`)? What fails the second is the service's, or filling's,
and no better choice helps. `runs_right` is the share of runs without a single wrong decision. The last line is one JSON
object; `wrong` and `held_up` count by tool.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from telecom_examples import faults

from api.chat.conversation import arguments_of
from api.chat.decide import Turn, Wish, decide
from api.chat.demonstrations import Demonstration, read
from api.chat.history import Scene
from api.chat.shelves import Shelves, Tools
from api.practice.telecom import Lent, shown
from knowledge.types import ActionSpec, Plan, literals
from models.lam import LAM, Choice, Filled, Option, Situation
from retrieval.embed import MiniLMEmbedder

EARLY, WISH = 3, Wish(must=True, together=False)


@dataclass(frozen=True)
class Led:
    """A model whose choice is made for it."""

    lam: LAM
    action: str

    def choose(self, situation: Situation) -> Choice:
        return Choice(ranked=(Option(action=self.action, probability=1.0),))

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return self.lam.fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return self.lam.rollout(situation, max_steps=max_steps)


@dataclass
class Counts:
    decisions: int = 0
    right: int = 0
    early: int = 0
    early_right: int = 0
    let_through: int = 0
    runs_right: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    held_up: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Wanted:
    name: str
    arguments: dict[str, Any]


def wanted(run: Demonstration, number: int, tools: Tools) -> Wanted:
    """The expert's call, or the one that ends the run."""
    if run.calls[number:]:
        call = run.calls[number].call
        return Wanted(call.function.name, arguments_of(call))
    assert tools.box.finish, "These tools have none that ends the run."
    return Wanted(tools.box.finish.name, {})


def action_of(name: str, tools: Tools) -> str:
    """The id, or the ending that the tool means."""
    endings = {"finish": tools.box.finish, "escalate": tools.box.escalate}
    meant = next((ending for ending, spec in endings.items() if spec and spec.name == name), "")
    spec = tools.box.named(name)
    return meant or (spec.id if spec else name)


def is_call(turn: Turn, call: Wanted, *, wordy: bool) -> bool:
    """The same tool and values; of a hand-over's summary any wording will do."""
    if not turn.calls or turn.calls[0].spec.name != call.name:
        return False
    return wordy or literals(turn.calls[0].step.arguments) == call.arguments


def judged(scene: Scene, call: Wanted, tools: Tools, lam: LAM, counts: Counts, number: int) -> dict[str, Any]:
    wordy = tools.box.escalate is not None and call.name == tools.box.escalate.name
    own = decide(scene, tools.box, lam, WISH)
    led = decide(scene, tools.box, Led(lam, action_of(call.name, tools)), WISH)
    right, through = is_call(own, call, wordy=wordy), is_call(led, call, wordy=wordy)
    counts.decisions += 1
    counts.right += right
    counts.early += number < EARLY
    counts.early_right += right and number < EARLY
    counts.let_through += through
    counts.wrong[call.name] += not right
    counts.held_up[call.name] += not through
    return {"call": [call.name, call.arguments], "own": told(own), "led": told(led), "right": right, "through": through}


def told(turn: Turn) -> list[Any]:
    """Tool, values, how sure; or how the turn ended."""
    if not turn.calls:
        return [turn.kind, turn.question]
    return [turn.calls[0].spec.name, literals(turn.calls[0].step.arguments), round(turn.confidence, 3)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experts", type=Path)
    parser.add_argument("--adapter", type=Path, help="folder; the shipped one without it")
    parser.add_argument("--runs", type=int, default=20, help="spread over all; 0: every run")
    parser.add_argument("--misses", type=Path, help="file for the decisions that went wrong, one a line")
    given = parser.parse_args()
    every = list(read(given.experts))
    chosen = every[:: max(1, len(every) // given.runs)][: given.runs] if given.runs else every
    counts, misses = walked(chosen, given.adapter, list(read(given.precedents)) if given.precedents else [])
    if given.misses:
        given.misses.write_text("".join(json.dumps(miss, ensure_ascii=False) + "\n" for miss in misses))
    print(json.dumps(report(counts, runs=len(chosen))))


def walked(
    runs: Sequence[Demonstration], adapter: Path | None, precedents: Sequence[Demonstration] = ()
) -> tuple[Counts, list[dict[str, Any]]]:
    from models.pointer import PointerLAM

    lam, embedder = PointerLAM.load(adapter), MiniLMEmbedder(cache=100_000)
    shelves, counts, misses = Shelves(embedder), Counts(), []
    lent = Lent.of(precedents, [faults(each.id) for each in precedents], shelves, embedder) if precedents else None
    for place, run in enumerate(runs):
        before = counts.right
        recall = lent.recall(faults(run.id), embedder, least=1.0, rng=Random(0)) if lent else None
        for number in run.decisions:
            seen = shown(run, number, shelves, embedder, recall)
            verdict = judged(seen.scene, wanted(run, number, seen.tools), seen.tools, lam, counts, number)
            if not (verdict["right"] and verdict["through"]):
                misses.append({"run": run.id, "step": number, **verdict})
        counts.runs_right += counts.right - before == len(run.decisions)
        print(f"run {place + 1} of {len(runs)}: {counts.right} of {counts.decisions}", file=sys.stderr, flush=True)
    return counts, misses


def report(counts: Counts, *, runs: int) -> dict[str, Any]:
    return {
        "runs": runs,
        "decisions": counts.decisions,
        "right": round(counts.right / max(1, counts.decisions), 4),
        "first": round(counts.early_right / max(1, counts.early), 4),
        "let_through": round(counts.let_through / max(1, counts.decisions), 4),
        "runs_right": round(counts.runs_right / max(1, runs), 4),
        "wrong": dict((+counts.wrong).most_common()),
        "held_up": dict((+counts.held_up).most_common()),
    }


if __name__ == "__main__":
    main()
