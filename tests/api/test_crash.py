"""`bench/crash.py` in short: kills at random moments leave nothing done twice, lost or lying; and it would notice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres import postgres

CRASH = Path(__file__).resolve().parents[2] / "bench" / "crash.py"


def crash(*options: str) -> dict[str, int]:
    command = [sys.executable, str(CRASH), "--json", "--patience-s", "240", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return found


def nothing_twice_lost_or_lying(found: dict[str, int], *, runs: int) -> bool:
    return (found["runs"], found["duplicates"], found["lost"], found["unfinished"]) == (runs, 0, 0, 0)


def test_killed_at_random_moments_every_run_ends_and_no_write_is_doubled_or_lost() -> None:
    found = crash("--runs", "4", "--longest-s", "1.5")
    assert list(found) == ["runs", "kills", "duplicates", "lost", "unfinished", "in_doubt_resolved", "in_doubt_asked"]
    assert found["kills"] > 0
    assert nothing_twice_lost_or_lying(found, runs=4)


@pytest.mark.slow
def test_killed_more_often_too() -> None:
    found = crash("--runs", "16", "--longest-s", "2")
    assert found["kills"] > 0
    assert nothing_twice_lost_or_lying(found, runs=16)


@pytest.mark.slow
def test_the_same_with_record_and_workflows_on_postgresql() -> None:
    with postgres() as url:
        found = crash("--runs", "8", "--longest-s", "2", "--database", url)
    assert found["kills"] > 0
    assert nothing_twice_lost_or_lying(found, runs=8)


@pytest.mark.slow
def test_a_planner_that_repeats_what_is_in_doubt_is_found_out() -> None:
    found = crash("--runs", "8", "--longest-s", "20", "--blind")
    assert found["kills"] > 0
    assert found["duplicates"] > 0
