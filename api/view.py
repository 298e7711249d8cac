"""What the terminal shows of a run: what was retrieved, the plan with each value's source, each step, the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.describe import ENDINGS, action_in_words, observation_in_words, shorten, sourced, step_in_words
from knowledge.fetch import is_url
from knowledge.types import (
    ActionSpec,
    Context,
    Decision,
    Hit,
    Observation,
    Outcome,
    Passage,
    Plan,
    Step,
    Task,
    Trajectory,
)
from planner.visible import visible

if TYPE_CHECKING:
    from planner.undo_plan import UndoPlan
    from retrieval.assemble import Citation

GOOD, BAD = ("verified", "unverified"), ("failed", "cancelled")
WIDEST_PANEL = 100


def request_panel(task: Task) -> Panel:
    who = f"{task.requester} · " if task.requester else ""
    return Panel(
        Text(task.text),
        title="Request",
        subtitle=Text(f"{who}{task.now:%A %d %B %Y, %H:%M}", style="dim"),
        title_align="left",
        subtitle_align="left",
        border_style="cyan",
    )


def heading(text: str, aside: str = "") -> Text:
    return Text.assemble((f"\n{text}", "bold cyan"), (f"  {aside}" if aside else "", "dim"))


def retrieved_table(context: Context, citations: Sequence[Citation] = (), *, most: int = 4) -> Table:
    """With `citations` each passage has the number that the plan names it by, and the file or page it is from."""
    cited = {each.passage_id: each for each in citations}
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(justify="right", style="dim", no_wrap=True)
    for kind, hits in (("passage", context.passages), ("action", context.actions), ("precedent", context.precedents)):
        for hit in hits[:most]:
            table.add_row(kind, hit_in_words(hit, cited.get(hit.item.id)), f"{hit.similarity:.2f}")
        if len(hits) > most:
            table.add_row("", Text(f"and {_counted(len(hits) - most, f'more {kind}')}", style="dim"), "")
    return table


def hit_in_words(hit: Hit, citation: Citation | None = None) -> Text:
    match hit.item:
        case Passage(heading=place, text=text):
            number, source = (f"{citation.id} ", citation.source) if citation else ("", "")
            file = source if is_url(source) else PurePosixPath(source).name
            return Text.assemble(number, visible(place) or shorten(text, 80), (f"  {shorten(file, 60)}", "dim"))
        case ActionSpec(name=name, description=description):
            return Text.assemble(name, (f"  {shorten(description, 64)}", "dim"))
        case Trajectory(task=task, steps=steps):
            return Text(f"“{shorten(task.text, 64)}”, {_counted(len(steps), 'step')}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def headings_of(citations: Iterable[Citation]) -> dict[str, str]:
    """What a plan calls each passage, by its id."""
    return {each.passage_id: f"{each.id} {each.heading}" for each in citations}


def plan_lines(plan: Plan, headings: Mapping[str, str]) -> Iterator[RenderableType]:
    for step, why in zip_longest(plan.steps, plan.lasting):
        yield from step_lines(step, headings)
        if why:
            yield Text(f"     {why}", style="yellow")
    ending = "and so on, once the results are known" if plan.ending == "open" else plan.ending
    yield Text(f"→ {ending}" + (f": {plan.reason}" if plan.reason else ""), style="dim")


def step_lines(step: Step, headings: Mapping[str, str] | None = None) -> Iterator[RenderableType]:
    """The action, and a line for each argument: name, value, where it comes from."""
    yield Text.assemble(f"{step.index + 1}. ", (action_in_words(step.action), "bold"), (f"  {step.action}", "dim"))
    if step.arguments:
        table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(style="cyan", overflow="fold")
        table.add_column(style="dim", overflow="fold")
        for item in (sourced(argument, headings) for argument in step.arguments):
            span = f" [{item.span}]" if item.span else ""
            doubt = ("" if item.trusted else " somebody else's text", "red")
            table.add_row(f"     {item.name}", Text(item.value), Text.assemble(f"← {item.source}{span}", doubt))
        yield table


def undo_lines(plan: UndoPlan) -> Iterator[RenderableType]:
    """What would be called, last write first, and what would remain."""
    if plan.calls:
        yield heading("To undo it", f"steps up to {len(plan.situation.steps)} are those of the run and its looks")
    for call in plan.calls:
        yield from step_lines(call.step)
        yield Text(
            f"     undoes step {call.done.step.index + 1}, {action_in_words(call.done.step.action)}", style="dim"
        )
    if plan.remaining:
        yield heading("What remains")
    for left in plan.remaining:
        yield Text.assemble((f"• {step_in_words(left.step)}", "bold"), f": {left.why}")


def observation_line(observation: Observation) -> Table:
    marks = {"ok": ("✓", "green"), "placeholder": ("○", "yellow")}
    mark, colour = marks.get(observation.status, ("✗", "red"))
    line = Table.grid(padding=(0, 1))
    line.add_column(width=4, justify="right", style=colour)
    line.add_column(overflow="fold")
    line.add_row(mark, Text(observation_in_words(observation)))
    return line


def wish_line(wish: str) -> Text:
    """The part of a request that the next steps are for."""
    return Text(f"“{wish}”", style="italic dim")


def decision_line(decision: Decision) -> Text:
    colour = {"allow": "dim", "ask": "yellow", "deny": "red"}[decision.verdict]
    return Text(f"   policy: {decision.verdict} ({decision.rule}). {decision.reason}", style=colour)


def outcome_panel(outcome: Outcome) -> Panel:
    colour = "green" if outcome.status in GOOD else "red" if outcome.status in BAD else "yellow"
    said = "\n".join(part for part in (outcome.reason, outcome.question) if part)
    return Panel(Text(said or "–"), title=ENDINGS[outcome.status], title_align="left", border_style=colour)


def show(console: Console, lines: Iterable[RenderableType]) -> None:
    for line in lines:
        console.print(line)


def show_trajectory(console: Console, trajectory: Trajectory) -> None:
    console.print(request_panel(trajectory.task))
    for step, observation in zip(trajectory.steps, trajectory.observations, strict=False):
        show(console, (*step_lines(step), observation_line(observation)))
    console.print(outcome_panel(trajectory.outcome))
    tried = trajectory.successes + trajectory.failures
    console.print(f"Used as precedent {tried} times, {trajectory.successes} with success.", style="dim")
