"""Examples of two made-up applications, as a data set's parts: requests, actions and values drawn by a seed."""

import random

from models.dataset import Part
from models.endings import ENDING_TEXTS
from models.scene import CandidateText, ChooseScene, Example, FillScene, Label, ParameterText, Source, Span

PEOPLE = ("Milan Kimura", "Naoko Varga", "Erik Lopez", "Aiko Dahl", "Ann Lee", "Bob Stone", "Eva Green", "Ivan Petrov")
VERBS = ("unlock", "reset", "disable", "move", "wipe", "rename", "archive", "restore", "share", "print")
PLACES = ("before lunch", "since she is back", "as her manager asked", "for the audit", "while he travels", "after all")
OPENINGS = ("Please", "Could you", "We have to", "Somebody should", "It is time to", "My team wants you to")
THINGS = ("account", "mailbox", "laptop", "folder", "calendar", "licence", "badge", "phone", "printer", "wiki page")


def candidates(*names: str) -> tuple[CandidateText, ...]:
    own = tuple(
        CandidateText(name=n, description=f"To {n.replace('_', ' ')}", features=(0.5, 0.5, 0.4, 0, 0, 0)) for n in names
    )
    return own + tuple(CandidateText(name=n, description=t) for n, t in ENDING_TEXTS.items())


def step(person: str, request: str, action: str, others: tuple[str, ...], origin: str) -> Example:
    """The account of a person who was just found, pointed to in the result."""
    first, last = person.lower().split()
    account = f"{first[0]}{last}"
    sources = (
        Source(id="request", kind="text", text=request),
        Source(
            id="step:0", kind="leaf", label=f"search accounts {person}: username", text=account, path="rows.0.username"
        ),
        Source(id="step:0", kind="leaf", label="name", text=person, path="rows.0.full_name"),
        Source(id="step:0", kind="leaf", label="mail", text=f"{first}.{last}@x.example", path="rows.0.mail"),
    )
    at = request.index(person)
    parameters = (
        ParameterText(name="username", description="whose account"),
        ParameterText(name="person", description="the name"),
        ParameterText(name="mode", description="how", options=("soft", "hard")),
    )
    labels = (
        Label(spans=(Span(source=1, start=0, end=len(account)),)),
        Label(spans=(Span(source=0, start=at, end=at + len(person)), Span(source=2, start=0, end=len(person)))),
        Label(option=1),
    )
    offered = candidates(action, *others)
    history = (f"search accounts ({person}) ok: rows 1;",)
    return Example(
        origin=origin,
        choose=ChooseScene(request=request, history=history, passages=("Help: how it is done.",), candidates=offered),
        right=0,
        fill=FillScene(action=action, sources=sources, parameters=parameters),
        labels=labels,
    )


def steps(count: int, *, seed: int, app: str, families: int = 6) -> tuple[Example, ...]:
    rng = random.Random(seed)
    made = []
    for number in range(count):
        verb, thing = VERBS[number % families], rng.choice(THINGS)
        person, ticket = rng.choice(PEOPLE), rng.randint(10_000, 99_999)
        request = f"{rng.choice(OPENINGS)} {verb} the {thing} of {person} {rng.choice(PLACES)}, see NH-{ticket}."
        others = tuple(f"{v}_{thing}" for v in rng.sample(VERBS, 3) if v != verb)
        made.append(step(person, request, f"{verb}_{thing}", others, f"{app}:{verb}"))
    return tuple(made)


def part(label: str, *, count: int = 120, seed: int = 1, dev: tuple[Example, ...] = (), level: str = "wording") -> Part:
    return Part(
        label=label,
        name=f"Made up: {label}",
        licence="Apache-2.0",
        sha256="ab" * 32,
        level=level,  # type: ignore[arg-type]
        train=steps(count, seed=seed, app=label),
        dev=dev,
    )
