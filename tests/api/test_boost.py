"""Self-boosting on the practice help desk with scripted models: only what the goal check accepts is learned from."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_world import BagEmbedder

from api.practice.boost import Boost, attempt, boosted
from api.practice.desk import Practice, demonstration, practice
from api.practice.gain import gain, spread
from api.practice.ledger import Ledger, values
from examples.helpdesk.tasks import HelpDeskTask, collect, generate
from knowledge.errors import BadConfiguration
from knowledge.types import ActionSpec, Plan, Query
from models.annotate import argument, label
from models.lam import ENDINGS, Choice, Filled, Option, Situation
from models.layout import fill_scene, options
from planner.replay import Demonstration


class Doubtful:
    """Does what the expert did, but thinks a wrong ending a little likelier at one step: sampling finds the way."""

    def __init__(self, experts: dict[str, Demonstration], *, doubt: float) -> None:
        self._experts, self._doubt = experts, doubt

    def choose(self, situation: Situation) -> Choice:
        expert = self._experts[situation.task.text]
        at = len(situation.steps)
        right = expert.calls[at].action if at < len(expert.calls) else expert.ending
        wrong = "escalate" if right != "escalate" else "refuse"
        shares = dict.fromkeys(options(situation), 0.0) | {right: 1 - self._doubt}
        shares[wrong] += self._doubt
        ranked = sorted(shares.items(), key=lambda pair: -pair[1])
        return Choice(ranked=tuple(Option(action=a, probability=p) for a, p in ranked))

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        values = self._experts[situation.task.text].calls[len(situation.steps)].arguments
        scene, made = fill_scene(situation, action), []
        for parameter in action.parameters:
            if parameter.name in values:
                found = label(parameter, values[parameter.name], scene, now=situation.task.now)
                made.append(argument(parameter, values[parameter.name], found, scene, action.id))
        return Filled(arguments=tuple(each for each in made if each))

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        raise AssertionError("not needed here")


@pytest.fixture(scope="module")
def desk() -> Iterator[Practice]:
    with practice(lam=Doubtful({}, doubt=0.0), embedder=BagEmbedder()) as made:
        yield made


@pytest.fixture(scope="module")
def experts(desk: Practice) -> dict[str, Demonstration]:
    """Of some tasks whose every action is offered by retrieval, by request."""
    wanted = ("unlock_account", "reset_password", "wipe_device", "enable_account", "revoke_vpn", "lock_device")
    asked = [t for t in generate("train", seed=11, per_family=3) if t.family in wanted]
    found = {t.text: demonstration(t, expert) for t, expert, good in collect(asked, desk.server) if expert and good}
    return {text: each for text, each in found.items() if {c.action for c in each.calls} <= offered(desk, text)}


def offered(desk: Practice, text: str) -> set[str]:
    return {hit.item.id for hit in desk.services.retriever.context(Query(text=text)).actions}


@pytest.fixture(scope="module")
def tasks(experts: dict[str, Demonstration]) -> list[HelpDeskTask]:
    return [t for t in generate("train", seed=11, per_family=3) if t.text in experts][:6]


def test_what_fails_is_tried_again_and_verified_successes_become_lessons(
    desk: Practice, tasks: list[HelpDeskTask], experts: dict[str, Demonstration], tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "tries.jsonl", identity="a")
    found = boosted(desk, Doubtful(experts, doubt=0.55), tasks, Boost(tries=6), ledger=ledger)
    assert found.failed == found.tasks == len(tasks)  # its own way is to escalate, always
    assert len(found.new) >= len(tasks) // 3
    assert found.retried >= len(found.new)
    for each in found.new:
        assert each.number > 0
        assert each.examples
        first = each.examples[0]
        assert first.choose
        assert first.choose.candidates[first.right].name not in ENDINGS
        assert each.decisions[0].scene.request in experts
    assert not any(t.examples for t in found.tries if not t.success)
    assert desk.services.record.memory.list() == []


def test_a_killed_boost_goes_on_and_comes_to_the_same(
    desk: Practice, tasks: list[HelpDeskTask], experts: dict[str, Demonstration], tmp_path: Path
) -> None:
    lam, how, few = Doubtful(experts, doubt=0.55), Boost(tries=2, seed=5), tasks[:3]
    whole = boosted(desk, lam, few, how, ledger=Ledger(tmp_path / "whole.jsonl", identity="a"))

    def stop(what: str, number: int, total: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        boosted(desk, lam, few, how, ledger=Ledger(tmp_path / "tries.jsonl", identity="a"), tell=stop)
    path = tmp_path / "tries.jsonl"
    path.write_text(path.read_text() + '{"key": "half a li')  # the process died while it wrote
    ledger = Ledger(path, identity="a")
    assert f"{few[1].id}/0" in ledger
    assert f"{few[2].id}/0" not in ledger
    resumed = boosted(desk, lam, few, how, ledger=ledger)
    assert [(t.task, t.number, t.success) for t in resumed.tries] == [
        (t.task, t.number, t.success) for t in whole.tries
    ]
    assert len(values(path)) == len(resumed.tries)


def test_one_try_leaves_nothing_behind_for_the_next(
    desk: Practice, tasks: list[HelpDeskTask], experts: dict[str, Demonstration]
) -> None:
    lam = Doubtful(experts, doubt=0.0)
    assert all(attempt(desk, lam, tasks[0], number).success for number in range(2))


def test_a_ledger_of_another_job_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    Ledger(path, identity="a").put("key", {"n": 1})
    assert Ledger(path, identity="a").get("key") == {"n": 1}
    assert "key" not in Ledger(path, identity="b")
    assert path.with_name("l.jsonl.old").exists()
    (tmp_path / "other").write_text(json.dumps({"not": "one"}))
    with pytest.raises(BadConfiguration, match="phase3"):
        values(tmp_path / "other")


def test_the_gain_counts_what_was_won_and_lost() -> None:
    before = {"success": 0.5, "right": ["a", "b"], "ci95": (0.1, 0.9), "tasks": 4}
    after = {"success": 0.75, "right": ["b", "c", "d"], "ci95": (0.3, 0.95), "tasks": 4}
    made = gain(before, after)
    assert (made["gain"], made["won"], made["lost"]) == (0.25, 2, 1)


def test_a_sample_comes_from_all_over() -> None:
    assert spread(list(range(10)), 3) == [0, 3, 6]  # type: ignore[arg-type, list-item]
    assert spread([1, 2], 0) == [1, 2]  # type: ignore[list-item]
