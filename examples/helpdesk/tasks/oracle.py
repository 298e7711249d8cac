"""The expert: solves a task over HTTP as the runbooks say, with the words of the request and what it observes.

One rule of order: work as far as the named facts carry, and end where a rule or a missing fact stands in the way. So a
person is searched before a missing date is asked for, but nothing is looked up for an incident, a wished password or an
outside address.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Never, TypeAlias

import httpx

from examples.helpdesk.tasks.client import Caller, routes
from examples.helpdesk.tasks.detours import Wanderer
from examples.helpdesk.tasks.task import Ending, ExpertTrajectory, HelpDeskTask, Value

Record: TypeAlias = dict[str, Any]
OK, NOT_FOUND = range(200, 300), 404
LOOKS = ("search_", "get_", "list_")


class Ended(Exception):
    """The expert stops here."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.kind)
        self.ending = ending


class UnexpectedAnswer(RuntimeError):
    """The service rejected a step that the expert was sure of: a broken task or a broken service."""


def ask(about: str) -> Never:
    raise Ended(Ending(kind="ask", about=about))


def refuse(about: str) -> Never:
    raise Ended(Ending(kind="refuse", about=about))


def escalate(to: str) -> Never:
    raise Ended(Ending(kind="escalate", about=to))


class Expert:
    """The steps that families share."""

    def __init__(self, task: HelpDeskTask, caller: Caller) -> None:
        self.task, self._caller = task, caller
        self._known: dict[tuple[str, tuple[tuple[str, Value], ...]], Record] = {}

    def says(self, slot: str) -> bool:
        return slot in self.task.spans

    def do(self, operation: str, **arguments: Value) -> Record:
        """What was looked up for the first of two wishes is known for the second."""
        call = operation, tuple(sorted(arguments.items()))
        if operation.startswith(LOOKS) and call in self._known:
            return self._known[call]
        step = self._caller.call(operation, **arguments)
        if step.status == NOT_FOUND and operation.startswith(LOOKS):
            ask("which one")
        if step.status not in OK:
            raise UnexpectedAnswer(f"{self.task.id}: {operation} answered {step.status} {step.response}")
        found: Record = step.response  # type: ignore[assignment]
        self._known[call] = found
        return found

    def attempt(self, operation: str, **arguments: Value) -> str:
        """The code with which the service rejects it, or nothing."""
        step = self._caller.call(operation, **arguments)
        return "" if step.status in OK else str(dict(step.response)["code"])  # type: ignore[call-overload]

    def person(self, slot: str = "person") -> Record:
        """The one account that the request means and that the desk may change."""
        found = self.do("search_accounts", query=self.task.spans[slot])
        if found["count"] != 1:
            ask("which person")
        account: Record = found["accounts"][0]
        if account["vip"]:
            escalate("executive support")
        return account

    def enabled_person(self) -> Record:
        account = self.person()
        if account["status"] == "disabled":
            escalate("Human Resources")
        return account

    def group(self) -> Record:
        return self._first(self.do("search_groups", query=self.task.spans["group"])["groups"])

    def licence(self) -> Record:
        return self._first(self.do("search_licences", query=self.task.spans["product"])["licences"])

    def mailing_list(self) -> Record:
        return self._first(self.do("search_distribution_lists", query=self.task.spans["list"])["lists"])

    def _first(self, rows: list[Record]) -> Record:
        if not rows:
            ask("which one")
        return dict(rows[0])


Solve: TypeAlias = Callable[[Expert], None]


class Oracle:
    """Solves tasks on one running service; the state must have been set up before."""

    def __init__(self, http: httpx.Client, solutions: dict[str, Solve]) -> None:
        self._http, self._solutions = http, solutions
        self._routes = routes(http)

    def solve(self, task: HelpDeskTask, *, astray: Random | None = None) -> ExpertTrajectory:
        """With wrong turns, if `astray`. Raises UnexpectedAnswer where the service contradicts the expert."""
        if astray:
            caller: Caller = Wanderer(self._http, self._routes, on_behalf_of=task.requester, rng=astray)
        else:
            caller = Caller(self._http, self._routes, on_behalf_of=task.requester)
        try:
            expert = Expert(task, caller)
            for wish in task.family.split("+"):
                self._solutions[wish](expert)
            ending = Ending(kind="finish")
        except Ended as ended:
            ending = ended.ending
        return ExpertTrajectory(steps=tuple(caller.steps), ending=ending)
