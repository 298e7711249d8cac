"""A small help desk's knowledge, put into a real record with real embeddings."""

from datetime import UTC, datetime

from knowledge.catalogue import Application
from knowledge.record import Record
from knowledge.types import (
    ActionSpec,
    Document,
    Ending,
    Outcome,
    OutcomeStatus,
    Parameter,
    Passage,
    Step,
    Task,
    Trajectory,
)
from retrieval.embed import MiniLMEmbedder

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ACCOUNT = {"type": "object", "properties": {"username": {"type": "string"}, "status": {"type": "string"}}}
RUNBOOKS = {
    "unlock.md": "Search the accounts by the person's name. Unlock the account. Tell the requester that it is done.",
    "vpn.md": "Search the accounts by name. Grant VPN access to the username until the end date, at most 90 days.",
    "wipe.md": "Look up the device by its asset tag. Wipe the device only when it is lost or locked.",
    "lunch.md": "The canteen is open from noon. On Fridays there is fish.",
}


def add_document(record: Record, embedder: MiniLMEmbedder, source: str, text: str, *, tenant: str = "default") -> None:
    document = Document(
        id=f"{tenant}-{source}",
        source=source,
        title=source,
        text=text,
        media_type="text/markdown",
        content_hash=str(hash(text)),
        tenant=tenant,
    )
    passage = Passage(
        id=f"{document.id}#0",
        document_id=document.id,
        heading=source.removesuffix(".md"),
        text=text,
        start=0,
        end=len(text),
        content_hash=document.content_hash,
    )
    record.documents.replace(document, [passage], embedder.embed([text]))


def add_actions(
    record: Record, embedder: MiniLMEmbedder, actions: list[ActionSpec], *, tenant: str = "default"
) -> None:
    application = Application(name=actions[0].app, base_url="http://localhost:1")
    texts = [f"{action.name.replace('_', ' ')}: {action.description}" for action in actions]
    record.catalogue.put(application, actions, embedder.embed(texts), tenant)


def add_trajectory(
    record: Record,
    embedder: MiniLMEmbedder,
    id: str,
    text: str,
    actions: list[str],
    *,
    status: OutcomeStatus = "verified",
    ending: Ending = "finish",
    tenant: str = "default",
) -> Trajectory:
    trajectory = Trajectory(
        id=id,
        task=Task(id=id, text=text, now=NOW, tenant=tenant),
        steps=tuple(Step(index=index, action=action) for index, action in enumerate(actions)),
        observations=(),
        ending=ending,
        outcome=Outcome(status=status),
        created_at=NOW,
    )
    record.memory.write(trajectory, embedder.embed([text])[0], tenant)
    return trajectory


def desk_actions(app: str = "desk") -> list[ActionSpec]:
    return [
        _action(app, "search_accounts", "Find accounts by a person's name.", "GET", "/accounts", "query"),
        _action(app, "get_account", "Show one account.", "GET", "/accounts/{username}", "username"),
        _action(app, "unlock_account", "Unlock a locked account.", "POST", "/accounts/{username}/unlock", "username"),
        _action(app, "grant_vpn_access", "Grant VPN access until a date.", "POST", "/vpn/{username}", "username"),
        _action(app, "get_device", "Show one device.", "GET", "/devices/{asset_tag}", "asset_tag"),
        _action(app, "wipe_device", "Erase a device for good.", "POST", "/devices/{asset_tag}/wipe", "asset_tag"),
    ]


def _action(app: str, name: str, description: str, method: str, path: str, parameter: str) -> ActionSpec:
    location = "path" if f"{{{parameter}}}" in path else "query"
    listed = {"type": "object", "properties": {"accounts": {"type": "array", "items": ACCOUNT}}}
    return ActionSpec(
        name=name,
        app=app,
        description=description,
        parameters=(Parameter(name=parameter, schema={"type": "string"}, required=True, location=location),),
        returns=listed if path == "/accounts" else ACCOUNT if "account" in name else {},
        effect="read" if method == "GET" else "write",
        method=method,
        path=path,
    )
