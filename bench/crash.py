"""Kill -9 at random moments of multi-step runs: is anything done twice, lost, or left lying?

    .venv/bin/python bench/crash.py --runs 200 --json

Two practice help desks count what they really write: one heeds idempotency keys, the other does not, so that what was
in doubt there has to be looked for, or asked. A child process carries the runs out and is killed and started again
until all of them have ended. The last line is one JSON object:

  duplicates          writes that an application did more than once for a run
  lost                writes that an application did and the run does not know of, or that it claims and are not there
  unfinished          runs that have not ended, or were never begun
  in_doubt_resolved   calls begun before a kill whose outcome was found out from the application
  in_doubt_asked      such calls that only a person could tell of
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.crash_child import WRITES
from bench.crash_desks import APPS, TOKEN, Job, app_of, make_known, prepare, written
from knowledge.record import Record
from knowledge.runs import Intent
from knowledge.types import Event, Run

START_S = 1.1  # Where a start takes longer, a process lives longer: it is killed in the same work as elsewhere.
FIRST = 0.2  # Of the longest life at first: the first process, however slowly it started, dies before it is done.
GROWS = 0.1  # Of it, more with every kill: what takes up work slowly gets on with it in the end.


class Child:
    """The process that carries runs out, once it is ready."""

    def __init__(self, job: Job, *, together: int, blind: bool) -> None:
        said = {
            "data_dir": str(job.folder / "data"),
            "database_url": job.database_url,
            "tasks": job.tasks,
            "together": together,
            "blind": blind,
            "desks": {app: str(server.database) for app, server in job.desks.items()},
        }
        root = Path(__file__).resolve().parents[1]
        env = {**os.environ, "PYTHONPATH": str(root), "LAMP_SECRETS": json.dumps(dict.fromkeys(APPS, TOKEN))}
        env |= {"CRASH_JOB": json.dumps(said), "CRASH_PEOPLE": json.dumps(job.people)}
        self._log = (job.folder / "child.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("crash_child.py"))],
            env=env,
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        assert self.process.stdout
        began = time.monotonic()
        self.process.stdout.readline()
        self.took_s = time.monotonic() - began  # to be ready

    def ended_within(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()
        self._log.close()


def kill_until_done(job: Job, arguments: argparse.Namespace) -> int:
    """How often a process was killed with SIGKILL."""
    kills, ends = 0, time.monotonic() + arguments.patience_s
    while time.monotonic() < ends:
        child = Child(job, together=arguments.together, blind=arguments.blind)
        slow = max(1.0, child.took_s / START_S) if kills else 1.0
        longest_s = arguments.longest_s * slow * (FIRST + GROWS * kills)
        ended = child.ended_within(random.uniform(0.0, longest_s))
        status = child.process.returncode
        child.close()
        if ended and status == 0:
            return kills
        if ended and status != -9:
            raise SystemExit(f"The child ended with {status}: {(job.folder / 'child.log').read_text()[-2000:]}")
        kills += 1
    return kills


# ---- what came of it


def measured(job: Job, kills: int) -> dict[str, int]:
    done = written(job)
    with Record.open(job.database_url) as record:
        runs = {run.task.id: run for run in record.runs.list(100_000)}
        claims = {run.task.id: _claimed(record, run) for run in runs.values()}
        open_ = {run.task.id: {_name(line) for line in record.runs.pending(run.id)} for run in runs.values()}
        settled = [e for run in runs.values() for e in record.runs.events(run.id) if e.kind == "settled"]
    print("Outcomes:", dict(Counter(run.outcome.status if run.outcome else run.status for run in runs.values())))
    unsuccessful = [
        run for run in runs.values() if run.outcome and run.outcome.status not in ("verified", "unverified")
    ]
    print("Reasons:", [f"{run.task.id}: {run.outcome.reason}" for run in unsuccessful if run.outcome])
    print("Settled:", dict(Counter(_how(event) for event in settled)))
    lost = [
        (each["id"], operation)
        for each in job.tasks
        for operation in WRITES
        if operation not in open_.get(each["id"], set())  # The run says itself that it does not know.
        and (done[app_of(each["text"]), operation, job.subjects[each["id"]][operation]] > 0)
        != (operation in claims.get(each["id"], set()))
    ]
    print("Lost:", lost, "Twice:", [write for write, count in done.items() if count > 1])
    asked = sum(event.data["how"] == "asked" for event in settled)
    return {
        "runs": len(job.tasks),
        "kills": kills,
        "duplicates": sum(count - 1 for count in done.values()),
        "lost": len(lost),
        "unfinished": sum(id not in runs or runs[id].status != "done" for id in job.subjects),
        "in_doubt_resolved": len(settled) - asked,
        "in_doubt_asked": asked,
    }


def _claimed(record: Record, run: Run) -> set[str]:
    """Writes that run and journal both say were done."""
    lines = record.runs.journal(run.id)
    journalled = {(line.step, _name(line)) for line in lines if line.observation and line.observation.status == "ok"}
    pairs = zip(run.steps, run.observations, strict=True)
    known = {(step.index, step.action.partition(".")[2]) for step, seen in pairs if seen.status == "ok"}
    return {name for _, name in known & journalled}


def _name(line: Intent) -> str:
    return str(line.call["action"]).partition(".")[2]


def _how(event: Event) -> str:
    return f"{event.data['how']}: {'done' if event.data['carried_out'] else 'not done'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--together", type=int, default=8, help="runs under way at the same time")
    parser.add_argument(
        "--longest-s",
        type=float,
        default=3.0,
        help="a process lives so long at most after eight kills, if nothing slows it",
    )
    parser.add_argument("--database", default="", metavar="URL", help="an empty PostgreSQL; none: SQLite in a folder")
    parser.add_argument("--patience-s", type=float, default=3600.0, help="runs not ended by then count as unfinished")
    parser.add_argument("--seed", type=int, default=None, help="of the moments; none: others each time")
    parser.add_argument("--blind", action="store_true", help="repeat what is in doubt, to see that it is noticed")
    parser.add_argument("--json", action="store_true", help="the last line is JSON anyhow")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="crash-") as folder, ExitStack() as stack:
        job = prepare(Path(folder), arguments.runs, stack, database_url=arguments.database)
        make_known(job)
        kills = kill_until_done(job, arguments)
        print(json.dumps(measured(job, kills)))


if __name__ == "__main__":
    main()
