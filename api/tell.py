"""A run carried out in the terminal, told as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.console import Console
from rich.status import Status

from api import view
from api.person import TerminalPerson
from api.sessions import Sessions
from api.story import Story, told
from api.wiring import Services
from knowledge.errors import UserError
from knowledge.types import Context, Event, Plan, Query, Run, Task, Waiting
from planner.person import Approval
from planner.undo_plan import UndoPlan

if TYPE_CHECKING:
    from retrieval.assemble import Citation


def carry_out(sessions: Sessions, task: Task, console: Console, *, approve_all: bool = False) -> Run:
    """Show what is found and planned, then carry it out; questions and approvals are asked in the terminal."""
    services = sessions.services
    runner = services.runner()
    with console.status("Planning …"):
        context = services.retriever.context(Query(text=task.text, tenant=task.tenant))
        plan = runner.plan(task)
    citations = _cited(services, context, task.tenant)
    headings = view.headings_of(citations)
    console.print(view.request_panel(task))
    console.print(view.heading("Retrieved"), view.retrieved_table(context, citations), sep="\n")
    console.print(view.heading("Plan", "made before anything runs, checked again after each step"))
    view.show(console, view.plan_lines(plan, headings))
    console.print(view.heading("Carried out"))
    with console.status("Working …") as status:
        teller = Teller(console, status, headings)
        person = PausingPerson(TerminalPerson(console, approve_all=approve_all), status)
        run = sessions.carry_out(task, person=person, on_event=teller.on_event)
    _offer_undoing(sessions.services, run, console)
    return run


def _offer_undoing(services: Services, run: Run, console: Console) -> None:
    with suppress(UserError):  # There is nothing to undo.
        if services.undoer().plan(run.id, run.task.tenant).calls:
            console.print(f"Take it back: lamp undo {run.id}", style="dim")


def undo_run(sessions: Sessions, plan: UndoPlan, console: Console, *, approve_all: bool = False) -> Run | None:
    """Take it back after a yes; None without one. Raises NotUndoable if nothing of it can be."""
    sessions.services.undoer().ready(plan.run.id, plan.run.task.tenant)
    terminal = TerminalPerson(console, approve_all=approve_all)
    if not terminal.goes_ahead("Go ahead?"):
        return None
    with console.status("Undoing …") as status:
        teller = Teller(console, status, {})
        person = PausingPerson(terminal, status)
        return sessions.carry_out_undo(plan.run, agreed=plan.hash, person=person, on_event=teller.on_event)


def show_plan(services: Services, task: Task, plan: Plan, console: Console) -> None:
    console.print(view.request_panel(task))
    context = services.retriever.context(Query(text=task.text, tenant=task.tenant))
    citations = _cited(services, context, task.tenant)
    view.show(console, view.plan_lines(plan, view.headings_of(citations)))


def _cited(services: Services, context: Context, tenant: str) -> tuple[Citation, ...]:
    from retrieval.assemble import cite

    return cite(context.passages, sources=services.record.documents.sources(tenant))


class Teller:
    """Prints each event of a run that a person wants to see."""

    def __init__(self, console: Console, status: Status, headings: Mapping[str, str]) -> None:
        self._console, self._status, self._headings = console, status, headings
        self._story = Story()

    def on_event(self, event: Event) -> None:
        before, self._story = self._story, told(self._story, event)
        if self._story is before:
            return
        last = self._story.chapter
        match event.kind:
            case "retrieved" if self._story.wish not in ("", before.wish):
                self._console.print(view.wish_line(self._story.wish))
            case "proposed" if last:
                view.show(self._console, view.step_lines(last.step, self._headings))
            case "decided" if last and last.decision and last.decision.verdict != "allow":
                self._console.print(view.decision_line(last.decision))
            case "observed" if last and last.observation:
                self._console.print(view.observation_line(last.observation))
            case "ended" if self._story.outcome:
                self._console.print(view.outcome_panel(self._story.outcome))


class PausingPerson:
    """Stops the spinner while the person is asked."""

    def __init__(self, person: TerminalPerson, status: Status) -> None:
        self._person, self._status = person, status

    def approve(self, waiting: Waiting) -> Approval | None:
        self._status.stop()
        try:
            return self._person.approve(waiting)
        finally:
            self._status.start()

    def answer(self, waiting: Waiting) -> str | None:
        self._status.stop()
        try:
            return self._person.answer(waiting)
        finally:
            self._status.start()
