"""Documents and applications over HTTP. Uploads are untrusted unless the sender says otherwise."""

import json
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.apps import Access, add_app
from api.deps import SessionsDep, needs
from api.schemas_knowledge import ActionView, AppView, FailureView, Ingested, NewApp, NewDocument
from api.wiring import Services
from knowledge.errors import BadCatalogue, BadDocument
from knowledge.fetch import Fetched
from knowledge.ingest import ingest_bytes
from knowledge.parse import MAX_BYTES
from knowledge.types import Trust

router = APIRouter(prefix="/v1/knowledge", tags=["knowledge"])
TRUST: TypeAdapter[Trust] = TypeAdapter(Trust)
FILES = {
    "type": "object",
    "required": ["files"],
    "properties": {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "trust": {"type": "string", "enum": ["trusted", "untrusted"], "default": "untrusted"},
    },
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": NewDocument.model_json_schema()},
            "multipart/form-data": {"schema": FILES},
        },
    }
}
INGESTS = [Depends(needs("operator", "add documents"))]
ADMITS = [Depends(needs("admin", "add applications"))]


@dataclass(frozen=True, kw_only=True)
class _Sent:
    """What came with one request; names get the prefix `upload/`, so that they never replace a file's or a page's."""

    documents: tuple[Fetched, ...]
    trust: Trust


@router.post("/documents", status_code=201, openapi_extra=BODY, dependencies=INGESTS)
async def documents(request: Request, sessions: SessionsDep) -> Ingested:
    """Add or replace documents: files as multipart/form-data, or one text as JSON.

    One that cannot be read is named in `failed`; if none can, the answer is 422 and nothing was written.
    """
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        sent = await _files(request)
    else:
        sent = await _text(request)
    if sent.trust == "trusted":
        sessions.identity.require("admin", "say that a document is trusted")
    return await run_in_threadpool(_ingest, sessions.services, sent, sessions.identity.tenant)


@router.post("/apps", status_code=201, dependencies=ADMITS)
def apps(new: NewApp, sessions: SessionsDep) -> AppView:
    """Add an application by its OpenAPI document, or replace it."""
    source = new.openapi if new.openapi is not None else new.url
    if source is None:
        raise BadCatalogue("There is neither `openapi` nor `url`.", remedy="Send the OpenAPI document, or its address.")
    services = sessions.services
    access = Access(base_url=new.base_url, on_behalf_of_header=new.on_behalf_of_header)
    catalogued = add_app(
        services, source, app=new.app, access=access, effects=new.effects, tenant=sessions.identity.tenant
    )
    actions = [ActionView.model_validate(action) for action in catalogued.actions]
    return AppView(app=new.app, base_url=catalogued.application.base_url, actions=actions)


async def _files(request: Request) -> _Sent:
    async with request.form(max_files=200, max_fields=20) as form:
        files = [item for item in form.getlist("files") if isinstance(item, UploadFile)]
        if not files:
            raise BadDocument("No file was sent.", remedy="Send one or more as form field `files`.")
        read = [
            Fetched(data=await file.read(MAX_BYTES + 1), media_type="", source=f"upload/{file.filename or 'unnamed'}")
            for file in files
        ]
        return _Sent(documents=tuple(read), trust=_trust(form.get("trust", "untrusted")))


async def _text(request: Request) -> _Sent:
    try:
        new = NewDocument.model_validate(json.loads(await request.body()))
    except (ValidationError, ValueError) as error:
        raise BadDocument(
            f"The request is not a document: {_first_line(error)}.",
            remedy='Send {"source": "name.md", "text": "…"} as JSON, or files as multipart/form-data.',
        ) from error
    fetched = Fetched(data=new.text.encode(), media_type="", source=f"upload/{new.source}")
    return _Sent(documents=(fetched,), trust=new.trust)


def _trust(value: object) -> Trust:
    try:
        return TRUST.validate_python(value)
    except ValidationError as error:
        raise BadDocument(f"{value!r} is no kind of trust.", remedy="Say trusted or untrusted.") from error


def _first_line(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return str(error)


def _ingest(services: Services, sent: _Sent, tenant: str) -> Ingested:
    done, failed = [], []
    for fetched in sent.documents:
        try:
            redactor = services.redactor_for(tenant)
            done.append(
                ingest_bytes(
                    services.record, services.embedder, fetched, tenant=tenant, trust=sent.trust, redactor=redactor
                )
            )
        except BadDocument as error:
            if len(sent.documents) == 1:
                raise
            failed.append(FailureView(source=fetched.source, message=str(error)))
    if not done:
        raise BadDocument(f"None of {len(failed)} files can be read. {failed[0].message}", remedy="Send text files.")
    services.retriever.refresh(tenant)
    changes = [each.change for each in done]
    return Ingested(
        added=changes.count("added"),
        replaced=changes.count("replaced"),
        unchanged=changes.count("unchanged"),
        passages=sum(each.passages for each in done),
        failed=failed,
    )
