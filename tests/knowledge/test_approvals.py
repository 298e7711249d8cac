"""Approvals: of one exact call, good once and for a while, decided by whoever comes first."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from knowledge_nouns import NOON, jsons, objects

from knowledge.approvals import ApprovalStore, StoredApproval, edited_call, hash_of
from knowledge.errors import NotFound, TooLate
from knowledge.record import Record

LATER = NOON + timedelta(hours=1)
CALL = {"action": "desk.wipe", "arguments": {"tag": "A1", "force": True}, "target": "https://desk.example"}
values = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, "", "1", "A1", "true"])
arguments = st.dictionaries(st.sampled_from(["tag", "force", "note"]), values, max_size=3)
calls = st.builds(
    lambda action, given, target: {"action": action, "arguments": given, "target": target},
    st.sampled_from(["desk.wipe", "desk.lock"]),
    arguments,
    st.sampled_from(["https://desk.example", "https://other.example"]),
)


@contextmanager
def store() -> Iterator[ApprovalStore]:
    with Record.open("sqlite://") as opened:
        yield opened.approvals


def approve(approvals: ApprovalStore, call: dict[str, object] = CALL, **given: object) -> StoredApproval:  # type: ignore[assignment]
    id = approvals.ask(run_id="r", step=0, call=call, at=NOON)  # type: ignore[arg-type]
    return approvals.decide(id, approved=True, at=NOON, expires_at=LATER, **given)  # type: ignore[arg-type]


def test_an_approval_is_good_for_its_call_once(record: Record) -> None:
    stored = approve(record.approvals, note="go", by="ana")
    assert (stored.status, stored.note, stored.by, stored.expires_at) == ("approved", "go", "ana", LATER)
    assert record.approvals.redeem(stored.id, call_hash=hash_of(CALL), at=NOON) is None
    assert record.approvals.redeem(stored.id, call_hash=hash_of(CALL), at=NOON) == "used"


def test_it_expires(record: Record) -> None:
    stored = approve(record.approvals)
    assert record.approvals.redeem(stored.id, call_hash=stored.call_hash, at=LATER) == "expired"
    assert record.approvals.redeem(stored.id, call_hash=stored.call_hash, at=LATER - timedelta(seconds=1)) is None


def test_what_was_not_approved_opens_nothing(record: Record) -> None:
    approvals, wanted = record.approvals, hash_of(CALL)
    id = approvals.ask(run_id="r", step=0, call=CALL, at=NOON)
    assert approvals.redeem(id, call_hash=wanted, at=NOON) == "undecided"
    approvals.decide(id, approved=False, at=NOON, expires_at=LATER)
    assert approvals.redeem(id, call_hash=wanted, at=NOON) == "rejected"
    assert approvals.redeem("no such", call_hash=wanted, at=NOON) == "unknown"
    gone = approvals.ask(run_id="r", step=0, call=CALL, at=NOON)
    assert approvals.withdraw(gone).status == "withdrawn"
    assert approvals.redeem(gone, call_hash=wanted, at=NOON) == "withdrawn"


def test_the_second_decision_comes_too_late(record: Record) -> None:
    stored = approve(record.approvals)
    with pytest.raises(TooLate, match="approved already"):
        record.approvals.decide(stored.id, approved=False, at=NOON, expires_at=LATER)
    assert record.approvals.withdraw(stored.id).status == "approved"
    with pytest.raises(NotFound):
        record.approvals.decide("no such", approved=True, at=NOON, expires_at=LATER)


def test_another_tenant_cannot_touch_it(record: Record) -> None:
    approvals = record.approvals
    asked = approvals.ask(run_id="r", step=0, call=CALL, at=NOON, tenant="alder")
    approved = approvals.ask(run_id="r", step=1, call=CALL, at=NOON, tenant="alder")
    approvals.decide(approved, approved=True, at=NOON, expires_at=LATER, tenant="alder")
    for id in (asked, approved):
        before = approvals.get(id, "alder")
        with pytest.raises(NotFound):
            approvals.decide(id, approved=True, at=NOON, expires_at=LATER, tenant="birch")
        with pytest.raises(NotFound):
            approvals.withdraw(id, "birch")
        assert approvals.redeem(id, call_hash=hash_of(CALL), at=NOON, tenant="birch") == "unknown"
        assert approvals.get(id, "alder") == before
    assert approvals.redeem(approved, call_hash=hash_of(CALL), at=NOON, tenant="alder") is None


def test_what_a_person_changed_is_what_is_approved(record: Record) -> None:
    stored = approve(record.approvals, edits={"tag": "B2", "force": None, "note": "old one"})
    changed = {**CALL, "arguments": {"tag": "B2", "note": "old one"}}
    assert stored.call_hash == hash_of(changed)
    assert record.approvals.redeem(stored.id, call_hash=hash_of(CALL), at=NOON) == "mismatch"
    assert record.approvals.redeem(stored.id, call_hash=hash_of(changed), at=NOON) is None


def test_a_rejection_keeps_no_edits(record: Record) -> None:
    id = record.approvals.ask(run_id="r", step=0, call=CALL, at=NOON)
    stored = record.approvals.decide(id, approved=False, at=NOON, expires_at=LATER, edits={"tag": "B2"})
    assert (stored.edits, stored.expires_at) == ({}, None)


@given(calls, calls, arguments)
@settings(max_examples=60)
def test_an_approval_opens_the_call_that_was_approved_and_no_other(
    asked: dict[str, object], other: dict[str, object], edits: dict[str, object]
) -> None:
    wanted = edited_call(asked, edits)  # type: ignore[arg-type]
    with store() as approvals:
        stored = approve(approvals, asked, edits=edits)
        if other != wanted:
            assert approvals.redeem(stored.id, call_hash=hash_of(other), at=NOON) == "mismatch"  # type: ignore[arg-type]
        assert approvals.redeem(stored.id, call_hash=hash_of(wanted), at=NOON) is None
        assert approvals.redeem(stored.id, call_hash=hash_of(wanted), at=NOON) == "used"


@given(objects, jsons, jsons)
def test_a_changed_value_has_another_hash_and_the_order_of_names_has_none(
    call: object, one: object, two: object
) -> None:
    first, second = {**dict(call), "x": one}, {**dict(call), "x": two}  # type: ignore[call-overload]
    alike = repr(one) == repr(two)
    assert (hash_of(first) == hash_of(second)) or not alike
    assert (hash_of(first) != hash_of(second)) or one == two
    assert hash_of(dict(reversed(first.items()))) == hash_of(first)


def test_one_and_true_and_their_text_are_three_different_calls() -> None:
    assert len({hash_of({"x": value}) for value in (1, True, "1", 1.0, [1], None)}) == 6


def at_once(threads: int, act: Callable[[int], object]) -> list[object]:
    start = threading.Barrier(threads)

    def work(number: int) -> object:
        start.wait()
        try:
            return act(number)
        except TooLate as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(threads)))


def test_of_many_deciding_at_once_exactly_one_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'race.db'}"
    with Record.open(url) as one, Record.open(url) as two:
        for _ in range(10):
            id = one.approvals.ask(run_id="r", step=0, call=CALL, at=NOON)

            def decide(number: int, id: str = id) -> StoredApproval:
                record = (one, two)[number % 2]
                return record.approvals.decide(id, approved=number % 4 < 2, at=NOON, expires_at=LATER, by=str(number))

            done = at_once(8, decide)
            (winner,) = [each for each in done if isinstance(each, StoredApproval)]
            assert two.approvals.get(id) == winner
            assert sum(isinstance(each, TooLate) for each in done) == 7


def test_of_many_redeeming_at_once_exactly_one_does(record: Record) -> None:
    for _ in range(10):
        stored = approve(record.approvals)
        done = at_once(8, lambda _, s=stored: record.approvals.redeem(s.id, call_hash=s.call_hash, at=NOON))  # type: ignore[misc]
        assert sorted(map(str, done)) == ["None", *["used"] * 7]


# ---- attempts, which rates count


def test_attempts_are_counted_by_tenant_requester_action_and_time(record: Record) -> None:
    attempts = record.attempts
    one = {"tenant": "t", "requester": "ana", "action": "desk.wipe"}
    numbers = [attempts.note(**one, at=NOON + timedelta(minutes=n)) for n in range(4)]
    for other in ({"tenant": "u"}, {"requester": "bo"}, {"action": "desk.lock"}):
        attempts.note(**{**one, **other}, at=NOON)
    assert attempts.count(**one, since=NOON - timedelta(hours=1)) == 4
    assert attempts.count(**one, since=NOON) == 3, "what was exactly then is over"
    assert attempts.count(**one, since=NOON - timedelta(hours=1), before=numbers[2]) == 2
    attempts.withdraw(numbers[0], tenant="u")
    assert attempts.count(**one, since=NOON - timedelta(hours=1)) == 4, "it is another tenant's"
    attempts.withdraw(numbers[0], tenant="t")
    assert attempts.count(**one, since=NOON - timedelta(hours=1)) == 3


def test_attempts_outlast_the_process(record: Record, url: str) -> None:
    one = {"tenant": "t", "requester": "ana", "action": "desk.wipe"}
    record.attempts.note(**one, at=NOON)
    record.close()
    with Record.open(url) as again:
        assert again.attempts.count(**one, since=NOON - timedelta(seconds=1)) == 1
