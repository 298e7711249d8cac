"""The next action on tasks held out of training: the figures on answers written here, the command on what is there."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.practice import parts
from api.practice.next_action import Asked, held_out, intervals, macro_f1, report, successor, weighted_f1
from knowledge.errors import BadConfiguration
from models import star
from models.star_archive import read
from tests.star_toy import write_archive

SHARED = Path(__file__).parents[3] / "shared" / "data" / "star" / "star.tar.xz"
needs_data = pytest.mark.skipif(not SHARED.is_file(), reason="the STAR dialogues are not beside the project")
FIGURES = {
    *("next_action_f1", "next_action_f1_ci95", "next_action_f1_macro", "next_action_accuracy"),
    *("next_action_accuracy_ci95", "own_action_accuracy", "n", "n_own_action", "dialogues", "tasks"),
    *("next_action_precision_macro", "next_action_recall_macro", "next_action_precision_weighted"),
    *("by_lot_f1", "most_frequent_f1", "follow_graph_f1", "follow_graph_accuracy"),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("star") / "star.tar.xz")


@pytest.fixture(scope="module")
def asked(archive: Path) -> list[Asked]:
    return held_out(archive, count=1000, seed=1)


def test_only_held_out_tasks_are_asked_with_their_own_actions_and_graph(asked: list[Asked]) -> None:
    assert len(asked) == 20 * 4
    assert {a.task for a in asked} == {"doctor_followup"}
    assert [a.right for a in asked[:4]] == [
        *("doctor_ask_doctor_name", "query", "doctor_inform_doctors_instructions", "doctor_bye")
    ]
    for each in asked:
        assert each.example.choose
        assert {*each.offered} == {"hello", "anything_else", "query"} | {a.right for a in asked}
        assert each.offered[each.example.right] == each.right
        assert "doctor ask doctor name > query" in each.example.choose.passages[0]


def test_dialogues_are_drawn_whole_up_to_the_limit(archive: Path) -> None:
    some = held_out(archive, count=10, seed=1)
    assert [a.right for a in some[4:8]] == [a.right for a in some[:4]]
    assert [len([a for a in some if a.dialogue == d]) for d in dict.fromkeys(a.dialogue for a in some)] == [4, 4, 2]
    assert [a.dialogue for a in some] != [a.dialogue for a in held_out(archive, count=10, seed=2)]


def test_the_right_answers_score_one_and_wrong_ones_nothing(asked: list[Asked]) -> None:
    right, tasks = report(asked, [a.right for a in asked], seed=0)
    wrong, _ = report(asked, ["hello"] * len(asked), seed=0)
    assert {*right} == FIGURES
    assert (right["next_action_f1"], right["next_action_f1_macro"], right["own_action_accuracy"]) == (1.0, 1.0, 1.0)
    assert (wrong["next_action_f1"], wrong["next_action_accuracy"], wrong["next_action_f1_ci95"]) == (0, 0, [0, 0])
    assert tasks["doctor_followup"]["n"] == right["n"] == 80
    assert (right["n_own_action"], right["dialogues"]) == (80, 20)


def test_f1_is_that_of_scikit_learn(asked: list[Asked]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    taken = [a.right if i % 3 else a.offered[i % len(a.offered)] for i, a in enumerate(asked)]
    gold = [a.right for a in asked]
    for mine, average in ((weighted_f1, "weighted"), (macro_f1, "macro")):
        theirs = metrics.f1_score(gold, taken, average=average, zero_division=0)
        assert mine(asked, taken) == pytest.approx(theirs, abs=1e-4)


def test_the_interval_comes_of_dialogues_and_not_of_single_moments(asked: list[Asked]) -> None:
    by_dialogue = {d: i % 2 for i, d in enumerate(sorted({a.dialogue for a in asked}))}
    taken = [a.right if by_dialogue[a.dialogue] else "hello" for a in asked]
    _, (low, high) = intervals(asked, taken, seed=0)
    assert low < 0.35 < 0.65 < high  # 20 dialogues, not 80 moments: those would give 0.39 to 0.61


def test_the_graph_alone_follows_its_good_branches(archive: Path) -> None:
    task = read(archive).tasks["hotel_book"]
    path = [""]
    while len(path) < 9:
        path.append(successor(task, path[-1]))
    assert path[1:] == [
        *("hello", "hotel_ask_hotel", "hotel_ask_date_from", "query_check", "hotel_ask_confirm_booking", "query_book"),
        *("hotel_reservation_succeeded", "anything_else"),
    ]
    assert successor(task, "anything_else") == "goodbye_1"


def test_a_missing_or_broken_file_names_the_remedy(tmp_path: Path) -> None:
    broken = tmp_path / "star.tar.xz"
    broken.write_bytes(b"no archive")
    for path in (tmp_path / "none.tar.xz", broken):
        ran = CliRunner().invoke(app, ["eval", "star", "--star", str(path), "--results", str(tmp_path / "r.json")])
        assert ran.exit_code == 2
        assert "RasaHQ/STAR" in ran.output


def test_an_archive_without_held_out_tasks_is_refused(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(star, "HELD_OUT", frozenset({"plane_book"}))
    with pytest.raises(BadConfiguration, match="no happy dialogue about a held-out task"):
        held_out(archive, count=10, seed=1)


def test_training_takes_the_asked_share_and_measures_on_held_out_tasks(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(star, "HELD_OUT", frozenset({"doctor_followup"}))
    part = parts.star(archive, count=30, skip=10, seed=0)
    assert (part.label, part.licence) == ("star", "MIT")
    assert part.train == star.lessons(archive, seed=0).examples[10:40]
    assert {e.origin for e in part.train} == {"star:hotel_book"}
    assert {e.origin for e in part.dev} == {"star:doctor_followup"}


@needs_data
@pytest.mark.slow
def test_the_command_measures_the_shipped_adapter_and_writes_down_every_moment(tmp_path: Path) -> None:
    results = tmp_path / "star.json"
    arguments = ["eval", "star", "--star", str(SHARED), "--limit", "40", "--json", "--results", str(results)]
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 0, ran.output
    figures = json.loads(ran.output.strip().splitlines()[-1])
    written = json.loads(results.read_text())
    right = [moment["right"] == moment["taken"] for moment in written["moments"]]
    assert len(right) == figures["n"] == 40
    assert figures["next_action_accuracy"] == sum(right) / 40
    assert figures["follow_graph_f1"] > figures["by_lot_f1"]
    assert written["summary"] == figures
