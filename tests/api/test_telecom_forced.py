"""Decisions of an expert's, each judged by itself: what is the model's fault, and what the service's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from api_world import BagEmbedder
from telecom_tools import WIFI_AND_DONE, tool
from telecom_tools import shown as run

from api.chat.shelves import Shelves
from api.practice.telecom import shown
from knowledge.types import ActionSpec, Argument, Literal, Plan, Provenance
from models.lam import Choice, Filled, Option, Situation

BENCH = Path(__file__).parents[2] / "bench"
TOOLS = [*WIFI_AND_DONE, tool("refuel", "Adds data.", line={"type": "string"})]
RUN = run(
    "<policy>\n# Policy\n\nLook first.\n</policy>\n<ticket>\nLine L7 has no internet.\n</ticket>",
    TOOLS,
    [("check_wifi", {}, "Wi-Fi is turned ON.", True), ("refuel", {"line": "L7"}, "Added.", True)],
)


class Prefers:
    """Ranks as told, and points at the same characters of the request whatever it is asked for."""

    def __init__(self, *ranked: str, points_at: str = "L7") -> None:
        self._ranked, self._value = ranked, points_at

    def choose(self, situation: Situation) -> Choice:
        return Choice(ranked=tuple(Option(action=each, probability=0.5) for each in self._ranked))

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        start = situation.task.text.index(self._value)
        said = Provenance(
            source="request", source_id="request", raw=self._value, start=start, end=start + len(self._value)
        )
        found = [Argument(name=p.name, value=Literal(value=self._value, provenance=said)) for p in action.parameters]
        return Filled(arguments=tuple(found))

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        raise NotImplementedError


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCH))
    import telecom_forced

    return telecom_forced


def judged(forced: Any, lam: Prefers, numbers: Sequence[int]) -> Any:
    embedder, counts = BagEmbedder(), forced.Counts()
    for number in numbers:
        seen = shown(RUN, number, Shelves(embedder), embedder)
        forced.judged(seen.scene, forced.wanted(RUN, number, seen.tools), seen.tools, lam, counts, number)
    return counts


def test_a_right_choice_with_its_values_and_the_end_are_right(forced: Any) -> None:
    assert judged(forced, Prefers("tools.check_wifi"), [0]).right == 1
    assert judged(forced, Prefers("tools.refuel"), [1]).right == 1
    assert judged(forced, Prefers("finish"), [2]).right == 1


def test_a_wrong_choice_is_the_models_fault_and_held_up_by_nothing(forced: Any) -> None:
    counts = judged(forced, Prefers("tools.toggle_wifi"), [0, 1])
    assert (counts.right, counts.let_through) == (0, 2)
    assert counts.wrong == {"check_wifi": 1, "refuel": 1}


def test_a_wrong_value_holds_the_call_up_though_its_tool_is_chosen(forced: Any) -> None:
    counts = judged(forced, Prefers("tools.refuel", points_at="internet"), [1])
    assert (counts.right, counts.let_through, counts.held_up) == (0, 0, {"refuel": 1})


def test_the_report_has_shares_and_what_went_wrong(forced: Any) -> None:
    made = forced.report(judged(forced, Prefers("tools.check_wifi"), [0, 1]), runs=1)
    assert (made["decisions"], made["right"], made["first"], made["let_through"]) == (2, 0.5, 0.5, 1.0)
    assert made["wrong"] == {"refuel": 1}
