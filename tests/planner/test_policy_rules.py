"""Rules in order: what each condition asks of a call, and what is said of those that do not fit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from policy_cases import MONDAY, READ, WRITE, facts, policy, sending, situation

from knowledge.record import Record
from planner.attempts import CountOnly
from planner.policy import FilePolicy, FirstPolicy
from planner.policy_rules import Facts, Rules
from planner.sensitive import fits, names_fit, words_of


def decided(rules: Rules, given: Facts, **parts: Any) -> tuple[str, str]:
    decision = FilePolicy(rules, **parts).explain(given).decision
    return decision.verdict, decision.rule


def test_the_first_rule_that_fits_decides() -> None:
    rules = policy("effect: read, verdict: deny", "action: desk.*, verdict: allow", "verdict: ask")
    assert decided(rules, facts()) == ("allow", "rule-2")


def test_where_none_fits_the_answer_is_no() -> None:
    explained = FilePolicy(policy("effect: read, verdict: allow")).explain(facts())
    assert (explained.decision.verdict, explained.decision.rule) == ("deny", "nothing-fits")
    assert "test.yaml" in explained.decision.reason
    assert [each.miss for each in explained.considered] == ["effect is write, not read"]


@pytest.mark.parametrize(
    ("condition", "fitting", "other", "why"),
    [
        ("action: '*.send_*'", {}, {"action": "desk.read_mail"}, "desk.read_mail is not *.send_*"),
        ("action: [x, desk.*]", {}, {"action": "deskx"}, "deskx is not x or desk.*"),
        ("effect: [write, irreversible]", {}, {"effect": "read"}, "effect is read, not write or irreversible"),
        ("role: [operator, admin]", {"role": "admin"}, {}, "role is requester, not operator or admin"),
        ("taint: tainted", {"arguments": {"a": True, "b": False}}, {"arguments": {"a": True}}, "taint is vouched, "),
        ("taint: vouched", {"arguments": {"a": True}}, {"arguments": {"a": False}}, "taint is tainted, not vouched"),
        ("taint: vouched", {}, {"arguments": {"a": False}}, "taint is tainted"),
        ("taint: unread-result", {"unread": "desk.x"}, {}, "taint is vouched, not unread-result"),
        ("parameters: to", {"arguments": {"forward_to": True}}, {"arguments": {"tone": True}}, "no parameter like to "),
        (
            "parameters: [to], taint: tainted",
            {"arguments": {"forward_to": False, "text": True}},
            {"arguments": {"forward_to": True, "text": False}},
            "taint is vouched, not tainted",
        ),
        (
            "sensitive: true",
            {"arguments": {"key": True}, "sensitive": frozenset({"key"})},
            {"arguments": {"text": True}, "sensitive": frozenset({"key"})},
            "no sensitive parameter is given",
        ),
        (
            "time: {days: mon-fri, hours: 08:00-18:00}",
            {"at": datetime(2026, 3, 6, 17, 59, tzinfo=UTC)},
            {"at": datetime(2026, 3, 6, 18, 0, tzinfo=UTC)},
            "it is Fri 18:00 UTC, outside mon tue wed thu fri 08:00-18:00 UTC",
        ),
    ],
)
def test_each_condition(condition: str, fitting: dict[str, Any], other: dict[str, Any], why: str) -> None:
    chosen = FilePolicy(policy(f"{condition}, verdict: deny", "verdict: ask"))
    assert chosen.explain(facts(**fitting)).decision.rule == "rule-1"
    explained = chosen.explain(facts(**other))
    assert explained.decision.rule == "rule-2"
    assert why in explained.considered[0].miss


@pytest.mark.parametrize(
    ("hours", "moment", "inside"),
    [
        ("days: mon, hours: 00:00-24:00", "2026-03-02T23:59+00:00", True),
        ("days: mon, hours: 00:00-24:00", "2026-03-03T00:00+00:00", False),
        ("days: sat-mon", "2026-03-01T12:00+00:00", True),
        ("days: sat-mon", "2026-03-03T12:00+00:00", False),
        ("days: [mon, wed]", "2026-03-04T12:00+00:00", True),
        ("hours: 22:00-06:00", "2026-03-02T05:59+00:00", True),
        ("hours: 22:00-06:00", "2026-03-02T06:00+00:00", False),
        ("days: fri, hours: 22:00-06:00", "2026-03-07T02:00+00:00", True),
        ("days: fri, hours: 22:00-06:00", "2026-03-06T02:00+00:00", False),
        ("hours: 09:00-10:00, zone: Europe/Berlin", "2026-03-02T08:30+00:00", True),
        ("hours: 09:00-10:00, zone: Europe/Berlin", "2026-07-06T08:30+00:00", False),  # summer time
        ("days: tue, zone: Asia/Tokyo", "2026-03-02T16:00+00:00", True),
    ],
)
def test_hours_are_those_of_their_zone(hours: str, moment: str, inside: bool) -> None:
    rules = policy(f"time: {{{hours}}}, verdict: allow", "verdict: deny")
    assert decided(rules, facts(at=datetime.fromisoformat(moment)))[0] == ("allow" if inside else "deny")


def test_the_services_clock_counts_and_not_the_time_a_requester_gives() -> None:
    rules = policy("time: {days: mon}, verdict: allow", "verdict: deny")
    tuesday = FilePolicy(rules, now=lambda: MONDAY + timedelta(days=1))
    assert situation().task.now.weekday() == 0
    assert tuesday.decide(WRITE, sending(), situation()).verdict == "deny"


def test_reasons_say_what_the_call_is_about() -> None:
    text = "action: '*', verdict: ask"
    rules = policy(text.replace("verdict", "role: admin, verdict"), head="roles: {admin: [ana]}")
    told = FilePolicy(rules).explain(facts(role="admin", requester="ana")).decision
    assert told.reason == "So it is."
    first = FirstPolicy().explain(facts(arguments={"text": False, "key": True})).decision
    assert first.reason.startswith("The requester does not stand behind text:")
    assert FirstPolicy().explain(facts(unread="desk.x")).decision.reason.startswith("The result of desk.x was shown")


# ---- roles


def test_roles_come_from_the_file_or_from_whoever_knows_better() -> None:
    rules = policy("role: operator, verdict: allow", "verdict: deny", head="roles: {operator: [ana]}")
    assert FilePolicy(rules).decide(WRITE, sending(), situation("ana")).verdict == "allow"
    assert FilePolicy(rules).decide(WRITE, sending(), situation("bo")).verdict == "deny"
    assert FilePolicy(rules).decide(WRITE, sending(), situation("")).verdict == "deny"
    keys = FilePolicy(rules, role_of=lambda requester: "operator" if requester == "bo" else "requester")
    assert keys.decide(WRITE, sending(), situation("bo")).verdict == "allow"
    assert keys.decide(WRITE, sending(), situation("ana")).verdict == "deny"


# ---- sensitive parameters

ANYTHING = "verdict: allow"


def test_no_rule_lets_a_strangers_text_fill_a_sensitive_parameter() -> None:
    by_pattern = FilePolicy(policy(ANYTHING, head="sensitive: [to]"))
    assert by_pattern.decide(WRITE, sending(text=True), situation()).verdict == "allow"
    assert by_pattern.decide(WRITE, sending(forward_to=False), situation()).verdict == "allow"
    decision = by_pattern.decide(WRITE, sending(forward_to=True), situation())
    assert (decision.verdict, decision.rule) == ("ask", "sensitive-asks")
    assert "forward_to" in decision.reason
    assert "rule-1" in decision.reason


def test_the_catalogue_marks_sensitive_parameters_whatever_the_file_says() -> None:
    assert FilePolicy(policy(ANYTHING)).decide(WRITE, sending(key=True), situation()).rule == "sensitive-asks"


def test_a_read_may_carry_something_out_too() -> None:
    from dataclasses import replace

    read = replace(WRITE, effect="read")
    assert FirstPolicy().decide(read, sending(key=True), situation()).verdict == "ask"
    assert FirstPolicy().decide(read, sending(text=True), situation()).verdict == "allow"


def test_what_is_denied_stays_denied() -> None:
    assert FilePolicy(policy("verdict: deny")).decide(WRITE, sending(key=True), situation()).verdict == "deny"


@pytest.mark.parametrize(
    ("name", "pattern", "fit"),
    [
        ("account_id", "account", True),
        ("targetAccount", "account", True),
        ("ACCOUNT", "account", True),
        ("accounting", "account", False),
        ("accounting", "account*", True),
        ("sendTo", "to", True),
        ("tone", "to", False),
        ("callbackURL", "url", True),
        ("file-path", "PATH", True),
        ("file_path", "file*path", True),
        ("straße", "straße", True),
    ],
)
def test_a_pattern_fits_a_name_or_a_word_of_it(name: str, pattern: str, fit: bool) -> None:
    assert names_fit(name, [pattern]) is fit


def test_only_the_star_is_special() -> None:
    assert fits("a.b", "a.b")
    assert not fits("axb", "a.b")
    assert fits("helpdesk.wipe_device", "*.wipe_*")
    assert not fits("helpdesk.wipe", "*.wipe_*")
    assert words_of("targetAccount_id2") == ("target", "account", "id", "2")


# ---- rates

TWICE = "rate: 2 per hour, verdict: deny"


def writing(record: Record, at: datetime = MONDAY, *rules: str) -> FilePolicy:
    return FilePolicy(policy(*(rules or (TWICE, ANYTHING))), attempts=record.attempts, now=lambda: at)


def verdicts(chosen: FilePolicy, times: int, requester: str = "ana") -> list[str]:
    return [chosen.decide(WRITE, sending(), situation(requester)).verdict for _ in range(times)]


def test_a_rate_is_that_of_a_requester_and_an_action(record: Record) -> None:
    chosen = writing(record)
    assert verdicts(chosen, 4) == ["allow", "allow", "deny", "deny"]
    assert verdicts(chosen, 1, "bo") == ["allow"]
    assert chosen.decide(READ, sending(), situation("ana")).verdict == "allow"
    assert chosen.decide(WRITE, sending(), situation("ana", tenant="other")).verdict == "allow"


def test_what_was_denied_does_not_count_and_the_hour_goes_by(record: Record) -> None:
    assert verdicts(writing(record), 9)[2:] == ["deny"] * 7
    assert verdicts(writing(record, MONDAY + timedelta(minutes=59)), 1) == ["deny"]
    assert verdicts(writing(record, MONDAY + timedelta(minutes=60)), 3) == ["allow", "allow", "deny"]


def test_rates_survive_a_restart(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'rates.db'}"
    with Record.open(url) as before:
        assert verdicts(writing(before), 2) == ["allow", "allow"]
    with Record.open(url) as after:
        assert verdicts(writing(after), 1) == ["deny"]


def test_of_many_at_once_only_so_many_pass(record: Record) -> None:
    chosen = writing(record)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: verdicts(chosen, 1)[0], range(16)))
    assert sorted(found) == ["allow"] * 2 + ["deny"] * 14


def test_explaining_and_rehearsing_count_nothing(record: Record) -> None:
    chosen = writing(record)
    rehearsed = FilePolicy(chosen.rules, attempts=CountOnly(attempts=record.attempts), now=lambda: MONDAY)
    assert verdicts(rehearsed, 5) == ["allow"] * 5
    assert verdicts(chosen, 2) == ["allow", "allow"]
    assert verdicts(rehearsed, 1) == ["deny"]
    explained = chosen.explain(facts(requester="bo"))
    assert explained.considered[0].miss == "0 such calls within the last hour, fewer than 2"


def test_a_policy_with_rates_needs_something_to_count_from() -> None:
    with pytest.raises(ValueError, match="nothing to count"):
        FilePolicy(policy(TWICE, ANYTHING))


def test_a_rule_about_other_actions_counts_nothing(record: Record) -> None:
    chosen = writing(record, MONDAY, f"action: other.*, {TWICE}", ANYTHING)
    assert verdicts(chosen, 3) == ["allow"] * 3
    since = MONDAY - timedelta(days=1)
    assert record.attempts.count(tenant="default", requester="ana", action=WRITE.id, since=since) == 0
