"""Which row of a list is next, once some were used."""

from dataclasses import replace
from datetime import datetime

from knowledge.types import ActionSpec, Argument, Context, Hit, Literal, Observation, Parameter, Provenance, Step, Task
from models.decode import Pointed, said_anywhere
from models.lam import Situation
from models.layout import fill_scene
from models.scene import FillScene, Span
from models.sets import continued

CLOSE = ActionSpec(
    app="desk",
    name="close",
    description="Close a ticket.",
    effect="write",
    parameters=(Parameter(name="ticket", schema={"type": "string"}, required=True),),
)
LIST = replace(CLOSE, name="list", effect="read", parameters=())
IDS = ("T-1", "T-2", "T-3")


def closed(index: int, row: int) -> tuple[Step, Observation]:
    where = Provenance(source="observation", source_id="step:0", path=f"tickets.{row}.id", raw=IDS[row])
    argument = Argument(name="ticket", value=Literal(value=IDS[row], provenance=where))
    return (
        Step(index=index, action=CLOSE.id, arguments=(argument,)),
        Observation(step=index, status="ok", body={"id": IDS[row], "status": "closed"}),
    )


def after(*rows: int) -> Situation:
    listed = Observation(step=0, status="ok", body={"tickets": [{"id": each} for each in IDS]})
    pairs = [(Step(index=0, action=LIST.id), listed), *(closed(i, row) for i, row in enumerate(rows, start=1))]
    hits = tuple(Hit(kind="action", score=0, similarity=0, item=spec) for spec in (LIST, CLOSE))
    return Situation(
        task=Task(id="t", text="Close them all.", now=datetime(2026, 4, 22, 12)),
        context=Context(actions=hits),
        steps=tuple(step for step, _ in pairs),
        observations=tuple(seen for _, seen in pairs),
    )


def pointing(scene: FillScene, chances: dict[str, float], *, none: float = 0.0) -> list[Pointed]:
    """At every place where each id stands, the likeliest first."""
    found = [
        Pointed(
            span=Span(source=i, start=0, end=len(source.text)),
            probability=chances[source.text],
            begins=chances[source.text],
            ends=1,
        )
        for i, source in enumerate(scene.sources)
        if source.text in chances
    ]
    return sorted([*found, Pointed(probability=none)], key=lambda each: -each.probability)


def next_row(situation: Situation, chances: dict[str, float], *, none: float = 0.0) -> tuple[str, float]:
    scene = fill_scene(situation, CLOSE)
    (row,) = continued([pointing(scene, chances, none=none)], scene, situation, CLOSE)
    span = row[0].span
    return (scene.sources[span.source].text if span else "", said_anywhere(row[0], row, scene))


def test_what_was_done_is_not_done_again_while_others_are_left() -> None:
    text, sure = next_row(after(0, 1), {"T-1": 0.3, "T-2": 0.5, "T-3": 0.02}, none=0.001)
    assert text == "T-3"
    assert sure > 0.9


def test_the_first_row_is_chosen_freely() -> None:
    assert next_row(after(), {"T-1": 0.3, "T-2": 0.5}) == ("T-2", 0.5)


def test_what_is_left_is_as_sure_as_it_is_against_the_rest() -> None:
    text, sure = next_row(after(1), {"T-1": 0.3, "T-2": 0.4, "T-3": 0.2}, none=0.1)
    assert text == "T-1"
    assert abs(sure - 0.5) < 0.01


def test_where_all_are_done_or_nothing_is_pointed_to_it_stays_as_it_was() -> None:
    assert next_row(after(0, 1, 2), {"T-1": 0.1, "T-2": 0.2, "T-3": 0.6})[0] == "T-3"
    assert next_row(after(0), {"T-1": 0.1, "T-2": 0.2}, none=0.6)[0] == ""
    assert next_row(after(0), {"T-1": 0.7, "T-2": 0.1}, none=0.2)[0] == "T-1"


def test_another_action_in_between_ends_the_set() -> None:
    situation = after(0)
    other = Step(index=2, action=LIST.id)
    seen = Observation(step=2, status="ok", body={"tickets": []})
    later = replace(situation, steps=(*situation.steps, other), observations=(*situation.observations, seen))
    assert next_row(later, {"T-1": 0.6, "T-2": 0.1})[0] == "T-1"
