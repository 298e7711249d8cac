"""Wordings, dates and the generator, without a running service."""

from datetime import date, datetime, timedelta
from itertools import product
from random import Random

import dateparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.helpdesk.app import create_app
from examples.helpdesk.tasks import FAMILIES, HELD_OUT, HelpDeskTask, dates, generate
from examples.helpdesk.tasks.families import DAYS
from examples.helpdesk.tasks.families.family import WRITES
from examples.helpdesk.tasks.task import SPLITS, Split
from examples.helpdesk.tasks.wording import Wording, render, values, wordings
from tests.nearness import NEAR, SHORT, near, said

OWN_AND_BORROWED = {"done": (250, 12, 6), "policy": (250, 12, 5)}
WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=8).map(" ".join)
POOLS = ("opening", "closing", "title", "comment", "reason", "job", "password", "external")


@pytest.fixture(scope="module")
def tasks() -> dict[str, list[HelpDeskTask]]:
    return {split: generate(split, seed=5, per_family=8) for split in SPLITS}


def test_there_are_47_families_of_which_five_are_held_out() -> None:
    assert len(FAMILIES) == 47
    assert {
        "reject_access",
        "release_licence",
        "remove_list_member",
        "group_and_licence",
        "escalate_vip_mfa",
    } == HELD_OUT


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_enough_wordings_in_each_split(family: str) -> None:
    kind = "done" if FAMILIES[family].outcome == "done" else "policy"
    found = tuple(len(wordings(family, split)) for split in SPLITS)
    if family in HELD_OUT:
        assert found[:2] == (0, 0)
        assert found[2] >= OWN_AND_BORROWED[kind][2]
    else:
        assert all(count >= least for count, least in zip(found, OWN_AND_BORROWED[kind], strict=True)), found


def test_no_wording_and_no_quoted_text_is_shared_between_splits() -> None:
    by_split = {split: {one.pattern.lower() for name in FAMILIES for one in wordings(name, split)} for split in SPLITS}
    assert not by_split["train"] & by_split["test"]
    assert not by_split["train"] & by_split["dev"]
    assert not by_split["dev"] & by_split["test"]
    for pool in POOLS:
        assert not {*values(pool, "train")} & {*values(pool, "test")}
        assert not {*values(pool, "dev")} & {*values(pool, "test"), *values(pool, "train")}


def test_generated_tasks_keep_the_splits_apart(tasks: dict[str, list[HelpDeskTask]]) -> None:
    assert {task.family for task in tasks["test"]} == set(FAMILIES)
    assert {task.family for task in tasks["train"]} == {task.family for task in tasks["dev"]} == {*FAMILIES} - HELD_OUT
    assert not {task.wording for task in tasks["train"]} & {task.wording for task in tasks["test"]}
    assert all(task.held_out == (task.family in HELD_OUT) for split in SPLITS for task in tasks[split])


def test_the_same_arguments_give_the_same_tasks(tasks: dict[str, list[HelpDeskTask]]) -> None:
    assert generate("dev", seed=5, per_family=8) == tasks["dev"]
    assert generate("dev", seed=6, per_family=8) != tasks["dev"]


def test_the_newest_wordings_alone_are_asked_for_by_their_number() -> None:
    newest = {family: wordings(family, "train", newest=2) for family in FAMILIES}
    assert newest["grant_vpn"] == wordings("grant_vpn", "train")[-2:]
    borrowed = {one.pattern for one in newest["refuse_vpn_too_long"] if one.borrowed_from == "grant_vpn"}
    assert borrowed <= {one.pattern for one in newest["grant_vpn"]}
    asked = {task.wording for task in generate("train", seed=5, per_family=8, newest=2)}
    assert asked == {one.pattern for family in newest.values() for one in family}


def test_every_value_is_a_span_of_the_text(tasks: dict[str, list[HelpDeskTask]]) -> None:
    for task in (task for split in SPLITS for task in tasks[split]):
        assert all(span in task.text for span in task.spans.values()), task
        assert not {"{", "}", "[", "]"} & {*task.text}, task.text
        assert task.requester


