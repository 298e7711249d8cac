"""Lessons: what the experts did on the practice help desk, as examples under the contexts retrieval really returns.

Every task is shown under several memories: with precedents of its own family (never of its own wording: a memory that
holds the very same sentence would teach to copy), without its family, and empty.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from api.demo import APP
from api.practice.desk import Practice
from api.practice.walks import walks
from knowledge.joints import seam, segments
from knowledge.types import Context, Hit, Query
from models.augment import renamed
from models.lam import Situation
from models.layout import choose_scene
from models.limits import BEYOND
from models.scene import Example
from planner.replay import Demonstration, Report, examples, varied
from planner.wishes import looks

if TYPE_CHECKING:
    from examples.helpdesk.tasks.task import HelpDeskTask

FAMILY_UNKNOWN, EXPECTED = 0.5, 0.2
LIMITED = "refuse_vpn_too_long"  # refused because of a number
JOINED, JOINED_KNOWN = 6, 3  # tasks of two wishes for each one of a family; one of so many is in memory, too
PARTED = 0.75  # of them are shown as a run sees them that knows where one wish ends and the next begins
POLICY_WEIGHT = 3  # refusals, escalations and questions are short: they get more tasks
BRANCHING = frozenset({"handle_ticket", "unlock_or_reset"})  # so do those where what is found says what is done
# What is done hangs on what is found: under results that are only expected, one answer is as good as another.
HANGING = frozenset(
    {
        *("escalate_vip", "escalate_disabled", "escalate_pool_empty", "ask_ambiguous_person", "ask_which_device"),
        *("refuse_not_owner", "refuse_disable_not_manager", "handle_ticket", "unlock_or_reset"),
        "close_resolved_tickets",
    }
)

T = TypeVar("T")
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Lessons:
    examples: tuple[Example, ...]
    report: Report
    families: Counter[str]


def helpdesk_lessons(
    practice: Practice,
    *,
    split: str,
    per_family: int,
    seed: int,
    newest: int = 0,
    vary: bool = True,
    tell: Told | None = None,
) -> Lessons:
    """`vary` off: as a run would see it with a full memory, to measure on. `newest` is that of `generate`."""
    from examples.helpdesk.tasks import generate, generate_joined

    tasks = generate(split, seed=seed, per_family=per_family * (POLICY_WEIGHT if vary else 1), newest=newest)
    if vary:
        tasks = _weighed(tasks, per_family)
    tasks += generate_joined(split, seed=seed, count=JOINED * per_family)
    astray = random.Random(f"{seed}/astray") if vary else None
    solved = list(_told(practice.solved(tasks, astray=astray), "solving", len(tasks), tell))
    if vary:
        joined = [each for task, each in solved if task.joined]
        practice.remember([*(each for task, each in solved if not task.joined), *joined[::JOINED_KNOWN]])
    rng, report, made = random.Random(seed), Report(), list[Example]()
    near = _neighbours([task for task, _ in solved]) if vary else {}
    if vary:
        made += walks(practice, [each for _, each in solved], rng, tell=tell)
    strangers = _some_passages(practice, [each for _, each in solved[:40]])
    for task, each in _told(iter(solved), "replaying", len(solved), tell):
        exclude = near.get(task.id, frozenset())
        if vary and rng.random() < FAMILY_UNKNOWN:
            exclude = exclude | {other.id for other, _ in solved if other.family == task.family}
        expected = vary and task.family not in HANGING and rng.random() < EXPECTED
        shown = _without_wrong_turns(each) if expected else each
        for wish in by_wishes(practice, task, shown) if rng.random() < PARTED else [shown]:
            context = practice.services.retriever.context(Query(text=wish.task.text), exclude=exclude)
            if vary:
                context = varied(context, rng, others=strangers)
            told = _as_limits_tell(wish, context)
            made += examples(told, context, practice.specs, report=report, expected=expected) if told else ()
    if vary:
        made = [renamed(example, rng) for example in made]
    return Lessons(examples=tuple(made), report=report, families=Counter(task.family for task, _ in solved))


def by_wishes(practice: Practice, task: HelpDeskTask, whole: Demonstration) -> list[Demonstration]:
    """Each of two wishes by itself, as if it were all that was asked for; one wish as it is.

    What was looked up for the first wish is known to the second if runs like it look it up, too.
    """
    cut = task.seam and seam(task.text, task.seam)
    if not cut:
        return [whole]
    first, second = segments(task.text, [cut])
    turn = _last_write_of_the_first(task, whole)
    serving = looks(practice.services.retriever.context(Query(text=second.text)))
    specs = practice.specs
    known = {
        call.action: replace(call, astray=True)
        for call in reversed(whole.calls[:turn])
        if call.ok and call.action in serving and specs[call.action].effect == "read"
    }
    return [
        replace(whole, task=replace(whole.task, text=first.text), calls=whole.calls[:turn]),
        replace(
            whole, task=replace(whole.task, text=second.text), calls=(*reversed(known.values()), *whole.calls[turn:])
        ),
    ]


def _last_write_of_the_first(task: HelpDeskTask, whole: Demonstration) -> int:
    """How many calls the first wish took."""
    from examples.helpdesk.tasks import FAMILIES

    writes = {f"{APP}.{each}" for each in FAMILIES[task.family.split("+")[0]].writes}
    return max(at for at, call in enumerate(whole.calls, start=1) if call.action in writes and call.ok)


def held_out_decisions(practice: Practice, *, per_family: int, seed: int, tell: Told | None = None) -> list[Example]:
    """Dev tasks as three days would show them: memory full, without anything of the task's family, and empty."""
    from api.practice.experience import PER_FAMILY, SEED, learn_from_experts
    from examples.helpdesk.tasks import generate

    learn_from_experts(practice.services, (lambda done, of, _: tell("experts", done, of)) if tell else None)
    families: dict[str, set[str]] = {}
    for known in generate("train", seed=SEED, per_family=PER_FAMILY):
        families.setdefault(known.family, set()).add(known.id)
    everything = frozenset(id for ids in families.values() for id in ids)
    made, report = list[Example](), Report()
    tasks = generate("dev", seed=seed, per_family=per_family)
    for task, each in _told(practice.solved(tasks), "dev tasks", len(tasks), tell):
        for unknown in (frozenset(), frozenset(families.get(task.family, ())), everything):
            context = practice.services.retriever.context(Query(text=each.task.text), exclude=unknown)
            made += examples(each, context, practice.specs, report=report)
    return made


