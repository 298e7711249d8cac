"""What goes in and out over HTTP about knowledge: documents and applications."""

from typing import Any

from pydantic import BaseModel, Field

from api.schemas import View
from knowledge.types import Effect, Trust

# ---- in


class NewDocument(BaseModel):
    """`source` identifies the document: sending the same source again replaces it."""

    source: str = Field(min_length=1, max_length=500, examples=["vpn-policy.md"])
    text: str = Field(description="Markdown, HTML or plain text; the ending of `source` says which")
    trust: Trust = Field(
        "untrusted", description="trusted documents may steer what is done, untrusted ones only inform"
    )


class NewApp(BaseModel):
    """An application by its OpenAPI document: `openapi` is the document, or `url` says where it is."""

    app: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$", description="short name, as `helpdesk`")
    url: str | None = Field(
        None, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://\S+$", max_length=2_000, description="where the OpenAPI document is"
    )
    openapi: dict[str, Any] | None = Field(None, description="the OpenAPI document itself")
    base_url: str | None = Field(None, description="where the application is; default: `servers` of the document")
    on_behalf_of_header: str | None = Field(None, description="header that names the requester")
    effects: dict[str, Effect] = Field({}, description="effect by operation id, where the method says it wrongly")


# ---- out


class FailureView(View):
    source: str
    message: str


class Ingested(BaseModel):
    """How many documents were added, replaced, left as they were; and what could not be read."""

    added: int
    replaced: int
    unchanged: int
    passages: int
    failed: list[FailureView] = []


class ActionView(View):
    id: str
    description: str
    effect: Effect


class AppView(BaseModel):
    app: str
    base_url: str
    actions: list[ActionView]
