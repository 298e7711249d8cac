"""What an OpenAPI document says of undoing, and of what must be seen afterwards."""

import json
from typing import Any

import pytest
from openapi_desk import changed, named

from knowledge.errors import BadCatalogue
from knowledge.openapi import read_openapi
from knowledge.types import ActionSpec

LAMP = {
    "/lamps": {"get": {"operationId": "list_lamps"}},
    "/lamp": {
        "get": {"operationId": "get_lamp"},
        "put": {
            "operationId": "set_lamp",
            "requestBody": {
                "content": {"application/json": {"schema": {"type": "object", "properties": {"level": {}}}}}
            },
        },
        "delete": {"operationId": "put_out", "x-lamplighter-only-undoes": True},
    },
}


def lamp(**said: Any) -> ActionSpec:
    paths = json.loads(json.dumps(LAMP))
    paths["/lamp"]["put"] |= {f"x-lamplighter-{name}": value for name, value in said.items()}
    return named(read_openapi(changed(paths=paths), app="home"), "set_lamp")


def test_ways_to_undo_are_read_in_order() -> None:
    restored = {"operation": "set_lamp", "arguments": {"level": "before.level"}, "when": {"before.on": True}}
    found = lamp(compensation=[restored, "put_out"]).undone_by
    assert [(way.action, way.arguments, way.when) for way in found] == [
        ("home.set_lamp", {"level": "before.level"}, {"before.on": True}),
        ("home.put_out", {}, {}),
    ]
    assert lamp(compensation="put_out").compensation == "home.put_out"
    assert lamp(compensation="put_out").undone_by == ()
    assert not named(read_openapi(changed(paths=LAMP), app="home"), "put_out").offered


def test_a_postcondition_is_read() -> None:
    found = lamp(
        postcondition={"read": "get_lamp", "holds": {"on": True, "rooms": {"has": "{level}"}, "x": {"none": True}}}
    )
    assert found.postcondition
    assert found.postcondition.read == "home.get_lamp"
    assert [(hold.path, hold.test, hold.value) for hold in found.postcondition.holds] == [
        ("on", "is", True), ("rooms", "has", "{level}"), ("x", "is", None)
    ]  # fmt: skip
    gone = lamp(postcondition={"read": "get_lamp", "gone": True}).postcondition
    assert gone
    assert gone.gone


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"compensation": 3}, "cannot be read.*an operation's id"),
        ({"compensation": {"arguments": {}}}, "cannot be read"),
        (
            {"compensation": {"operation": "set_lamp", "arguments": {"level": "level"}}},
            "before.PATH instead of 'level'",
        ),
        ({"compensation": {"operation": "set_lamp", "when": {"on": True}}}, "before.PATH instead of 'on'"),
        ({"compensation": {"operation": "set_lamp", "when": [1]}}, "`when` must be an object"),
        ({"compensation": {"operation": "put_out", "arguments": {"x": "before.x"}}}, "takes no 'x'.*it has none"),
        ({"postcondition": "get_lamp"}, "`read` with `holds`"),
        ({"postcondition": {"read": "get_lamp"}}, "either `holds` or `gone: true`"),
        ({"postcondition": {"read": "set_lamp", "gone": True}}, "'set_lamp' is not a read operation"),
    ],
)
def test_what_cannot_be_meant_is_said(said: dict[str, Any], message: str) -> None:
    with pytest.raises(BadCatalogue, match=message):
        lamp(**said)
