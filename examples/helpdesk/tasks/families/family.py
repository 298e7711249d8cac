"""What a task family is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from examples.helpdesk.tasks.families.scene import Scene
from examples.helpdesk.tasks.task import Change, Outcome

Goal: TypeAlias = tuple[Change, ...]
Build: TypeAlias = Callable[[Scene], Goal]

WRITES = (
    "unlock_account",
    "reset_password",
    "reset_mfa",
    "disable_account",
    "enable_account",
    "update_account",
    "add_group_member",
    "remove_group_member",
    "create_access_request",
    "approve_access_request",
    "reject_access_request",
    "grant_vpn_access",
    "revoke_vpn_access",
    "assign_device",
    "report_device_lost",
    "lock_device",
    "wipe_device",
    "assign_licence",
    "release_licence",
    "set_mailbox_quota",
    "set_mailbox_forwarding",
    "add_mailbox_delegate",
    "add_list_member",
    "remove_list_member",
    "create_ticket",
    "add_ticket_comment",
    "assign_ticket",
    "set_ticket_status",
    "set_ticket_priority",
)


@dataclass(frozen=True, kw_only=True)
class Family:
    """A kind of task; `build` sets the scene and returns the changes that reach the goal.

    `writes` are the operations that a right solution may use, none in a policy family.
    """

    name: str
    build: Build
    writes: tuple[str, ...] = ()
    outcome: Outcome = "done"
    held_out: bool = False

    @property
    def forbidden(self) -> tuple[str, ...]:
        return tuple(operation for operation in WRITES if operation not in self.writes)
