"""A help desk of four actions, and lessons in it small enough for a network of two layers to learn by heart."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from knowledge.types import (
    ActionSpec,
    Argument,
    Context,
    Hit,
    JsonValue,
    Literal,
    Observation,
    Outcome,
    Parameter,
    Passage,
    Provenance,
    Reference,
    Step,
    Task,
    Trajectory,
)
from models.annotate import label, transferred
from models.lam import Situation
from models.layout import choose_scene, fill_scene, options, skeleton
from models.scene import Example

NOW = datetime(2026, 3, 12, 9, 30)  # a Thursday
TEXT = {"type": "string"}

SEARCH = ActionSpec(
    name="search_accounts",
    app="desk",
    description="Find accounts by a person's name",
    effect="read",
    parameters=(Parameter(name="query", description="a name", schema=TEXT, required=True),),
    returns={
        "type": "object",
        "properties": {
            "accounts": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "username": TEXT,
                        "full_name": TEXT,
                        "state": {"type": "string", "enum": ["active", "locked"]},
                        "failed_logins": {"type": "integer"},
                        "vpn": {"type": "boolean"},
                    },
                },
            }
        },
    },
)
UNLOCK = ActionSpec(
    name="unlock_account",
    app="desk",
    description="Unlock an account",
    parameters=(Parameter(name="username", description="user name", schema=TEXT, required=True),),
    returns={"type": "object", "properties": {"state": {"type": "string", "enum": ["active", "locked"]}}},
)
MOVE = ActionSpec(
    name="move_ticket",
    app="desk",
    description="Move a ticket to another team",
    parameters=(
        Parameter(name="ticket", description="number of the ticket", schema={"type": "integer"}, required=True),
        Parameter(name="team", description="new team", schema={"enum": ["network", "hardware"]}, required=True),
        Parameter(name="urgent", description="at once", schema={"type": "boolean"}),
    ),
    returns={"type": "object", "properties": {"ticket": {"type": "integer"}}},
)
GRANT = ActionSpec(
    name="grant_vpn",
    app="desk",
    description="Give VPN access for a while",
    parameters=(
        Parameter(name="username", description="user name", schema=TEXT, required=True),
        Parameter(name="until", description="last day", schema={"type": "string", "format": "date"}, required=True),
    ),
    returns={"type": "object", "properties": {"granted": {"type": "boolean"}}},
)
ACTIONS = (SEARCH, UNLOCK, MOVE, GRANT)


def situation(
    text: str = "Please unlock the account of Ann Lee.",
    *,
    task: Task | None = None,
    actions: tuple[ActionSpec, ...] = ACTIONS,
    passages: tuple[Passage, ...] = (),
    precedents: tuple[Trajectory, ...] = (),
    similarity: float = 0.85,
) -> Situation:
    context = Context(
        actions=tuple(Hit(kind="action", score=1 / (i + 1), similarity=0.5, item=a) for i, a in enumerate(actions)),
        passages=tuple(Hit(kind="passage", score=1.0, similarity=0.5, item=p) for p in passages),
        precedents=tuple(Hit(kind="precedent", score=1.0, similarity=similarity, item=p) for p in precedents),
    )
    return Situation(task=task or Task(id="t", text=text, now=NOW), context=context)


def passage(text: str, *, trust: str = "trusted", heading: str = "Help > Accounts") -> Passage:
    return Passage(
        id=f"p-{trust}",
        document_id="d1",
        heading=heading,
        text=text,
        start=0,
        end=len(text),
        content_hash="",
        trust=trust,
    )


def seen(step: int, path: str, value: JsonValue) -> Literal:
    text = str(value)
    where = Provenance(source="observation", source_id=f"step:{step}", raw=text, end=len(text), path=path)
    return Literal(value=value, provenance=where)


def said(value: JsonValue, raw: str = "") -> Literal:
    return Literal(value=value, provenance=Provenance(source="request", source_id="request", raw=raw or str(value)))


def after(
    so_far: Situation,
    action: ActionSpec,
    body: JsonValue = None,
    *,
    status: str = "ok",
    code: str = "",
    **arguments: Literal | Reference,
) -> Situation:
    index = len(so_far.steps)
    given = tuple(Argument(name=name, value=value) for name, value in arguments.items())
    step = Step(index=index, action=action.id, arguments=given)
    observed = Observation(step=index, status=status, body=body, code=code)
    return replace(so_far, steps=(*so_far.steps, step), observations=(*so_far.observations, observed))


def accounts(*names: str, **more: JsonValue) -> dict[str, JsonValue]:
    rows = [{"username": n.split()[1].lower(), "full_name": n, "state": "locked", **more} for n in names]
    return {"accounts": rows}  # type: ignore[dict-item]


def precedent(*actions: str, ending: str = "finish", bodies: tuple[JsonValue, ...] = ()) -> Trajectory:
    filled = [*bodies, *[None] * len(actions)]
    return Trajectory(
        id="-".join(actions) or "none",
        task=Task(id="old", text="an old request", now=NOW),
        steps=tuple(Step(index=i, action=action) for i, action in enumerate(actions)),
        observations=tuple(Observation(step=i, status="ok", body=filled[i]) for i in range(len(actions))),
        ending=ending,  # type: ignore[arg-type]
        outcome=Outcome(status="verified"),
        created_at=NOW,
    )


# ---- lessons


NAMES = ("Ann Lee", "Bob Stone", "Eva Green")


def lesson(at: Situation, right: str, **values: JsonValue) -> Example:
    """What to do at this point: an ending, or an action with its values, which are looked for in the sources."""
    choose, index = choose_scene(at), options(at).index(right)
    spec = next((a for a in at.candidates if a.id == right), None)
    if spec is None:
        return Example(origin="toy", choose=choose, right=index)
    fill = fill_scene(at, spec)
    labels = tuple(label(p, values.get(p.name), fill, now=NOW) for p in spec.parameters)
    assert all(each.known for each in labels)
    return Example(origin="toy", choose=choose, right=index, fill=fill, labels=labels)


def planned(real: Example, at: Situation) -> Example:
    """The same lesson where the results are not known yet: every label at the place that it has in the real one."""
    spec = next(a for a in at.candidates if a.id == options(at)[real.right])
    fill = fill_scene(at, spec)
    assert real.fill
    labels = tuple(transferred(each, real.fill, fill) for each in real.labels)
    assert all(each.known for each in labels)
    return replace(real, choose=choose_scene(at), fill=fill, labels=labels)


def unlocking(name: str, *, known: bool = True) -> Iterator[Example]:
    begin = situation(f"Please unlock the account of {name}.")
    yield lesson(begin, SEARCH.id, query=name)
    username = name.split()[1].lower()
    searched = after(begin, SEARCH, accounts(name), query=said(name))
    unlock = lesson(searched, UNLOCK.id, username=username)
    status = "ok" if known else "placeholder"
    if not known:
        searched = after(begin, SEARCH, skeleton(SEARCH.returns), status=status, query=said(name))
        unlock = planned(unlock, searched)
    yield unlock
    where = seen(0, "accounts.0.username", username) if known else Reference(step=0, path="accounts.0.username")
    done = {"state": "active"} if known else skeleton(UNLOCK.returns)
    yield lesson(after(searched, UNLOCK, done, status=status, username=where), "finish")


def moving(ticket: int, team: str) -> Iterator[Example]:
    begin = situation(f"Move ticket {ticket} to the {team} team, thanks.")
    yield lesson(begin, MOVE.id, ticket=ticket, team=team)
    yield lesson(after(begin, MOVE, {"ticket": ticket}, ticket=said(ticket), team=said(team)), "finish")


def granting(name: str, until: str, day: str) -> Iterator[Example]:
    begin = situation(f"Give {name} VPN access until {until}.")
    yield lesson(begin, GRANT.id, username=name, until=day)
    yield lesson(after(begin, GRANT, {"granted": True}, username=said(name), until=said(day, until)), "finish")


def lessons() -> list[Example]:
    made = [each for name in NAMES for known in (True, False) for each in unlocking(name, known=known)]
    made += [each for ticket, team in ((12, "network"), (77, "hardware")) for each in moving(ticket, team)]
    made += granting("jdoe", "20 March", "2026-03-20")
    return made + list(granting("mbauer", "next Friday", "2026-03-13"))
