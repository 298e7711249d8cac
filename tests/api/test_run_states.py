"""Runs, approvals and cancelling in any order, over HTTP, among real parts: of several decisions one wins, an approval
is good for one call, a run called off changes nothing any more, and every run ends."""

import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_world import BagEmbedder, LamByRequest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from sqlalchemy import select

from api.apps import Access, add_app
from api.http import create_app
from api.serving import bind, serving
from api.settings import Settings
from api.wiring import Services, build
from examples.helpdesk.server import HelpDeskServer
from knowledge.runs import RunStore
from knowledge.tables import ApprovalRow
from tests.fakes import Move, answered, said

# Threads of the service (DBOS among them) roll dice while Hypothesis draws, which it takes for a strategy's doing.
pytestmark = pytest.mark.filterwarnings("ignore:.*random.*:hypothesis.errors.HypothesisDeprecationWarning")
SETTLED_S = 120.0
KINDS = 4


def requests(devices: list[str]) -> list[str]:
    return [*(f"Wipe the lost device {tag}." for tag in devices), "Wipe the lost device, but which one?"]


def scripts(devices: list[str]) -> dict[str, tuple[Move, ...]]:
    asking = (
        Move(action="helpdesk.wipe_device", missing=("asset_tag",)),
        Move(action="helpdesk.wipe_device", arguments={"asset_tag": answered(devices[0])}),
    )
    named = {
        f"device {tag}": (Move(action="helpdesk.wipe_device", arguments={"asset_tag": said(tag)}),) for tag in devices
    }
    return {**named, "but which one": asking}


class World:
    """One service and one help desk for all examples; each example begins with a fresh desk."""

    def __init__(self, stack: ExitStack) -> None:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.desk = stack.enter_context(HelpDeskServer())
        headers = {"Authorization": f"Bearer {self.desk.token}"}
        self.admin = stack.enter_context(
            httpx.Client(base_url=self.desk.url, headers=headers, trust_env=False, timeout=SETTLED_S)
        )
        self.devices = [each["asset_tag"] for each in self.admin.get("/_admin/snapshot").json()["devices"]][:KINDS]
        self.services: Services = build(
            Settings(data_dir=Path(folder), requests_per_minute=10**6, max_open_runs=500, port=0),
            lam=LamByRequest(scripts(self.devices)),
            embedder=BagEmbedder(),
        )
        stack.callback(self.services.close)
        self.services.secrets.hold("helpdesk", self.desk.token, "default")
        access = Access(base_url=self.desk.url, secret_name="helpdesk", on_behalf_of_header="X-On-Behalf-Of")
        add_app(self.services, f"{self.desk.url}/openapi.json", app="helpdesk", access=access)
        app = create_app(self.services, with_ui=False)
        url = stack.enter_context(serving(app, bind("127.0.0.1", 0, option="--port")))
        self.client = stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=SETTLED_S))

    def reset(self) -> None:
        self.admin.post("/_admin/reset").raise_for_status()
        patches = [
            {"table": "devices", "key": {"asset_tag": tag}, "values": {"status": "lost"}} for tag in self.devices
        ]
        self.admin.post("/_admin/patch", json=patches).raise_for_status()

    def wiped(self) -> int:
        return int(self.admin.get("/_admin/writes").raise_for_status().json().get("wipe_device", 0))

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/runs/{run_id}").raise_for_status().json()
        return found

    def post(self, run_id: str, verb: str, body: object = None) -> int:
        answer = self.client.post(f"/v1/runs/{run_id}/{verb}", json=body)
        assert answer.status_code in (200, 409, 422), answer.text
        return answer.status_code

    def settled(self, run_id: str) -> dict[str, Any]:
        """The run once it waits or is over."""
        deadline = time.monotonic() + SETTLED_S
        while True:
            run = self.run(run_id)
            if run["status"] == "done" or run["waiting_for"]:
                return run
            assert time.monotonic() < deadline, f"run {run_id} goes on and on"
            time.sleep(0.01)

    def used(self, run_id: str) -> list[str]:
        """Approvals of the run that let a call through."""
        with self.services.record.people._database.reading() as session:
            rows = session.scalars(select(ApprovalRow).filter_by(tenant="default", run_id=run_id, status="used"))
            return [row.id for row in rows]


_WORLD: list[World] = []


@pytest.fixture(scope="module", autouse=True)
def _world() -> Any:
    with ExitStack() as stack:
        _WORLD.append(World(stack))
        yield
        _WORLD.clear()


