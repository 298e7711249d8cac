"""Approvals in a run: of the exact call, once, in time; and what a person may change in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from planner_world import NOW, World, act, end

from knowledge.approvals import StoredApproval
from knowledge.catalogue import Application
from knowledge.errors import Ungrounded
from knowledge.types import (
    ActionSpec,
    Context,
    Decision,
    Hit,
    JsonValue,
    Literal,
    Observation,
    Provenance,
    Run,
    Step,
    Task,
    Waiting,
)
from models.lam import Situation
from planner.call import Call, Permit
from planner.execute import HttpExecutor
from planner.ground import ground
from planner.loop import Budgets
from planner.person import Approval
from planner.policy import FilePolicy
from planner.policy_file import parse_policy
from tests.fakes import Pointer, said


@dataclass
class Editor:
    """A person who approves, but with other arguments; tries each of `edits` in turn."""

    edits: list[Mapping[str, JsonValue]]
    asked: list[Waiting] = field(default_factory=list)

    def approve(self, waiting: Waiting) -> Approval:
        self.asked.append(waiting)
        edits = self.edits.pop(0) if self.edits else {}
        return Approval(approved=True, call_hash=waiting.call_hash, arguments=edits, by="ana", note="so")

    def answer(self, waiting: Waiting) -> None:
        return None


def devices(world: World) -> tuple[str, str]:
    """One that is lost, and another."""
    lost = world.snapshot()["devices"]
    tags = [str(d["asset_tag"]) for d in lost if d["status"] == "lost"]
    if len(tags) < 2:
        other = next(d for d in lost if d["status"] != "lost")
        world.patch("devices", {"asset_tag": other["asset_tag"]}, {"status": "lost"})
        tags.append(str(other["asset_tag"]))
    return tags[0], tags[1]


def wipe(world: World, tag: str, person: Editor, *more: str, **parts: object) -> Run:
    moves = [act("wipe_device", asset_tag=said(each)) for each in (tag, *more)]
    return world.run(f"Wipe {' and '.join((tag, *more))}.", [*moves, end("finish")], person=person, **parts)


def stored(world: World, person: Editor, number: int = -1) -> StoredApproval:
    return world.record.approvals.get(person.asked[number].approval_id)


def test_an_approval_is_written_down_and_used_up(world: World) -> None:
    tag, _ = devices(world)
    person = Editor([])
    run = wipe(world, tag, person)
    assert run.outcome
    assert run.outcome.status == "verified"
    kept = stored(world, person)
    assert (kept.status, kept.by, kept.note, kept.run_id, kept.step) == ("used", "ana", "so", run.id, 0)
    assert kept.call["target"] == world.catalogued.application.base_url
    assert kept.call["arguments"] == {"asset_tag": tag}


def test_the_edited_call_is_what_runs(world: World) -> None:
    asked, wanted = devices(world)
    person = Editor([{"asset_tag": wanted}])
    run = wipe(world, asked, person)
    assert run.outcome
    assert run.outcome.status == "verified", run.outcome
    status = {str(d["asset_tag"]): d["status"] for d in world.snapshot()["devices"]}
    assert status[asked] == "lost"
    assert status[wanted] != "lost"
    (argument,) = run.steps[0].arguments
    assert isinstance(argument.value, Literal)
    assert argument.value.value == wanted
    assert argument.value.provenance.source == "person"
    assert argument.value.provenance.trust == "trusted"
    assert argument.value.provenance.source_id == f"approval:{person.asked[0].approval_id}"
    kept = stored(world, person)
    assert kept.status == "used"
    assert kept.call_hash != person.asked[0].call_hash
    (intent,) = world.record.runs.journal(run.id)
    assert intent.call_hash == kept.call_hash
    assert intent.call["arguments"] == {"asset_tag": wanted}


def test_an_edit_that_is_no_value_of_the_action_is_not_run(world: World) -> None:
    tag, _ = devices(world)
    before = world.snapshot()
    for edits in ({"asset_tag": None}, {"asset_tag": 7}, {"asset_tag": "a/../b"}, {"colour": "red"}):
        run = wipe(world, tag, Editor([edits]))
        assert run.observations[0].status == "ungrounded"
    assert world.snapshot() == before


def test_each_call_needs_an_approval_of_its_own(world: World) -> None:
    one, two = devices(world)
    person = Editor([])
    run = wipe(world, one, person, two)
    assert [each.status for each in run.observations] == ["ok", "ok"]
    assert len({waiting.approval_id for waiting in person.asked}) == 2
    assert [stored(world, person, n).status for n in (0, 1)] == ["used", "used"]


def test_an_approval_that_expired_before_it_was_used_opens_nothing(world: World) -> None:
    tag, _ = devices(world)
    before = world.snapshot()
    executor = HttpExecutor(
        [world.catalogued.application],
        lambda _: world.token,
        approvals=world.record.approvals,
        now=lambda: datetime.now(UTC) + timedelta(seconds=61),
    )
    run = wipe(world, tag, Editor([]), executor=executor, budgets=Budgets(approval_s=60))
    assert run.outcome
    assert run.outcome.status == "asked"
    assert "expired" in run.outcome.reason
    assert world.snapshot() == before


def test_an_approval_cannot_be_used_again_by_another_call_of_the_same_kind(world: World) -> None:
    """The executor itself is asked, with the very permit that was good once."""
    tag, other = devices(world)
    made: list[tuple[Call, Permit]] = []
    real = world.runner([]).executor

    class Keeping:
        def execute(self, call: Call, permit: Permit) -> Observation:
            made.append((call, permit))
            return real.execute(call, permit)

    wipe(world, tag, Editor([]), executor=Keeping())
    call, permit = next(pair for pair in made if pair[0].spec.effect != "read")
    assert permit.approval
    assert permit.approval.arguments == {}
    writes = world.writes("wipe_device")
    assert real.execute(call, permit).code == "approval_used"
    assert real.execute(_with(call, other), permit).code == "approval_mismatch"
    forged = Approval(approved=True, call_hash=_with(call, other).hash, id=permit.approval.id)
    assert real.execute(_with(call, other), Permit(decision=permit.decision, approval=forged)).code == "approval_used"
    unknown = Approval(approved=True, call_hash=call.hash, id="made up")
    assert real.execute(call, Permit(decision=permit.decision, approval=unknown)).code == "approval_unknown"
    assert world.writes("wipe_device") == writes


def _with(call: Call, tag: str) -> Call:
    from dataclasses import replace

    (argument,) = call.step.arguments
    assert isinstance(argument.value, Literal)
    changed = replace(argument, value=replace(argument.value, value=tag))
    return replace(call, step=replace(call.step, arguments=(changed,)))


def test_what_was_decided_in_the_record_meanwhile_is_what_counts(world: World) -> None:
    tag, _ = devices(world)

    class Slow(Editor):
        """Says yes after somebody else, in another process, said no."""

        def approve(self, waiting: Waiting) -> Approval:
            at = datetime.now(UTC)
            world.record.approvals.decide(
                waiting.approval_id, approved=False, at=at, expires_at=at, by="bo", note="not that one"
            )
            return super().approve(waiting)

    run = wipe(world, tag, Slow([]))
    assert run.outcome
    assert run.outcome.status == "cancelled"
    assert "not that one" in run.outcome.reason


def test_an_approval_that_nobody_gives_is_withdrawn(world: World) -> None:
    tag, _ = devices(world)

    class Away(Editor):
        def approve(self, waiting: Waiting) -> Approval:
            self.asked.append(waiting)
            return None  # type: ignore[return-value]

    class Gone(Away):
        def approve(self, waiting: Waiting) -> Approval:
            super().approve(waiting)
            raise KeyboardInterrupt

    for person in (Away([]), Gone([])):
        run = wipe(world, tag, person)
        assert run.outcome
        assert run.outcome.status in ("asked", "cancelled")
        assert stored(world, person).status == "withdrawn"


def test_an_application_that_moved_after_the_approval_is_not_called(world: World) -> None:
    tag, _ = devices(world)
    application: Application = world.catalogued.application
    run = wipe(world, tag, Editor([]), base_url=f"{application.base_url}/moved")
    assert run.observations[0].code == "approval_mismatch"


# ---- who gave a value


def situation(world: World) -> Situation:
    hit = Hit(kind="action", score=1, similarity=1, item=world.spec("wipe_device"))
    return Situation(task=Task(id="t", text="Wipe A1.", now=NOW), context=Context(actions=(hit,)))


def claimed(value: str) -> Step:
    from knowledge.types import Argument

    origin = Provenance(source="person", source_id="approval:x", raw=value)
    argument = Argument(name="asset_tag", value=Literal(value=value, provenance=origin))
    return Step(index=0, action="helpdesk.wipe_device", arguments=(argument,))


def test_a_model_cannot_say_that_a_person_gave_a_value(world: World) -> None:
    with pytest.raises(Ungrounded, match="given by nobody"):
        ground(claimed("NH-1"), situation(world))
    with pytest.raises(Ungrounded, match="given by nobody"):
        ground(claimed("NH-1"), situation(world), given={"asset_tag": "NH-2"})
    assert ground(claimed("NH-1"), situation(world), given={"asset_tag": "NH-1"}).step == claimed("NH-1")


def test_a_run_whose_model_says_so_asks_nobody_and_does_nothing(world: World) -> None:
    def forged(_: object, __: object) -> Literal:
        return Literal(value="NH-1", provenance=Provenance(source="person", source_id="approval:x", raw="NH-1"))

    pointer: Pointer = forged
    person = Editor([])
    run = world.run("Wipe it.", [act("wipe_device", asset_tag=pointer), end("escalate")], person=person)
    assert run.observations[0].status == "ungrounded"
    assert not person.asked


# ---- a policy file in a run


def test_the_rules_of_a_file_decide_and_every_decision_is_told(world: World) -> None:
    text = """
