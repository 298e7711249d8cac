"""What would be done, before anything is: a plan for each wish of a request, one after the other."""

from dataclasses import dataclass, replace

from knowledge.joints import Segment
from knowledge.types import Context, Plan, Query, Task
from models.lam import LAM, Situation
from models.rollout import foreseen
from planner import questions
from planner.coordinated import left_over
from planner.heard import said_in
from planner.seams import Interpreter, Searcher, Segmenter
from planner.unwanted import unwanted
from planner.wariness import Wariness
from planner.wish import InView
from planner.wishes import parted, wish_for


@dataclass(frozen=True, kw_only=True)
class Foresight:
    lam: LAM
    retriever: Searcher
    segmenter: Segmenter
    interpreter: Interpreter
    wariness: Wariness

    def plan(self, task: Task, *, steps: int) -> tuple[Plan, Situation]:
        """The plan, up to the first wish that would not be carried out, and all that it was made from.

        Where a wish says too little to go on, the rest is planned from the whole request. May raise EmptyIndex.
        """
        situation, plan = Situation(task=task, context=Context()), Plan(task_id=task.id, steps=())
        whole = self.retriever.context(Query(text=said_in(task), tenant=task.tenant))
        found = () if task.utterances else parted(self.segmenter, task.text, whole)
        segments = list(found or [Segment(text=said_in(task))])
        while segments:
            segment = segments.pop(0)
            context = self.retriever.context(Query(text=segment.text, tenant=task.tenant)) if found else whole
            situation = replace(situation, context=_and_used(context, situation))
            wish = wish_for(segment, situation) if found else None
            plan = self.wariness.plan(InView(self.lam, wish) if wish else self.lam, situation, steps=steps)
            plan = self._wanted(plan, situation)
            situation = foreseen(replace(situation, steps=plan.steps))
            if (
                wish and not wish.apart and plan.ending == "ask" and not plan.reason
            ):  # as a run: the part says too little
                situation = replace(situation, context=_and_used(whole, situation))
                plan = self.wariness.plan(self.lam, situation, steps=steps)
                break
            if plan.ending != "finish":
                break
            if not found and not task.utterances:
                segments = list(found := left_over(task.text, situation.steps))
        return plan, replace(situation, steps=(), observations=())

    def _wanted(self, plan: Plan, situation: Situation) -> Plan:
        """Up to the first change, where the requester would be asked whether there is to be any."""
        specs = situation.retrieved
        begun = len(situation.steps)
        change = next((each for each in plan.steps[begun:] if specs[each.action].effect != "read"), None)
        if change is None or not (why := unwanted(situation, self.interpreter)):
            return plan
        question = questions.unsure(specs[change.action], change, why)
        return replace(plan, steps=plan.steps[: change.index], ending="ask", reason=question)


def _and_used(context: Context, situation: Situation) -> Context:
    """Actions of the plan so far stay known, for their schemas are needed, and passages that values may be from."""
    offered = {hit.item.id for hit in context.actions}
    planned = {step.action for step in situation.steps} - offered
    used = [hit for hit in situation.context.actions if hit.item.id in planned]
    read = [hit for hit in situation.context.passages if hit.item.id not in {each.item.id for each in context.passages}]
    return replace(context, actions=(*context.actions, *used), passages=(*context.passages, *read))
