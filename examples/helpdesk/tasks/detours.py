"""Wrong turns on an expert's way: who only ever saw right calls takes the first error for a refusal.

Before a call another one is made that the desk answers with nothing found, or turns down; then the expert goes on.
Nothing is changed by it, or the run is not kept. What is forbidden is no wrong turn: there the expert refuses, too.
"""

from collections.abc import Iterator, Mapping
from random import Random

import httpx

from examples.helpdesk.tasks.client import Caller, Route
from examples.helpdesk.tasks.task import ExpertStep, Row, Value

OFTEN = 0.8  # of the calls that have a wrong turn nearby
LOOKS = ("search_groups", "search_licences", "search_distribution_lists")
# What one might do in its place, and what of a look's words that takes. No action of a held-out family is among them.
MISTAKEN = {
    "search_groups": ("add_group_member", "group"),
    "search_licences": ("assign_licence", "product"),
    "search_distribution_lists": ("add_list_member", "list"),
}
SIBLINGS: Mapping[str, tuple[str, ...]] = {
    "add_group_member": ("create_access_request", "remove_group_member"),
    "remove_group_member": ("add_group_member", "create_access_request", "revoke_vpn_access", "update_account"),
    "create_access_request": ("add_group_member", "remove_group_member"),
    "assign_licence": ("add_group_member", "add_list_member"),
    "add_list_member": ("add_group_member", "remove_list_member"),
    "remove_list_member": ("add_list_member", "remove_group_member", "revoke_vpn_access"),
    "grant_vpn_access": ("revoke_vpn_access", "unlock_account"),
    "revoke_vpn_access": ("unlock_account",),
    "unlock_account": ("revoke_vpn_access",),
    "enable_account": ("unlock_account",),
    "reset_password": ("unlock_account",),
    "reset_mfa": ("unlock_account",),
    "update_account": ("revoke_vpn_access", "unlock_account", "add_group_member"),
    "assign_device": ("report_device_lost",),
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "create_access_request": ("username", "group", "reason"),
    **dict.fromkeys(("add_group_member", "remove_group_member"), ("group", "username")),
    **dict.fromkeys(("add_list_member", "remove_list_member"), ("list", "username")),
    "assign_licence": ("product", "username"),
    "report_device_lost": ("asset_tag",),
}


class Accepted(RuntimeError):
    """The service took a wrong turn for a right one: the run is worth nothing."""


class Wanderer(Caller):
    """Takes a wrong turn now and then; those steps are `astray`. Raises Accepted."""

    def __init__(self, http: httpx.Client, known: Mapping[str, Route], *, on_behalf_of: str, rng: Random) -> None:
        super().__init__(http, known, on_behalf_of=on_behalf_of)
        self._rng = rng

    def call(self, operation: str, **arguments: Value) -> ExpertStep:
        if self._rng.random() < OFTEN:
            for wrong, given in self._turn(operation, arguments):
                made = self._answered(wrong, given, astray=True)
                if wrong not in LOOKS and made.status < 400:
                    raise Accepted(f"{wrong} was meant to be wrong, and was done.")
        return super().call(operation, **arguments)

    def _turn(self, operation: str, arguments: Row) -> Iterator[tuple[str, Row]]:
        if operation in LOOKS:
            elsewhere = self._rng.choice([each for each in LOOKS if each != operation])
            yield elsewhere, {"query": arguments["query"]}
            if self._rng.random() < 0.5 and (username := self._username()):
                wrong, name = MISTAKEN[elsewhere]
                yield wrong, {name: arguments["query"], "username": username}
        elif operation in SIBLINGS:
            wrong = self._rng.choice(SIBLINGS[operation])
            words = next((value for name, value in arguments.items() if name != "username"), None)
            given = {name: arguments.get(name, words) for name in NEEDED.get(wrong, ("username",))}
            if all(value is not None for value in given.values()):
                yield wrong, given

    def _username(self) -> Value:
        """Of the person found first."""
        for step in self.steps:
            if step.operation == "search_accounts" and isinstance(step.response, dict) and step.response["accounts"]:
                return str(step.response["accounts"][0]["username"])
        return None
