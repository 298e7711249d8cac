from dataclasses import replace

from retrieval_desk import desk_actions

from knowledge.types import ActionSpec, Effect, JsonValue, Parameter
from retrieval.schema_graph import SchemaGraph


def action(
    name: str,
    path: str,
    *required: str,
    effect: Effect = "read",
    returns: dict[str, JsonValue] | None = None,
    schema: dict[str, JsonValue] | None = None,
) -> ActionSpec:
    parameters = tuple(Parameter(name=each, required=True, schema=schema or {"type": "string"}) for each in required)
    return ActionSpec(
        name=name, app="a", description="", parameters=parameters, returns=returns or {}, effect=effect, path=path
    )


def fields(*names: str) -> dict[str, JsonValue]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


def test_a_write_needs_the_collection_that_finds_its_identifier() -> None:
    graph = SchemaGraph(desk_actions())
    assert graph.needed("desk.grant_vpn_access").producers == ("desk.search_accounts",)
    assert graph.needed("desk.unlock_account").producers == ("desk.search_accounts",)


def test_a_write_needs_the_read_that_shows_what_it_changes() -> None:
    graph = SchemaGraph(desk_actions())
    assert graph.needed("desk.unlock_account").siblings == ("desk.get_account",)
    assert graph.needed("desk.wipe_device").siblings == ("desk.get_device",)
    assert graph.needed("desk.grant_vpn_access").siblings == ()


def test_values_that_a_request_says_itself_are_not_looked_for() -> None:
    list_things = action("list", "/things", returns=fields("kind", "title"))
    by_kind = action("set", "/things/{kind}", "kind", effect="write", schema={"enum": ["x", "y"]})
    titled = action("create", "/things", "title", effect="write")
    graph = SchemaGraph([list_things, by_kind, titled])
    assert graph.needed("a.set").producers == ()
    assert graph.needed("a.create").producers == ()


def test_without_a_collection_the_reads_that_ask_least_are_taken() -> None:
    find = action("find", "/search", "text", returns={"type": "array", "items": fields("box_id")})
    other = action("other", "/rooms/{room}", "room", returns=fields("boxId"))
    third = action("third", "/a/{room}/{shelf}", "room", "shelf", returns=fields("box-id"))
    write = action("seal", "/boxes/{boxId}", "boxId", effect="write")
    assert SchemaGraph([third, other, find, write]).needed("a.seal").producers == ("a.find", "a.other")


def test_the_id_of_a_nested_thing_counts_under_its_name() -> None:
    nested: dict[str, JsonValue] = {"properties": {"users": {"type": "array", "items": fields("id")}}}
    find = action("find", "/lookup", "text", returns={"anyOf": [{"type": "null"}, nested]})
    write = action("ban", "/users/{user_id}/ban", "user_id", effect="write")
    assert SchemaGraph([find, write]).needed("a.ban").producers == ("a.find",)


def test_apps_do_not_mix() -> None:
    foreign = [replace(each, app="second") for each in desk_actions() if each.effect == "read"]
    graph = SchemaGraph([*foreign, *(each for each in desk_actions() if each.effect == "write")])
    assert graph.needed("desk.unlock_account").producers == ()
    assert graph.needed("desk.unlock_account").siblings == ()


def test_a_schema_that_contains_itself_ends() -> None:
    cyclic: dict[str, JsonValue] = {"properties": {}}
    cyclic["properties"] = {"child": cyclic, "tag": {"type": "string"}}
    write = action("drop", "/tags/{tag}", "tag", effect="write")
    assert SchemaGraph([action("tree", "/tree", returns=cyclic), write]).needed("a.drop").producers == ("a.tree",)


def test_a_description_tells_which_identifier_a_parameter_takes() -> None:
    owned = replace(
        action("order", "/orders", effect="write"),
        app="desk",
        parameters=(
            Parameter(name="buyer", description="Username of the person who pays", required=True),
            Parameter(name="text", description="Name or asset_tag of the thing", required=True),
        ),
    )
    assert SchemaGraph([*desk_actions(), owned]).needed("desk.order").producers == ("desk.search_accounts",)