version: 1
roles: {operator: [ana]}
rules:
  - {name: reads, effect: read, verdict: allow, reason: fine}
  - {name: no-wiping, action: "*.wipe_*", role: requester, verdict: deny, reason: "{requester} is {role}."}
  - {name: wiping, action: "*.wipe_*", verdict: ask, reason: careful}
"""
    tag, _ = devices(world)
    moves = [act("get_device", asset_tag=said(tag)), act("wipe_device", asset_tag=said(tag))]
    policy = FilePolicy(parse_policy(text, source="p.yaml"))
    before = world.snapshot()
    run = world.run(f"Wipe {tag}.", moves, requester="bo", policy=policy, person=Editor([]))
    assert run.outcome
    assert (run.outcome.status, world.snapshot()) == ("refused", before)
    decided = [(e.data["verdict"], e.data["rule"], e.data["reason"]) for e in world.events if e.kind == "decided"]
    assert decided == [("allow", "reads", "fine"), ("deny", "no-wiping", "bo is requester.")]
    assert isinstance(policy.decide(world.spec("wipe_device"), run.steps[1], situation(world)), Decision)


# ---- dry run

PLAN = "Look at {tag} and wipe it."


def test_a_dry_run_reads_and_decides_but_changes_nothing(world: World) -> None:
    tag, _ = devices(world)
    before, person = world.snapshot(), Editor([])
    moves = [act("get_device", asset_tag=said(tag)), act("wipe_device", asset_tag=said(tag)), end("finish")]
    run = world.run(f"Look at {tag} and wipe it.", moves, person=person, dry_run=True)
    assert run.outcome
    assert run.outcome.status == "unverified"
    assert f"It would have: wipe device with asset tag “{tag}”" in run.outcome.reason
    assert [each.status for each in run.observations] == ["ok", "placeholder"]
    assert "A person would have been asked" in run.observations[1].message
    assert [(e.data["rule"], e.data["dry_run"]) for e in world.events if e.kind == "decided"] == [
        ("reads-run", True),
        ("irreversible-asks", True),
    ]
    assert not person.asked
    assert world.snapshot() == before
    assert world.record.runs.journal(run.id) == []
    assert [each.id for each in world.record.memory.list() if each.outcome.status == "verified"] == []


def test_a_dry_run_goes_on_after_a_write_and_stops_at_what_is_denied(world: World) -> None:
    class NoWiping:
        def decide(self, spec: ActionSpec, step: Step, situation: Situation) -> Decision:
            denied = spec.name == "wipe_device"
            return Decision(verdict="deny" if denied else "allow", rule="r", reason="No.")

    tag, other = devices(world)
    before = world.snapshot()
    moves = [act("report_device_lost", asset_tag=said(tag)), act("wipe_device", asset_tag=said(other))]
    run = world.run(f"Wipe {tag} and {other}.", moves, policy=NoWiping(), dry_run=True)
    assert run.outcome
    assert [each.status for each in run.observations] == ["placeholder", "denied"]
    assert run.outcome.status == "refused"
    assert world.snapshot() == before


# ---- reading back


def test_reading_back_what_was_done_is_decided_by_the_policy_too(world: World) -> None:
    tag, other = devices(world)
    text = "version: 1\nrules:\n  - {name: wiping, effect: irreversible, verdict: ask, reason: careful}\n"
    reads = "  - {name: reads, effect: read, verdict: allow, reason: fine}\n"
    run = wipe(world, tag, Editor([]), policy=FilePolicy(parse_policy(text + reads, source="p.yaml")))
    assert run.outcome
    assert run.outcome.status == "verified"
    told = [(e.data["action"], e.data["rule"], e.data["verifying"]) for e in world.events if e.kind == "decided"]
    look = ("helpdesk.get_device", "reads", True)
    assert told == [("helpdesk.wipe_device", "wiping", False), look, look]
    run = wipe(world, other, Editor([]), policy=FilePolicy(parse_policy(text, source="p.yaml")))
    assert run.outcome
    assert run.outcome.status == "unverified"
    assert [e.data["rule"] for e in world.events if e.kind == "decided"] == ["wiping", *["nothing-fits"] * 2]
