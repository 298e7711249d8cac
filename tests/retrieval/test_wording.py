from knowledge.types import ActionSpec, JsonSchema, Parameter
from retrieval.wording import MOST_PARTS, Shapes, alike, parts, readable, unnamed, wording


def action(name: str, description: str = "", schema: JsonSchema | None = None) -> ActionSpec:
    parameter = Parameter(name="id", description=description, schema=schema or {})
    return ActionSpec(name=name, app="desk", description="", parameters=(parameter,))


def test_an_address_reads_as_a_name() -> None:
    assert readable("Unlock jane.doe2@mail.example.com, please.") == "Unlock jane doe, please."
    assert readable("No address @ all") == "No address @ all"


def test_without_names_two_requests_are_alike() -> None:
    first = unnamed("Please give Jane Doe VPN, says j.doe@mail.example (T-1034).")
    second = unnamed("Please give Øyvind O'Neill VPN, says oy@mail.example (T-77).")
    assert first.split() == second.split()
    assert unnamed("Please unlock") == "Please unlock"


def test_the_verb_before_a_name_is_kept() -> None:
    assert unnamed("Unlock Jane Doe.").split() == ["Unlock", "."]
    assert unnamed("Hello,\nRevoke Amélie Hughes's VPN").split()[:3] == ["Hello,", "Revoke", "VPN"]
    assert unnamed("It is for Jane Ann Doe").split() == ["It", "is", "for"]
    assert unnamed("Jane Doe is locked out").split() == ["is", "locked", "out"]
    assert len(set(map(wording, ("Unlock Jane Doe", "Wipe Jane Doe", "Unlock Ada Byron")))) == 2


def test_requests_in_the_same_words_are_alike_whoever_is_meant() -> None:
    texts = {"a": "Please unlock Jane Doe.", "b": "please unlock  Ada Byron.", "c": "Please lock Jane Doe."}
    assert alike(texts) == {"a": {"a", "b"}, "b": {"a", "b"}, "c": {"c"}}


def test_a_request_falls_into_what_it_may_ask_for() -> None:
    def found(text: str) -> list[str]:
        return [each.text for each in parts(text)]

    assert found("Unlock Jane Doe and give her VPN until Friday. Thanks a lot!") == [
        "Unlock Jane Doe",
        "give her VPN until Friday.",
        "Thanks a lot!",
    ]
    assert found("- reset her MFA\n- add her to Board") == ["- reset her MFA", "- add her to Board"]
    assert found("Unlock Jane Doe, please.") == []
    assert found("") == []
    many = ". ".join(f"This is sentence {n}" for n in range(30))
    assert len(parts(many)) == MOST_PARTS
    assert parts(many)[-1].text == "This is sentence 29"


def test_ids_are_known_by_their_shape() -> None:
    shapes = Shapes(
        [
            action("wipe", "Asset tag of the device, such as NH-20417"),
            action("close", schema={"type": "string", "examples": ["T-1007"]}),
            action("reopen", schema={"type": "string", "example": "T-1"}),
            action("comment", schema={"example": "T-1007", "examples": 3}),
            action("unlock", "Username of the account"),
        ]
    )
    assert shapes.taking_an_id_of("wipe nh-10001 now") == ["desk.wipe"]
    assert shapes.taking_an_id_of("T-1044 is done") == ["desk.close", "desk.comment"]
    assert shapes.taking_an_id_of("unlock jane, t-1044@mail.example") == []
    assert shapes.taking_an_id_of("") == []
