"""Stand-ins of the api tests: a LAM scripted by request, an embedder of words; and the help desk's back door."""

import re
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import httpx
import numpy as np
from keyring.backend import KeyringBackend
from numpy.typing import NDArray

from api.live import LiveRun
from api.wiring import Services
from examples.helpdesk.server import HelpDeskServer
from knowledge.types import ActionSpec, Literal, Parameter, Plan, Reference, Waiting
from models.lam import Choice, Filled, Situation
from tests.fakes import Move, Pointer, ScriptedLAM, answered, said, seen

GUIDES = {
    "unlock-account.md": "# Unlocking an account\n\nSearch the account of the person, then unlock the account.\n",
    "vpn.md": "# VPN access\n\nGrant VPN access until a last day, at most 90 days.\n",
    "devices.md": "# Wiping a device\n\nWipe a lost device, look at the device first.\n",
}


def last_answer(situation: Situation, parameter: Parameter) -> Literal | Reference:
    """The whole of what was answered last."""
    return answered(situation.task.utterances[-1].text)(situation, parameter)


NAME, USERNAME = "Amara Nyberg", "anyberg"
FOUND: Pointer = seen(0, "accounts.0.username")
SCRIPTS: dict[str, tuple[Move, ...]] = {
    "locked out": (
        Move(action="helpdesk.search_accounts", arguments={"query": said(NAME)}),
        Move(action="helpdesk.unlock_account", arguments={"username": FOUND}),
        Move(action="helpdesk.grant_vpn_access", arguments={"username": FOUND, "until": said("Friday")}),
    ),
    "Unlock": (
        Move(action="helpdesk.search_accounts", arguments={"query": said(NAME)}),
        Move(action="helpdesk.unlock_account", arguments={"username": FOUND}),
    ),
    "VPN": (
        Move(action="helpdesk.search_accounts", arguments={"query": said(NAME)}),
        Move(action="helpdesk.grant_vpn_access", arguments={"username": FOUND}, missing=("until",)),
        Move(action="helpdesk.grant_vpn_access", arguments={"username": FOUND, "until": last_answer}),
    ),
    "Wipe": (Move(action="helpdesk.wipe_device", arguments={"asset_tag": said("NH-20463")}),),
    "Password": (Move(action="refuse"),),
}


class BagEmbedder:
    """Words hashed into buckets: texts that share words are near. [N, 4096] float32, L2-normalised."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), 4096), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[zlib.crc32(word.encode()) % 4096] += 1.0
            row[0] += 0.01
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class LamByRequest:
    """A script for each request, chosen by a word in it.

    Where in the script it is, the situation says: one move a step, one an answer. So it goes on in any process.
    """

    def __init__(self, scripts: dict[str, tuple[Move, ...]]) -> None:
        self._scripts = scripts
        self.situations: list[Situation] = []

    def _scripted(self, situation: Situation) -> ScriptedLAM:
        said_ = situation.task.text
        moves = next((moves for word, moves in self._scripts.items() if word in said_), ())
        answers = sum(each.speaker == "requester" for each in situation.task.utterances)
        return ScriptedLAM(moves[len(situation.steps) + answers :])

    def choose(self, situation: Situation) -> Choice:
        self.situations.append(situation)
        return self._scripted(situation).choose(situation)

    def fill(self, situation: Situation, action: ActionSpec) -> Filled:
        scripted = self._scripted(situation)
        scripted.choose(situation)
        return scripted.fill(situation, action)

    def rollout(self, situation: Situation, *, max_steps: int = 8) -> Plan:
        return self._scripted(situation).rollout(situation, max_steps=max_steps)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The practice help desk and its administrator's door."""

    server: HelpDeskServer
    admin: httpx.Client

    def account(self, username: str) -> dict[str, object]:
        found: dict[str, object] = self.admin.get(f"/accounts/{username}").raise_for_status().json()
        return found

    def writes(self) -> int:
        return sum(self.admin.get("/_admin/writes").raise_for_status().json().values())

    def patch(self, table: str, key: dict[str, object], values: dict[str, object] | None) -> None:
        self.admin.post("/_admin/patch", json=[{"table": table, "key": key, "values": values}]).raise_for_status()


T = TypeVar("T")
PATIENCE_S = 120.0


def wait_for(look: Callable[[], T | None]) -> T:
    """What it finds at last; fails after a patience that a busy machine needs."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


def wait_until_asked(live: LiveRun) -> Waiting:
    return wait_for(lambda: live.waiting)


Serve = Callable[[Services], httpx.Client]


class MemoryKeyring(KeyringBackend):
    """A keyring that lasts as long as the test."""

    priority = 0.1  # type: ignore[assignment]  # a property of the class there

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]