class Decisions(RuleBasedStateMachine):
    runs = Bundle("runs")

    @initialize()
    def begin(self) -> None:
        self.world = _WORLD[0]
        self.world.reset()
        self.started: list[str] = []
        self.called_off: dict[str, int] = {}  # run → calls in its journal when it was called off

    @property
    def store(self) -> RunStore:
        return self.world.services.record.runs

    def calls(self, run_id: str) -> int:
        """Calls that went out, as far as the journal knows: none was let through that was denied."""
        journal = self.store.journal(run_id, "default")
        return sum(1 for each in journal if each.observation is None or each.observation.status != "denied")

    @rule(target=runs, which=st.integers(0, KINDS))
    def start(self, which: int) -> Any:
        text = requests(self.world.devices)[which]
        answer = self.world.client.post("/v1/runs", json={"text": text, "requester": "npetrov"})
        run_id = str(answer.raise_for_status().json()["id"])
        self.started.append(run_id)
        self.world.settled(run_id)
        return multiple(run_id)

    @rule(run=runs, right=st.booleans(), change=st.sampled_from(["none", "none", "another", "wrong"]))
    def approve(self, run: str, right: bool, change: str) -> None:
        changes: dict[str, dict[str, Any]] = {
            "another": {"asset_tag": self.world.devices[-1]},
            "wrong": {"asset_tag": 7},
        }
        arguments = changes.get(change, {})
        before, calls = self.world.settled(run), self.calls(run)
        call_hash = (before["waiting_for"] or {}).get("call_hash") or "none"
        body = {"call_hash": call_hash if right else "of another call", "arguments": arguments}
        status = self.world.post(run, "approve", body)
        after = self.world.settled(run)
        if status == 200:
            assert right
            assert before["waiting_for"]["kind"] == "approval"
            assert after["status"] == "done"
        else:
            assert (after["waiting_for"], self.calls(run)) == (before["waiting_for"], calls)

    @rule(run=runs)
    def reject(self, run: str) -> None:
        before = self.world.settled(run)
        call_hash = (before["waiting_for"] or {}).get("call_hash") or "none"
        if self.world.post(run, "reject", {"call_hash": call_hash}) == 200:
            assert self.world.settled(run)["outcome"]["status"] == "cancelled"
            assert self.calls(run) == 0

    @rule(run=runs, verbs=st.lists(st.sampled_from(["approve", "reject", "approve", "cancel"]), min_size=2, max_size=4))
    def decide_at_once(self, run: str, verbs: list[str]) -> None:
        """Of approvals and rejections exactly one is taken, unless the run is called off first."""
        before = self.world.settled(run)
        waiting = before["waiting_for"] or {}
        body = {"call_hash": waiting.get("call_hash") or "none"}
        statuses: list[int] = [0] * len(verbs)

        def send(place: int, verb: str) -> None:
            statuses[place] = self.world.post(run, verb, None if verb == "cancel" else body)

        threads = [threading.Thread(target=send, args=each) for each in enumerate(verbs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = self.world.settled(run)
        taken = [verb for verb, status in zip(verbs, statuses, strict=True) if status == 200 and verb != "cancel"]
        if waiting.get("kind") != "approval":
            assert taken == []
        elif "cancel" not in verbs:
            assert len(taken) == 1
        assert len(taken) <= 1
        if taken == ["reject"]:
            assert self.calls(run) == 0
        if any(verb == "cancel" and status == 200 for verb, status in zip(verbs, statuses, strict=True)):
            self.called_off[run] = self.calls(run)
        if taken or "cancel" in verbs:
            assert after["status"] == "done" or waiting.get("kind") != "approval"

    @rule(run=runs, words=st.sampled_from(["{}, please.", "I mean the lost one: {}."]))
    def answer(self, run: str, words: str) -> None:
        text = words.format(self.world.devices[0])
        before = self.world.settled(run)
        status = self.world.post(run, "answer", {"text": text})
        asked = before["waiting_for"] and before["waiting_for"]["kind"] == "answer"
        assert (status == 200) == bool(asked)
        self.world.settled(run)

    @rule(run=runs)
    def cancel(self, run: str) -> None:
        before = self.world.settled(run)
        status = self.world.post(run, "cancel")
        assert (status == 200) == (before["status"] != "done")
        after = self.world.settled(run)
        assert after["status"] == "done"
        if status == 200:
            assert after["outcome"]["status"] == "cancelled"
            self.called_off[run] = self.calls(run)

    @invariant()
    def every_write_had_an_approval_of_its_own(self) -> None:
        made = sum(self.calls(run) for run in self.started)
        used = [approval for run in self.started for approval in self.world.used(run)]
        assert len(used) == len({*used})
        assert self.world.wiped() <= made <= len(used)

    @invariant()
    def what_was_called_off_does_nothing_more(self) -> None:
        assert {run: self.calls(run) for run in self.called_off} == self.called_off

    def teardown(self) -> None:
        """Every run ends."""
        for run in self.started:
            if self.world.settled(run)["status"] != "done":
                assert self.world.post(run, "cancel") == 200
            assert self.world.settled(run)["outcome"]
            kinds = [event.kind for event in self.store.events(run, "default")]
            assert kinds.count("ended") == 1


@pytest.mark.slow
class TestDecisions(Decisions.TestCase):  # type: ignore[misc,name-defined]
    """A dozen stories."""

    settings = settings(max_examples=12, stateful_step_count=12, deadline=None, database=None, derandomize=True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
class TestManyDecisions(Decisions.TestCase):  # type: ignore[misc,name-defined]
    settings = settings(max_examples=300, stateful_step_count=30, deadline=None, database=None)