def _without_wrong_turns(demonstration: Demonstration) -> Demonstration:
    """Nothing in a result that is only expected says that a turn was wrong."""
    return replace(demonstration, calls=tuple(call for call in demonstration.calls if not call.astray))


def _as_limits_tell(demonstration: Demonstration, context: Context) -> Demonstration | None:
    """What the expert would have done with these passages in view; None if it takes one of the passages to know.

    What a limit in view rules out is not tried first. Where none is in view it is tried, and the application says no.
    """
    if not demonstration.origin.endswith(LIMITED) or demonstration.ending != "refuse":
        return demonstration
    task, last = demonstration.task, demonstration.calls[-1]
    shown = choose_scene(Situation(task=task, context=context)).request
    if shown.count(BEYOND) > task.text.count(BEYOND):
        return demonstration if last.ok else replace(demonstration, calls=demonstration.calls[:-1])
    return None if last.ok else demonstration


def _weighed(tasks: Sequence[HelpDeskTask], per_family: int) -> list[HelpDeskTask]:
    """At most `per_family` tasks of a family that does the same every time, all of the others."""
    seen: Counter[str] = Counter()
    kept = []
    for task in tasks:
        seen[task.family] += 1
        if task.outcome != "done" or task.family in BRANCHING or seen[task.family] <= per_family:
            kept.append(task)
    return kept


def _neighbours(tasks: Sequence[HelpDeskTask]) -> dict[str, frozenset[str]]:
    """Ids of the tasks with the same wording as each, its own included."""
    said: dict[str, list[str]] = {}
    for task in tasks:
        said.setdefault(task.wording, []).append(task.id)
    return {task.id: frozenset(said[task.wording]) for task in tasks}


def _some_passages(practice: Practice, demonstrations: Sequence[Demonstration]) -> list[Hit]:
    retriever = practice.services.retriever
    return [hit for each in demonstrations for hit in retriever.search(Query(text=each.task.text), "passage", k=2)]


def _told(each: Iterator[T], what: str, total: int, tell: Told | None) -> Iterator[T]:
    for number, item in enumerate(each, start=1):
        yield item
        if tell:
            tell(what, number, total)
