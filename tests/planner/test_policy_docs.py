"""docs/policy.md shows the shipped policy as it is, and only files that can be used."""

import re
from pathlib import Path

import pytest

import planner
from planner.policy_file import DEFAULT, parse_policy
from planner.policy_reach import never_reached
from planner.policy_shape import FileRule, FileTime, PolicyFile

DOCUMENT = (Path(planner.__file__).parents[1] / "docs" / "policy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
KEYS = {*re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE)}


def test_the_shipped_policy_is_shown_as_it_is() -> None:
    assert BLOCKS[0] == DEFAULT.read_text(encoding="utf-8")


@pytest.mark.parametrize("block", BLOCKS)
def test_every_policy_shown_can_be_used_and_every_rule_of_it_reached(block: str) -> None:
    rules = parse_policy(block, source="docs/policy.md")
    assert not never_reached(rules.rules)


def test_every_key_is_explained_and_no_other() -> None:
    required = {"name", "verdict", "reason"}
    assert {*PolicyFile.model_fields, *FileRule.model_fields} - required == KEYS
    assert all(f"`{key}`" in DOCUMENT for key in (*required, *FileTime.model_fields))
