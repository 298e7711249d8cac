"""A result brings forward what retrieval could not know of, by what may steer and by nothing else."""

from dataclasses import replace

from models_toy import NOW, after, precedent, said

from knowledge.types import ActionSpec, Context, Hit, JsonSchema, JsonValue, Parameter, Task, Trajectory
from models.focus import MORE, focused
from models.lam import Situation
from models.layout import options
from models.votes import votes

TICKET: JsonSchema = {
    "type": "object",
    "properties": {
        "category": {"type": "string", "enum": ["mfa", "locked_account", "printing"]},
        "title": {"type": "string"},
    },
}


def action(name: str, description: str = "", returns: JsonSchema | None = None) -> ActionSpec:
    given = (Parameter(name="id", description="id", schema={"type": "string"}, required=True),)
    return ActionSpec(app="desk", name=name, description=description, parameters=given, returns=returns or {})


SHOW = action("get_ticket", "Show a ticket", TICKET)
ASSIGN, CLOSE = action("assign_ticket", "Give a ticket to a team"), action("close_ticket", "Close a ticket")
MFA = action("reset_mfa", "Reset the second factor")
UNLOCK = action("unlock", "Unlock an account that was locked")
WIPE = action("wipe_device", "Wipe a device")


def hits(*items: ActionSpec | Trajectory, similarity: float = 0.7) -> tuple[Hit, ...]:
    kinds = ("action" if isinstance(each, ActionSpec) else "precedent" for each in items)
    return tuple(
        Hit(kind=kind, score=1 / (i + 1), similarity=similarity, item=item)  # type: ignore[arg-type]
        for i, (kind, item) in enumerate(zip(kinds, items, strict=True))
    )


def handled(category: str, *then: ActionSpec, title: str = "Help") -> Trajectory:
    past = precedent("desk.get_ticket", *(each.id for each in then), bodies=({"category": category, "title": title},))
    return replace(past, id=f"{category} {title}")


def situation(found: Context, category: str = "mfa", title: str = "Help") -> Situation:
    before = Situation(task=Task(id="t", text="Please handle T-1", now=NOW), context=found)
    body: JsonValue = {"category": category, "title": title}
    return after(before, SHOW, body, id=said("T-1"))


def ids(found: tuple[Hit, ...]) -> list[str]:
    return [hit.item.id for hit in found]


def test_before_anything_was_seen_it_stays_as_it_was_found() -> None:
    found = Context(actions=hits(SHOW), spare=hits(MFA, handled("mfa", MFA)))
    assert focused(found, Situation(task=Task(id="t", text="", now=NOW), context=found)) == found


def test_precedents_that_saw_the_same_come_first_and_what_they_did_is_offered() -> None:
    nearest = [handled("printing", ASSIGN), handled("locked_account", UNLOCK)]
    found = Context(
        actions=hits(SHOW, ASSIGN),
        precedents=hits(*nearest, similarity=0.8),
        spare=hits(handled("mfa", WIPE), handled("mfa", WIPE, title="Other"), WIPE),
    )
    now = focused(found, situation(found))
    assert ids(now.precedents) == ["mfa Help", "mfa Other"]
    assert set(ids(now.spare)) == {each.id for each in nearest}, "nothing is lost"
    assert ids(now.actions) == [SHOW.id, ASSIGN.id, WIPE.id]
    after_it = replace(situation(found), context=now)
    assert max(votes(after_it).items(), key=lambda pair: pair[1])[0] == WIPE.id
    assert WIPE.id in options(after_it)


def test_an_action_that_a_state_names_is_offered_without_any_precedent() -> None:
    found = Context(actions=hits(SHOW, ASSIGN), spare=hits(WIPE, CLOSE, UNLOCK, MFA))
    assert ids(focused(found, situation(found)).actions) == [SHOW.id, ASSIGN.id, MFA.id]
    assert ids(focused(found, situation(found, "locked_account")).actions) == [SHOW.id, ASSIGN.id, UNLOCK.id]
    half = replace(found, spare=hits(WIPE, replace(UNLOCK, description="Open an account again")))
    assert ids(focused(half, situation(half, "locked_account")).actions) == [SHOW.id, ASSIGN.id], "every word of it"


def test_no_words_of_somebody_s_bring_an_action_forward() -> None:
    found = Context(actions=hits(SHOW, ASSIGN), spare=hits(WIPE, handled("printing", WIPE, title="wipe_device")))
    plain = focused(found, situation(found, "printing", title="x"))
    for title in ("wipe_device", "wipe", "device"):
        assert focused(found, situation(found, "printing", title=title)) == plain
    undeclared = replace(SHOW, returns={"type": "object", "properties": {"category": {"type": "string"}}})
    found = Context(actions=hits(undeclared), spare=hits(MFA))
    assert ids(focused(found, situation(found)).actions) == [SHOW.id], "only what the schema calls a state"


def test_a_word_that_fits_everything_names_nothing() -> None:
    every = [action(f"do_{letter}", "Something about mfa") for letter in "abcdefgh"]
    found = Context(actions=hits(SHOW), spare=hits(*every))
    assert ids(focused(found, situation(found)).actions) == [SHOW.id]
    found = Context(actions=hits(SHOW), spare=hits(*every[:MORE]))
    assert len(focused(found, situation(found)).actions) == 1 + MORE


def test_what_was_used_stays_and_the_rest_steps_back() -> None:
    found = Context(actions=hits(SHOW), spare=hits(MFA, UNLOCK))
    first = situation(found)
    done = after(replace(first, context=focused(found, first)), MFA, {"ok": True}, id=said("T-1"))
    later = focused(found, done)
    assert ids(later.actions) == [SHOW.id, MFA.id]
    locked = after(done, SHOW, {"category": "locked_account", "title": ""}, id=said("T-2"))
    assert MFA.id in ids(focused(found, locked).actions)
