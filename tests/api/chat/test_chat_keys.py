"""Chat completions ask for a key as every route does; what they do is done in the name of its holder."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import openai as sdk
import pytest
from api_world import Desk
from chat_world import DESK
from openai import OpenAI
from test_chat_runs import UNLOCK, VPN, WIPE, said, turn

from api.wiring import Services
from knowledge.keys import Role, mint

Holder = Callable[..., OpenAI]


@pytest.fixture
def holder(services: Services, client: httpx.Client) -> Iterator[Holder]:
    with ExitStack() as stack:

        def made(role: Role, *, requester: str = "", tenant: str = "default") -> OpenAI:
            minted = mint(tenant=tenant, name=role, role=role, requester=requester)
            services.record.keys.add(minted.key)
            return stack.enter_context(OpenAI(base_url=f"{client.base_url}/v1", api_key=minted.said, max_retries=0))

        yield made


def test_without_a_key_nothing_is_told_and_openais_client_understands_why(client: httpx.Client, holder: Holder) -> None:
    assert [model.id for model in holder("requester", requester="ada").models.list()]
    with OpenAI(base_url=f"{client.base_url}/v1", api_key="none", max_retries=0) as stranger:
        for ask in (
            stranger.models.list,
            lambda: said(stranger, [UNLOCK]),
            lambda: said(stranger, [UNLOCK], tools=DESK),
        ):
            with pytest.raises(sdk.AuthenticationError, match="lamp keys create") as refused:
                ask()
            assert refused.value.type == "authentication_error"
            assert refused.value.response.headers["www-authenticate"].startswith("Bearer")


def test_too_many_requests_are_refused_in_openais_shape(
    services: Services, serve: Callable[[Services], httpx.Client]
) -> None:
    services.settings = services.settings.model_copy(update={"requests_per_minute": 1})
    with OpenAI(base_url=f"{serve(services).base_url}/v1", api_key="none", max_retries=0) as chat:
        chat.models.list()
        with pytest.raises(sdk.RateLimitError, match="LAMP_REQUESTS_PER_MINUTE") as refused:
            chat.models.list()
    assert int(refused.value.response.headers["retry-after"]) > 0


def test_a_run_is_its_holders(services: Services, holder: Holder, desk: Desk) -> None:
    ada = holder("requester", requester="ada")
    id = said(ada, [UNLOCK]).model_extra["lamplighter"]["run"]
    assert services.record.runs.get(id, "default").task.requester == "ada"
    with pytest.raises(sdk.PermissionDeniedError, match="acts as ada, not as ceo"):
        said(ada, [UNLOCK], user="ceo")


def test_another_tenant_has_other_applications(holder: Holder, desk: Desk) -> None:
    with pytest.raises(sdk.ConflictError, match="No application is known"):
        said(holder("admin", tenant="birch"), [UNLOCK])
    assert desk.writes() == 0


def test_the_same_words_of_somebody_else_are_another_conversation(services: Services, holder: Holder) -> None:
    ada, bob = holder("requester", requester="ada"), holder("requester", requester="bob")
    messages = [VPN]
    first = said(ada, messages)
    messages += [{"role": "assistant", "content": first.choices[0].message.content}]
    messages += [{"role": "user", "content": "2027-01-15"}]
    other = said(bob, messages).model_extra["lamplighter"]["run"]
    mine = said(ada, messages).model_extra["lamplighter"]["run"]
    assert mine == first.model_extra["lamplighter"]["run"] != other
    assert services.record.runs.get(other, "default").task.requester == "bob"


def test_a_requester_does_not_approve_and_an_operator_does(services: Services, holder: Holder, desk: Desk) -> None:
    with pytest.raises(sdk.PermissionDeniedError, match="approve or reject"):
        turn(holder("requester", requester="npetrov"), [WIPE], "yes")
    assert desk.writes() == 0
    reply = turn(holder("operator", requester="olga"), [WIPE], "yes")
    assert desk.admin.get("/devices/NH-20463").json()["status"] == "wiped"
    events = services.record.runs.events(reply.model_extra["lamplighter"]["run"], "default")
    (by,) = (event.data["by"] for event in events if event.kind == "answered")
    assert str(by).startswith("olga (key ")


def test_only_an_admin_hands_in_precedents(services: Services, client: httpx.Client, holder: Holder) -> None:
    line = {"messages": [{"role": "user", "content": "Unlock it."}], "tools": DESK}
    for role, status in (("requester", 403), ("operator", 403), ("admin", 201)):
        key = holder(role, requester="ada" if role == "requester" else "").api_key  # type: ignore[arg-type]
        said = {"Authorization": f"Bearer {key}"}
        assert client.post("/v1/chat/precedents", json=line, headers=said).status_code == status
        assert any(run.of_caller for run in services.record.memory.list()) is (status == 201)
