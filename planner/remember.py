"""The end of every run: what must not be lost is written first, the news of it after."""

from knowledge.codec import to_json
from knowledge.record import Record
from knowledge.types import Outcome, Trajectory
from planner.progress import Progress
from planner.seams import Embedder


def remember(run: Progress, record: Record, embedder: Embedder) -> None:
    """Save the run, write its trajectory into memory, credit its precedents. Only verified ones become precedents.

    A run that broke off in here is only brought to its end: precedents are credited once, or not at all.
    """
    outcome = run.outcome = run.outcome or Outcome(status="failed", reason="The run broke off.")
    run.save()
    if run.noted("remembered"):
        return
    trajectory = run.trajectory(outcome)
    vector = embedder.embed([run.task.text])[0]
    record.memory.write(trajectory, vector, run.task.tenant)
    if not run.noted("ended"):
        run.note("ended", outcome=to_json(outcome))
        _credit(run, record, trajectory)
    run.note("remembered", trajectory=trajectory.id)


def _credit(run: Progress, record: Record, trajectory: Trajectory) -> None:
    """Precedents that did something this run did too have helped it, or misled it."""
    if trajectory.outcome.status not in ("verified", "failed"):
        return
    done = {step.action for step in trajectory.steps}
    for hit in run.situation.context.precedents:
        if isinstance(hit.item, Trajectory) and done & {step.action for step in hit.item.steps}:
            helped = trajectory.outcome.status == "verified"
            record.memory.count(hit.item.id, helped, trajectory.task.tenant)
