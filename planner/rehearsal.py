"""A dry run: reads are made, everything else is only said."""

from dataclasses import dataclass

from knowledge.types import Literal, Observation, Outcome
from models.lam import Situation
from models.layout import skeleton
from planner import questions
from planner.call import Call, Executor, Permit
from planner.undoable import beforehand

CODE = "dry_run"


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """Lets reads through that the policy allows and whose values are known; of the rest it promises the result."""

    executor: Executor

    def execute(self, call: Call, permit: Permit) -> Observation:
        verdict = permit.decision.verdict
        known = all(isinstance(argument.value, Literal) for argument in call.step.arguments)
        if verdict not in ("allow", "ask") or (verdict == "allow" and call.spec.effect == "read" and known):
            return self.executor.execute(call, permit)
        return Observation(
            step=call.step.index,
            status="placeholder",
            body=skeleton(call.spec.returns),
            code=CODE,
            message=f"Dry run: not carried out.{_would_be_asked(permit)}",
        )


def _would_be_asked(permit: Permit) -> str:
    if permit.decision.verdict == "ask":
        return f" A person would have been asked.{f' Besides, {permit.doubt}.' if permit.doubt else ''}"
    return f" You would have been asked first: {permit.doubt}." if permit.doubt else ""


def rehearsed(situation: Situation) -> Outcome:
    """How a dry run ends that came to its end."""
    specs = {spec.id: spec for spec in situation.candidates}
    pairs = list(zip(situation.steps, situation.observations, strict=True))
    would = [questions.would_do(specs[step.action], step) for step, seen in pairs if seen.code == CODE]
    said = f" It would have: {'; '.join(would)}." if would else ""
    if stays := beforehand([specs[step.action] for step, seen in pairs if seen.code == CODE]):
        said = f"{said} {stays}"
    return Outcome(status="unverified", reason=f"Dry run: nothing was changed.{said}")
