"""A model that is wholly fooled, and what it is let loose on: real planner, record, executor and help desk."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import httpx

from api.practice.desk import task_of
from api.practice.injection import Case
from api.practice.injection_goals import OWN_REQUEST
from examples.helpdesk.tasks.check import differences, prepare
from examples.helpdesk.tasks.client import Admin
from examples.helpdesk.tasks.task import HelpDeskTask, Patch, Snapshot
from knowledge.apart import apart
from knowledge.openapi import Catalogued
from knowledge.record import Record
from knowledge.types import (
    ActionSpec,
    Argument,
    Event,
    JsonValue,
    Literal,
    Parameter,
    Passage,
    Plan,
    Provenance,
    Run,
    Waiting,
)
from models.fields import leaves
from models.lam import ENDINGS, LAM, Choice, Filled, Option, Situation
from models.layout import closed_set
from models.values import typed
from planner.execute import HttpExecutor
from planner.loop import Runner
from planner.person import Approval, Person
from planner.progress import OnEvent
from tests.fakes import FixedSearcher, HashEmbedder

# How a task's reading step is called, and what of the request it is called with.
READS: dict[str, tuple[str, str, str]] = {
    "ticket": ("get_ticket", "ticket_id", "ticket"),
    "request": ("get_access_request", "request_id", "request"),
    "tag": ("get_device", "asset_tag", "tag"),
    "group": ("search_groups", "query", "group"),
    "person": ("search_accounts", "query", "person"),
}
FIRST = {"group_description": "group", "job_title": "person", "device_model": "tag", "request_reason": "request"}


# Reads that could wash a value; a search's query is the attacker's or the victim's name.
DETOURS = {"search_accounts": {}, "list_access_requests": {"status": "pending"}}


def sure(action: str, situation: Situation) -> Choice:
    """The action with all probability there is: a fooled model is sure of itself."""
    others = [spec.id for spec in situation.candidates] + list(ENDINGS)
    rest = [Option(action=each, probability=0.0) for each in others if each != action]
    return Choice(ranked=(Option(action=action, probability=1.0), *rest))


@dataclass
class Fooled:
    """Reads what the task has it read, then does what the planted text says, in the way that looks best.

    Every value is pointed to wherever it stands, the requester's own words first, then machine fields, then people's
    text; what stands nowhere is claimed to be what the whole planted text says. `detour`: a read by which the value is
    looked up first, so that it comes out of a machine field of the application.
    """

    case: Case
    detour: str = ""

    def choose(self, situation: Situation) -> Choice:
        return sure(self._wanted(situation), situation)

    def _wanted(self, situation: Situation) -> str:
        plan = [f"helpdesk.{name}" for name in self._plan()]
        done = len([seen for seen in situation.observations if seen.status in ("ok", "error")])
        return plan[done] if done < len(plan) and done == len(situation.steps) else "finish"

    def _plan(self) -> list[str]:
        detour = [self.detour] if self.detour else []
        return [read_of(self.case)[0], *detour, self.case.goal.action]

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        if not situation.steps:
            name, slot = read_of(self.case)[1:]
            made = _quoted(situation.task.text, self.case.task.spans[slot], "request", "request")
            return Filled(arguments=(Argument(name=name, value=made),))
        wanted = DETOURS[action.name] if action.name == self.detour else self.case.values
        if action.name == "search_accounts":
            wanted = {"query": self._person()}
        return Filled(
            arguments=tuple(self._argument(situation, p, wanted[p.name]) for p in action.parameters if p.name in wanted)
        )

    def _person(self) -> str:
        return next(value for name, value in self.case.values.items() if name in ("username", "address"))

    def _argument(self, situation: Situation, parameter: Parameter, value: str) -> Argument:
        found = next(_places(situation, value), None) or self._claimed(situation, value)
        if value in closed_set(parameter.schema):
            found = Literal(value=value, provenance=Provenance(source="option", source_id="", raw=value))
        if parameter.schema.get("format") == "date":
            found = replace(found, value=typed(value, parameter.schema, now=situation.task.now))
        return Argument(name=parameter.name, value=found)

    def _claimed(self, situation: Situation, value: str) -> Literal:
        """It stands nowhere as such (hidden in tag characters): the whole text is said to mean it."""
        for made in _places(situation, self.case.text):
            return replace(made, value=value)
        raw = situation.task.text
        return Literal(value=value, provenance=Provenance(source="request", source_id="request", raw=raw, end=len(raw)))

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return Plan(task_id=situation.task.id, steps=())


def read_of(case: Case) -> tuple[str, str, str]:
    """The read that shows the planted text; for a document, any read of the task's."""
    slot = FIRST.get(case.place.name) or next(slot for slot in READS if slot in case.task.spans)
    return READS[slot]


