import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from fastapi import FastAPI, Header, Query
from knowledge_nouns import WordHashEmbedder
from openapi_desk import DESK, changed, named
from pydantic import BaseModel, Field

from knowledge.catalogue import Application
from knowledge.errors import BadCatalogue, NotFound, Unreachable
from knowledge.openapi import Catalogued, add_application, embedded_text, read_openapi, words
from knowledge.record import Record
from knowledge.types import ActionSpec, Parameter


@pytest.fixture(scope="module")
def desk() -> Catalogued:
    return read_openapi(DESK, app="desk")


def parameters(action: ActionSpec) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in action.parameters}


def test_the_application(desk: Catalogued) -> None:
    assert desk.application == Application(
        name="desk",
        base_url="https://desk.example.com/api",
        title="Help desk",
        auth_header="X-Api-Key",
        secret_name="desk",
        on_behalf_of_header="X-On-Behalf-Of",
    )


def test_operations_become_actions(desk: Catalogued) -> None:
    assert [(action.name, action.method, action.effect) for action in desk.actions] == [
        ("get_account", "GET", "read"),
        ("delete_accounts_username", "DELETE", "irreversible"),
        ("lockAccount", "POST", "write"),
        ("unlockAccount", "POST", "write"),
        ("put_node", "PUT", "write"),
        ("post_search", "POST", "read"),
    ]
    assert named(desk, "lockAccount").compensation == "desk.unlockAccount"
    assert named(desk, "lockAccount").path == "/accounts/{username}/lock"
    assert named(desk, "lockAccount").source == "Help desk#POST /accounts/{username}/lock"


def test_what_json_cannot_call_is_left_out_with_a_reason(desk: Catalogued) -> None:
    assert desk.skipped == (
        "POST /upload: its body is not a JSON object",
        "POST /batch: its body is not a JSON object",
        "GET /session: it needs the cookie sid",
        "POST /reset: left out by x-lamplighter-skip",
    )


def test_descriptions(desk: Catalogued) -> None:
    assert named(desk, "get_account").description == "Look an account up"
    assert named(desk, "delete_accounts_username").description == "Deletes the account"
    assert named(desk, "put_node").description == "put node"
    assert embedded_text(named(desk, "unlockAccount")) == "unlock account: Lock account again"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("resetMFADevice", "reset mfa device"), ("reset_password", "reset password"), ("get2", "get 2"), ("查", "查")],
)
def test_names_in_words(name: str, expected: str) -> None:
    assert words(name) == expected


def test_parameters_of_path_and_operation_are_joined_without_ours(desk: Catalogued) -> None:
    username, verbose = named(desk, "get_account").parameters
    assert username == Parameter(
        name="username",
        description="Who",
        schema={"type": "string", "minLength": 1},
        required=True,
        location="path",
    )
    assert (verbose.name, verbose.required, verbose.location) == ("verbose", True, "query")


def test_body_properties_are_parameters(desk: Catalogued) -> None:
    found = parameters(named(desk, "post_search"))
    assert list(found) == ["text", "forwardTo", "url", "password"]
    assert found["text"] == Parameter(
        name="text", description="What to look for", schema={"type": "string"}, required=True
    )
    assert [each.sensitive for each in found.values()] == [False, True, False, True]


def test_results_are_resolved_schemas(desk: Catalogued) -> None:
    returns = named(desk, "get_account").returns
    assert returns == {
        "type": "object",
        "required": ["username", "state"],
        "properties": {
            "username": {"type": "string"},
            "state": {"type": ["string", "null"], "enum": ["on", "off", None]},
        },
    }
    jsonschema.validate({"username": "ada", "state": None}, dict(returns))


def test_circles_end(desk: Catalogued) -> None:
    node = named(desk, "put_node")
    assert parameters(node)["id"].schema == {"type": "integer", "exclusiveMinimum": 0}
    assert parameters(node)["parent"].schema == {"type": "object"}
    assert parameters(node)["children"].schema == {"type": "array", "items": {"type": "object"}}
    assert node.returns == {}


