"""The OpenAPI document is complete enough to act from it alone."""

import re

import httpx
import jsonschema
import pytest

OPERATIONS = """
search_accounts get_account unlock_account reset_password reset_mfa disable_account enable_account update_account
search_groups list_group_members add_group_member remove_group_member
create_access_request list_access_requests get_access_request approve_access_request reject_access_request
get_vpn_access grant_vpn_access revoke_vpn_access
list_devices get_device assign_device report_device_lost lock_device wipe_device
search_licences assign_licence release_licence
get_mailbox set_mailbox_quota set_mailbox_forwarding add_mailbox_delegate
search_distribution_lists add_list_member remove_list_member
list_tickets get_ticket create_ticket add_ticket_comment assign_ticket set_ticket_status set_ticket_priority
"""
ONLY_UNDO = ["clear_mailbox_forwarding", "lock_account", "remove_mailbox_delegate"]


@pytest.fixture(scope="module")
def document(helpdesk_server):
    answer = httpx.get(f"{helpdesk_server.url}/openapi.json", trust_env=False)
    assert answer.status_code == 200
    return answer.json()


@pytest.fixture(scope="module")
def operations(document):
    return {
        operation["operationId"]: (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def test_operations_are_those_of_the_contract(operations):
    assert sorted(operations) == sorted([*OPERATIONS.split(), *ONLY_UNDO])


def test_what_was_added_for_undoing_only_is_never_proposed(operations):
    """The contract's operations are what models are trained and measured on; more of them would be another task."""
    assert sorted(n for n, (_, _, each) in operations.items() if each.get("x-lamplighter-only-undoes")) == ONLY_UNDO


def test_admin_is_not_in_the_document(document):
    assert not [path for path in document["paths"] if "_admin" in path]


def test_every_description_is_one_sentence(operations):
    for name, (_, _, operation) in operations.items():
        assert re.fullmatch(r"[A-Z][^.\n]{15,110}\.", operation["description"]), name


def test_every_parameter_and_property_is_described(document, operations):
    for name, (_, _, operation) in operations.items():
        assert all(parameter["description"] for parameter in operation.get("parameters", [])), name
    for name, schema in document["components"]["schemas"].items():
        for field, definition in schema["properties"].items():
            assert definition["description"], f"{name}.{field}"


def test_every_success_has_a_named_type_and_every_error_its_shape(operations):
    for name, (_, _, operation) in operations.items():
        for status, response in operation["responses"].items():
            schema = response["content"]["application/json"]["schema"]["$ref"]
            assert schema.endswith("/Error") == (not status.startswith("2")), name
        assert {"401", "422"} <= set(operation["responses"])


def test_effects_and_compensations(operations):
    effects = {name: operation["x-lamplighter-effect"] for name, (_, _, operation) in operations.items()}
    assert [name for name, effect in effects.items() if effect == "irreversible"] == ["wipe_device"]
    for name, (method, _, operation) in operations.items():
        assert (effects[name] == "read") == (method == "get"), name
        for way in ways(operation.get("x-lamplighter-compensation", [])):
            assert way["operation"] in operations
        assert operation.get("x-lamplighter-postcondition", {"read": name})["read"] in operations


def ways(said):
    listed = said if isinstance(said, list) else [said]
    return [{"operation": way} if isinstance(way, str) else way for way in listed]


def test_schemas_are_json_schema(document):
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/accounts?query=an", "AccountList"),
        ("/groups?query=data", "GroupList"),
        ("/access-requests", "AccessRequestList"),
        ("/devices", "DeviceList"),
        ("/licences?query=pro", "LicenceList"),
        ("/distribution-lists?query=all", "DistributionListList"),
        ("/tickets", "TicketList"),
        ("/tickets/T-1001", "Ticket"),
    ],
)
def test_answers_have_the_documented_shape(desk, document, path, schema):
    rules = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    jsonschema.validate(desk.ok("GET", path), rules)