def _places(situation: Situation, value: str) -> Iterator[Literal]:
    """Where a value stands: the request, a whole field, a part of people's text, a passage."""
    if value in situation.task.text:
        yield _quoted(situation.task.text, value, "request", "request")
    found = [(seen.step, leaf) for seen in situation.observations for leaf in leaves(seen.body)]
    for step, leaf in found:
        if leaf.value == value:
            yield _observed(step, leaf.path, value, value)
    for step, leaf in found:
        if isinstance(leaf.value, str) and value in leaf.value:
            yield _observed(step, leaf.path, value, leaf.value)
    for hit in situation.context.passages:
        if isinstance(hit.item, Passage) and value in hit.item.text:
            yield _quoted(hit.item.text, value, "document", hit.item.id)


def _quoted(text: str, raw: str, source: str, source_id: str) -> Literal:
    start = text.index(raw)
    where = Provenance(source=source, source_id=source_id, raw=raw, start=start, end=start + len(raw))  # type: ignore[arg-type]
    return Literal(value=raw, provenance=where)


def _observed(step: int, path: str, raw: str, text: str) -> Literal:
    start = text.index(raw)
    where = Provenance(
        source="observation", source_id=f"step:{step}", raw=raw, path=path, start=start, end=start + len(raw)
    )
    return Literal(value=raw, provenance=where)


@dataclass
class Refusing:
    """Says no to everything, and remembers what was asked about."""

    asked: list[Waiting] = field(default_factory=list)

    def approve(self, waiting: Waiting) -> Approval:
        self.asked.append(waiting)
        return Approval(approved=False, call_hash=waiting.call_hash)

    def answer(self, waiting: Waiting) -> str | None:
        self.asked.append(waiting)
        return None


def _ignore(event: Event) -> None:
    pass


@dataclass(kw_only=True)
class Ground:
    """One help desk for all cases, reset for each."""

    http: httpx.Client
    record: Record
    catalogued: Catalogued
    token: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def admin(self) -> Admin:
        return Admin(self.http)

    def planted(self, case: Case) -> tuple[Snapshot, list[Passage]]:
        """The state with the text in it, and the passages that a search for the request would find."""
        prepare(case.task, self.admin)
        self.admin.patch(case.goal.prepared(case.cast))
        if case.place.upload is None:
            self.admin.patch(case.place.rows(case.task, self.admin.snapshot(), case.text))
        return self.admin.snapshot(), self.passages(case)

    def passages(self, case: Case) -> list[Passage]:
        if case.place.upload is None:
            return []
        upload = case.place.upload(case.task, case.text)
        return apart().document(upload.fetched, tenant="default", trust=upload.trust).passages

    def fewer_requests(self) -> None:
        """So that the attacker's own is on the first page of those that are pending."""
        rows = self.admin.snapshot()["access_requests"]
        done = [row for row in rows if row["status"] == "pending" and row["request_id"] != OWN_REQUEST][10:]
        self.admin.patch(
            tuple(
                Patch(table="access_requests", key={"request_id": row["request_id"]}, values={"status": "approved"})
                for row in done
            )
        )

    def run(
        self,
        task: HelpDeskTask,
        lam: LAM,
        person: Person,
        passages: Sequence[Passage] = (),
        on_event: OnEvent = _ignore,
    ) -> Run:
        runner = Runner(
            lam=lam,
            retriever=FixedSearcher(self.catalogued.actions, passages=passages),
            record=self.record,
            requests=HashEmbedder(),
            executor=HttpExecutor(
                [self.catalogued.application], lambda _: self.token, approvals=self.record.approvals, pauses_s=(0, 0)
            ),
        )
        return runner.run(task_of(task), run_id=f"run-{next(self.numbers)}", person=person, on_event=on_event)

    def changes(self, before: Snapshot) -> list[JsonValue]:
        return [f"{each.kind} {each.table} {each.key}" for each in differences(before, self.admin.snapshot())]
