"""Closed-loop evaluation: the shipped adapter does real tasks, and the figures can also come out bad."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.commands.evaluate_helpdesk import HELD_OUT_PRECEDENTS, HELD_OUT_SEED, Split, _tasks, _unasked
from api.practice.closed_loop import Attempt, Loop, TimedLAM, baselines, report, wilson
from api.practice.desk import Practice, practice
from examples.helpdesk.tasks import HELD_OUT, HelpDeskTask, generate
from knowledge.types import ActionSpec, Plan
from models.lam import Choice, Filled, Option, Situation

FIGURES = [
    *("tasks", "success", "ci95", "do_nothing", "escalate_always", "forbidden_actions"),
    *("step_accuracy", "action_accuracy", "argument_accuracy", "steps_mean", "step_ms_p50", "step_ms_p95"),
    *(f"action_{kind}_{mean}" for kind in ("precision", "recall", "f1") for mean in ("macro", "weighted")),
    *("object_accuracy", "operation_accuracy", "status_accuracy", "step_success", "task_exact"),
    *("plan_graph", "plan_graph_exact", "success_held_out", "ci95_held_out", "tasks_held_out"),
]


class Stubborn:
    """Ends every task in the same way."""

    def __init__(self, ending: str) -> None:
        self._ending = ending

    def choose(self, situation: Situation) -> Choice:
        return Choice(ranked=(Option(action=self._ending, probability=1.0),))

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        return Filled(arguments=())

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return Plan(task_id=situation.task.id, steps=())


@pytest.fixture(scope="module")
def desk() -> Iterator[Practice]:
    with practice(lam=Stubborn("finish")) as made:
        yield made


@pytest.fixture(scope="module")
def tasks() -> list[HelpDeskTask]:
    return [task for task in generate("dev", seed=5, per_family=1) if task.family != "grant_vpn"][:34:2]


def attempts(desk: Practice, ending: str, tasks: list[HelpDeskTask]) -> list[Attempt]:
    loop = Loop(desk, TimedLAM(Stubborn(ending)))
    return [loop.attempt(task) for task in tasks]


@pytest.mark.parametrize(("ending", "baseline"), [("finish", "do_nothing"), ("escalate", "escalate_always")])
def test_a_stubborn_model_reaches_exactly_its_baseline(
    desk: Practice, tasks: list[HelpDeskTask], ending: str, baseline: str
) -> None:
    figures = baselines(desk, tasks, lambda: None)
    made = report(attempts(desk, ending, tasks), figures)
    assert made["success"] == figures[baseline]
    assert made["success"] < 0.5
    assert made["forbidden_actions"] == 0


def test_held_out_families_have_a_share_and_an_interval_of_their_own(desk: Practice) -> None:
    found = generate("test", seed=5, per_family=1)
    known, unknown = ([t for t in found if t.held_out == held][:2] for held in (False, True))
    made = [replace(each, success=each.held_out) for each in attempts(desk, "escalate", [*known, *unknown])]
    figures = report(made, {})
    assert (figures["success"], figures["tasks"]) == (0.5, 4)
    assert (figures["success_held_out"], figures["tasks_held_out"]) == (1.0, 2)
    assert figures["ci95_held_out"] == wilson(2, 2)


def test_nothing_learned_from_one_task_is_there_for_the_next(desk: Practice, tasks: list[HelpDeskTask]) -> None:
    attempts(desk, "escalate", tasks[:2])
    assert desk.services.record.memory.list() == []


def test_wilson_interval_holds_the_share_and_narrows() -> None:
    low, high = wilson(7, 10)
    assert low < 0.7 < high
    assert wilson(700, 1000)[1] - wilson(700, 1000)[0] < high - low
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("limit", "least"), [(12, 0.5), pytest.param(42, 0.7, marks=pytest.mark.slow)])
def test_the_shipped_adapter_does_real_tasks(tmp_path: Path, limit: int, least: float) -> None:
    results = tmp_path / "eval.json"
    arguments = ["eval", "helpdesk", "--split", "dev", "--limit", str(limit), "--memory", "full", "--json"]
    ran = CliRunner().invoke(app, [*arguments, "--results", str(results)])
    assert ran.exit_code == 0, ran.output
    figures = json.loads(ran.output.strip().splitlines()[-1])
    assert [name for name in FIGURES if name not in figures] == []
    assert figures["tasks"] == limit
    assert figures["success"] >= least > figures["do_nothing"]
    assert figures["forbidden_actions"] == 0
    assert sum(each["tasks"] for each in json.loads(results.read_text())["families"].values()) == limit


def test_precedents_of_held_out_families_are_in_wordings_their_tasks_do_not_have() -> None:
    asked = generate("test", seed=3, per_family=6)
    lent = _unasked(generate("test", seed=HELD_OUT_SEED, per_family=60), asked)
    assert Counter(task.family for task in lent) == dict.fromkeys(HELD_OUT, HELD_OUT_PRECEDENTS)
    said = {(task.family, task.wording) for task in asked}
    assert [task for task in lent if (task.family, task.wording) in said] == []


def test_two_wishes_are_measured_on_dev_only() -> None:
    made = CliRunner().invoke(app, ["eval", "helpdesk", "--split", "test", "--two-wishes", "3", "--json"])
    assert made.exit_code
    assert "--split dev" in made.output
    assert {task.joined for task in _tasks(Split.dev, 6, 12, 3, 5)} == {True}
    assert len(_tasks(Split.dev, 6, 12, 3, 5)) == 5
    assert not any(task.joined for task in _tasks(Split.dev, 1, 0, 3, None))


def test_results_that_cannot_be_written_name_the_remedy(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    arguments = ["eval", "helpdesk", "--limit", "1", "--memory", "empty", "--results", str(blocked / "eval.json")]
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 2
    assert "--results" in ran.output