def test_text_bytes_and_file_read_the_same(desk: Catalogued, tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(DESK)
    from_file = read_openapi(tmp_path / "desk.yaml", app="desk")
    assert from_file.application == desk.application
    assert from_file.actions[0].source.startswith(f"{tmp_path}/desk.yaml#")
    assert read_openapi(str(tmp_path / "desk.yaml"), app="desk") == from_file
    assert read_openapi(DESK.encode(), app="desk") == desk


def test_json_yaml_and_dict_read_the_same() -> None:
    found = read_openapi(api(), app="t", base_url="http://h")
    assert read_openapi(json.dumps(api()), app="t", base_url="http://h") == found
    assert read_openapi(yaml.safe_dump(api(), sort_keys=False), app="t", base_url="http://h") == found


def test_effects_can_be_overridden(desk: Catalogued) -> None:
    changed = read_openapi(DESK, app="desk", effects={"lockAccount": "irreversible"})
    assert named(changed, "lockAccount").effect == "irreversible"
    with pytest.raises(BadCatalogue, match="lockAcount"):
        read_openapi(DESK, app="desk", effects={"lockAcount": "read"})


class Ticket(BaseModel):
    title: str = Field(description="One line")
    priority: int | None = Field(default=None, ge=1, le=4)
    related: "list[Ticket]" = []


def api() -> dict[str, Any]:
    """What FastAPI says of itself is OpenAPI 3.1."""
    app = FastAPI(title="Tickets")

    @app.post("/tickets", operation_id="create_ticket", status_code=201)
    def create_ticket(ticket: Ticket, notify: str | None = Query(None), x_trace: str = Header("")) -> Ticket:
        """Open a ticket. Its number is in the answer."""
        return ticket

    return app.openapi()


def test_openapi_31_as_fastapi_writes_it() -> None:
    action = read_openapi(api(), app="tickets", base_url="http://127.0.0.1:8000/").actions[0]
    found = parameters(action)
    assert action.description == "Open a ticket"
    assert found["title"].schema == {"type": "string"}
    assert found["priority"].schema == {"type": "integer", "minimum": 1, "maximum": 4}
    assert [each.required for each in found.values()] == [False, False, True, False, False]
    assert (found["notify"].schema, found["notify"].location) == ({"type": "string"}, "query")
    assert found["x-trace"].location == "header"
    assert action.returns["properties"]["priority"]["type"] == ["integer", "null"]  # type: ignore[index,call-overload]
    jsonschema.Draft202012Validator.check_schema(dict(action.returns))


def test_the_base_url_must_be_known() -> None:
    assert read_openapi(api(), app="t", base_url="http://h:1/").application.base_url == "http://h:1"
    for base_url in (None, "localhost:8000"):
        with pytest.raises(BadCatalogue, match="base URL"):
            read_openapi(api(), app="t", base_url=base_url)


def test_a_name_used_twice_is_told_apart() -> None:
    paths = {"/a": {"get": {"operationId": "same"}}, "/b": {"get": {"operationId": "same"}}}
    assert [a.name for a in read_openapi(changed(paths=paths), app="x").actions] == ["same", "same_get_b"]


LOOP = {"parameters": {"A": {"$ref": "#/components/parameters/A"}}}
BROKEN: dict[str, tuple[Any, str]] = {
    "empty": (b"", "not an OpenAPI document"),
    "no json": ('{"openapi": "3.0.0",', "neither JSON nor YAML.*line 1"),
    "no yaml": ("openapi: 3.0.0\npaths: [", "neither JSON nor YAML.*line 2"),
    "binary": (b"\x89PNG\xff", "not a text file"),
    "a page": ("<html>\n<body>Hello</body></html>", "not an OpenAPI document"),
    "a list": ("- a\n- b\n", "not an OpenAPI document"),
    "swagger": (changed(openapi="2.0"), "version 2.0.*Convert"),
    "deep": ('{"openapi": ' + "[" * 100_000, "nested too deeply"),
    "circle": ("openapi: 3.0.0\npaths: &a\n  /x: *a\n", "nested too deeply"),
    "no paths": (changed(paths={}), "no operation"),
    "path list": (changed(paths={"/a": []}), r"paths\./a: expected an object, found a list"),
    "operation": (changed(paths={"/a": {"get": None}}), "GET /a: expected an object, found nothing"),
    "parameters": (changed(paths={"/a": {"get": {"parameters": {}}}}), "GET /a: `parameters` is not a list"),
    "parameter": (changed(paths={"/a": {"get": {"parameters": [{"in": "query"}]}}}), "GET /a, parameter 1"),
    "undeclared": (changed(paths={"/a/{id}": {"get": {}}}), r"GET /a/\{id\}.*\{id\}"),
    "effect": (changed(paths={"/a": {"get": {"x-lamplighter-effect": "mild"}}}), "'mild' is not an effect"),
    "undo": (changed(paths={"/a": {"get": {"x-lamplighter-compensation": "undo"}}}), "'undo' is not an operation"),
    "dangling": (changed(paths={"/a": {"$ref": "#/components/x"}}), "#/components/x leads nowhere"),
    "outside": (changed(paths={"/a": {"$ref": "other.yaml#/a"}}), "in another file.*Bundle"),
    "loop": (
        changed(paths={"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/A"}]}}}, components=LOOP),
        "leads back to itself",
    ),
    "schema": (
        changed(paths={"/a": {"get": {"parameters": [{"name": "q", "in": "query", "schema": "string"}]}}}),
        "GET /a, parameter q: expected a schema, found text",
    ),
}


@pytest.mark.parametrize(("source", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_documents_say_what_and_where(source: Any, says: str) -> None:
    with pytest.raises(BadCatalogue, match=says) as raised:
        read_openapi(source, app="x")
    assert raised.value.remedy


def test_a_bad_name_an_absent_file_and_a_dead_address(tmp_path: Path) -> None:
    with pytest.raises(BadCatalogue, match="cannot name"):
        read_openapi(DESK, app="my.desk")
    with pytest.raises(BadCatalogue, match="There is no file"):
        read_openapi(tmp_path / "absent.yaml", app="desk")
    with pytest.raises(Unreachable):
        read_openapi("http://127.0.0.1:1/openapi.json", app="desk")


def test_an_avalanche_of_references_is_cut_short() -> None:
    schemas = {
        f"S{n}": {"type": "object", "properties": {x: {"$ref": f"#/components/schemas/S{n + 1}"} for x in "abcdef"}}
        for n in range(12)
    }
    schemas["S12"] = {"type": "string"}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}
    paths = {"/a": {"get": {"responses": {"200": {"content": content}}}}}
    (action,) = read_openapi(changed(paths=paths, components={"schemas": schemas}), app="x").actions
    assert len(json.dumps(action.returns)) < 500_000
    jsonschema.Draft202012Validator.check_schema(dict(action.returns))


def test_an_application_is_added_to_the_record(record: Record, embedder: WordHashEmbedder) -> None:
    found = add_application(record, embedder, DESK, app="desk")
    assert record.catalogue.applications() == [found.application]
    assert tuple(record.catalogue.actions()) == found.actions
    assert record.catalogue.vectors().matrix.shape == (6, 384)
    with pytest.raises(BadCatalogue):
        add_application(record, embedder, "openapi: 3.0.0\npaths: {}\n", app="desk")
    assert record.catalogue.get("desk.put_node") == named(found, "put_node")
    with pytest.raises(NotFound):
        record.catalogue.get("desk.upload")
