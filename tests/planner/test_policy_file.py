"""A policy file: what is right, and what is said of what is wrong."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from planner.policy_file import DEFAULT, BadPolicy, default_rules, parse_policy, read_policy

GOOD = """\
version: 1
sensitive: [to, "*_key"]
roles:
  operator: [ana, bo]
  admin: eve
dry_run: true
rules:
  - name: office-hours
    action: [helpdesk.*, mail.send]
    effect: write
    taint: [vouched, unread-result]
    role: operator
    parameters: owner
    sensitive: true
    time: {days: [mon-thu, sat], hours: 07:30-24:00, zone: Europe/Berlin}
    rate: 20 per day
    verdict: allow
    reason: >
      Fine for {requester},
      who is {role}.
"""


def problems(text: str) -> list[str]:
    with pytest.raises(BadPolicy) as caught:
        parse_policy(text, source="p.yaml")
    assert all(problem.remedy for problem in caught.value.problems)
    return [f"{problem.line}: {problem.message} {problem.remedy}" for problem in caught.value.problems]


def test_every_key_is_read() -> None:
    rules = parse_policy(GOOD, source="p.yaml")
    (rule,) = rules.rules
    assert (rules.sensitive, rules.dry_run) == (("to", "*_key"), True)
    assert [rules.role_of(name) for name in ("ana", "bo", "eve", "zoe", "")] == [
        "operator",
        "operator",
        "admin",
        "requester",
        "requester",
    ]
    assert (rule.actions, rule.effects, rule.taint) == (
        ("helpdesk.*", "mail.send"),
        ("write",),
        ("vouched", "unread-result"),
    )
    assert (rule.roles, rule.parameters, rule.sensitive) == (("operator",), ("owner",), True)
    assert str(rule.time) == "mon tue wed thu sat 07:30-24:00 Europe/Berlin"
    assert str(rule.rate) == "20 per day"
    assert rule.reason == "Fine for {requester}, who is {role}."
    assert rule.line == 8


def test_the_shipped_policy_can_be_used_and_names_the_sensitive_words() -> None:
    rules = default_rules()
    assert read_policy(DEFAULT).rules == rules.rules
    assert [rule.verdict for rule in rules.rules] == ["allow", "ask", "ask", "allow", "ask"]
    assert {"recipient", "url", "account", "amount", "permission", "password", "path"} <= {*rules.sensitive}


RULE = "version: 1\nrules:\n  - name: r\n    verdict: ask\n    reason: x\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "0: It is no mapping of keys to values. Begin it with `version: 1` and `rules:`."),
        ("- a", "0: It is no mapping"),
        ("version: 2\nrules: [{name: a, verdict: ask, reason: x}]", "1: version: “2” is not known. Write 1."),
        ("version: 1\nrules: []", "2: rules: It is empty. Write at least one;"),
        ("version: 1\nrules:\n  - deny", "3: rules[0]: A mapping of keys to values belongs here."),
        (RULE + "    efect: write", "6: rules[0].efect: No such key is known."),
        (RULE + "    effect: wrtie", "6: rules[0].effect[0]: “wrtie” is not known. Write read, write or irreversible."),
        (RULE + "    effect: []", "6: rules[0].effect: Nothing is given. Give a value, or leave the key out"),
        (RULE + "    role: boss", "6: rules[0].role[0]: “boss” is not known. Write requester, operator or admin."),
        (RULE + "    taint: dirty", "6: rules[0].taint[0]: “dirty” is not known. Write tainted, vouched or unread"),
        (RULE + "    action: 'a?'", "6: rules[0].action[0]: “a?” is no pattern. Write a name; * stands for"),
        (RULE + "    rate: 5/h", "6: rules[0].rate: “5/h” is no rate. Write it as 5 per hour;"),
        (RULE + "    rate: 0 per hour", "6: rules[0].rate: “0 per hour” is no rate."),
        (RULE + "    time:\n      hours: 8-18", "7: rules[0].time.hours: “8-18” are no hours. Write them as 08:00-18"),
        (RULE + "    time: {hours: 08:00-08:00}", "6: rules[0].time.hours: “08:00-08:00” are no hours."),
        (RULE + "    time: {hours: 24:00-08:00}", "6: rules[0].time.hours: “24:00-08:00” are no hours."),
        (RULE + "    time: {zone: Berlin}", "6: rules[0].time.zone: “Berlin” is no time zone. Write one like Europe/"),
        (RULE + "    time: {zone: ../../etc/passwd}", "is no time zone."),
        (RULE + "    time: {days: someday}", "6: rules[0].time.days[0]: “someday” are no weekdays. Write them as mon"),
        (RULE + "    sensitive: maybe", "6: rules[0].sensitive: “maybe” is neither yes nor no. Write true or false."),
        (RULE + "    name: s", "6: name is given on line 3 already."),
        (RULE.replace("reason: x", "reason: '{victim}'"), "5: rules[0].reason: {victim} stands for nothing. Known are"),
        (RULE.replace("    reason: x\n", ""), "3: rules[0].reason: It is missing. Add `reason:`."),
        (RULE.replace("name: r", "name: my rule"), "3: rules[0].name: “my rule” is no name. Use letters, digits"),
        (RULE.replace("name: r", "name: nothing-fits"), "3: nothing-fits is a name of Lamplighter's own."),
        (RULE + "  - {name: r, verdict: ask, reason: y}", "6: Another rule is called r. Give each rule its own name."),
        (RULE + "roles: {boss: [a]}", "6: roles.boss: “boss” is not known. Write operator or admin."),
        (RULE + "roles: {operator: [a], admin: [a]}", "6: a has two roles. Keep the one that says most."),
        (RULE + "roles: &r {operator: [a]}", "6: Anchors and aliases are not read. Write the value out."),
        (RULE + "x: *r", "6: Anchors and aliases are not read."),
        (RULE + "x: [" + "[" * 5000, "6: It is nested more than 12 deep."),
        (RULE + "x: {", "It is not YAML:"),
        (RULE + "\tx: 1", "6: It is not YAML:"),
        (RULE + "? [a]\n: b", "6: A key is not a word."),
        ("\x00", "0: It is not YAML:"),
        ("version: 1\n" + "#" * 200_000, "0: It is longer than 200000 characters."),
    ],
)
def test_what_is_wrong_is_said_with_line_and_remedy(text: str, told: str) -> None:
    assert any(told in each for each in problems(text)), problems(text)


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_lines() -> None:
    found = problems(RULE + "    role: boss\n    rate: often\n    colour: red\n")
    assert [int(each.split(":")[0]) for each in found] == [6, 7, 8]


def test_the_error_itself_names_file_line_and_remedy() -> None:
    with pytest.raises(BadPolicy, match=r"p\.yaml, line 6: rules\[0\]\.role\[0\]: .* Write requester"):
        parse_policy(RULE + "    role: boss", source="p.yaml")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match=r"none\.yaml: It cannot be read: No such file or directory\. Name a policy"):
        read_policy(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"version: \xe9")
    with pytest.raises(BadPolicy, match="not UTF-8"):
        read_policy(tmp_path / "latin.yaml")


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    rules = parse_policy(
        "version: 1\nroles: {operator: [no, 12, 2026-13-45, 1_000]}\nrules: [{name: on, verdict: ask, reason: 12:30}]",
        source="p.yaml",
    )
    assert set(rules.roles) == {"no", "12", "2026-13-45", "1_000"}
    assert (rules.rules[0].name, rules.rules[0].reason) == ("on", "12:30")


PIECES = "version: 1|rules:|  - name: r|    verdict: ask|    reason: x|    effect:|[|]|{|}|&a|*a|- |: |? |>|'|!!set|---"
words = st.sampled_from([*PIECES.split("|"), "|", '"', "\t", "\n", "...", "%YAML 1.1", "é", "\x85"])


@given(st.lists(words, max_size=25).map("".join) | st.lists(words, max_size=25).map("\n".join) | st.text(max_size=80))
@example("!!python/object/apply:os.system [x]")
@example("version: 1\nrules: !!binary aGk=")
def test_whatever_is_written_it_is_read_or_refused_with_a_remedy(text: str) -> None:
    try:
        outcome: tuple[object, ...] = parse_policy(text, source="p.yaml").rules
    except BadPolicy as error:
        outcome = tuple(problem.message and problem.remedy for problem in error.problems)
    assert outcome
    assert all(outcome)