def test_ids_and_almost_all_texts_differ(tasks: dict[str, list[HelpDeskTask]]) -> None:
    everything = [task for split in SPLITS for task in tasks[split]]
    assert len({task.id for task in everything}) == len(everything)
    assert len({task.text for task in everything}) > 0.99 * len(everything)


def test_policy_families_forbid_every_write_and_want_nothing_changed(tasks: dict[str, list[HelpDeskTask]]) -> None:
    for task in tasks["test"]:
        if task.outcome == "done":
            assert task.goal
            assert set(task.forbidden) == {*WRITES} - {*FAMILIES[task.family].writes}
        else:
            assert not task.goal
            assert set(task.forbidden) == {*WRITES}


def test_writes_are_those_of_the_service(tmp_path) -> None:  # type: ignore[no-untyped-def]
    document = create_app(tmp_path / "desk.sqlite", token="t").openapi()
    found = [one for operations in document["paths"].values() for one in operations.values()]
    asked_for = [one for one in found if not one.get("x-lamplighter-only-undoes")]
    assert {one["operationId"] for one in asked_for if one["x-lamplighter-effect"] != "read"} == {*WRITES}


@pytest.mark.parametrize("now", DAYS)
def test_dateparser_reads_every_form_as_it_is_meant(now: date) -> None:
    rng = Random(f"dates {now}")
    spoken = [dates.end_date(rng, now, first=1, last=90) for _ in range(150)]
    spoken += [dates.end_date(rng, now, first=91, last=400) for _ in range(60)]
    spoken += [dates.duration(rng, now, long=bool(number % 2)) for number in range(60)]
    settings = {"PREFER_DATES_FROM": "future", "RELATIVE_BASE": datetime(now.year, now.month, now.day, 9)}
    for one in spoken:
        read = dateparser.parse(one.text, languages=["en"], settings=settings)  # type: ignore[arg-type]
        assert read is not None, one
        assert read.date() == one.meant, one


def test_end_dates_lie_on_the_right_side_of_ninety_days(tasks: dict[str, list[HelpDeskTask]]) -> None:
    for task in (task for split in SPLITS for task in tasks[split] if "until" in task.values):
        days = date.fromisoformat(str(task.values["until"])) - task.now
        assert (days > timedelta(days=90)) == (task.family == "refuse_vpn_too_long"), task
        assert days > timedelta(0)


@pytest.mark.parametrize("split", SPLITS)
def test_noise_never_touches_a_slot(split: Split) -> None:
    wording = Wording(pattern="[Please comment|Comment] on {ticket} for {person}: {text}")
    slots = {"ticket": "T-1007", "person": "Zoë Ørsted", "text": "The error code is E-4471"}
    texts = [render(wording, slots, rng=Random(number), split=split, me="Ann Lee") for number in range(200)]
    assert all("T-1007" in one.text and "The error code is E-4471" in one.text for one in texts)
    assert all(one.spans["person"] in one.text for one in texts)
    assert len({one.text for one in texts}) > 50


@pytest.mark.parametrize("split", ["dev", "test"])
def test_no_train_wording_is_nearly_one_of_its_familys_held_out_ones(split: Split) -> None:
    for family in FAMILIES:
        trained, measured = ([one.pattern for one in wordings(family, each)] for each in ("train", split))
        assert near(trained, measured) == []


def test_what_is_nearly_the_same_is_found() -> None:
    asked = ["please unlock {person} for me today", "reset it", "who has the laptop {tag} by now"]
    measured = ["unlock {who} for me today", "reset it", "who had her laptop"]
    assert near(asked, measured) == [(asked[0], measured[0])]


@given(st.lists(WORDS), st.lists(WORDS))
def test_no_pair_that_is_near_is_missed(some: list[str], others: list[str]) -> None:
    every = [(one, other, said(one), said(other)) for one, other in product(some, others)]
    found = {(one, other) for one, other, a, b in every if len(a) > SHORT and len(a & b) >= NEAR * len(a | b)}
    assert {*near(some, others)} == found
