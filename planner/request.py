"""A call as an HTTP request, and an HTTP response as an observation."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from knowledge.catalogue import Application
from knowledge.errors import BadConfiguration
from knowledge.redaction import Redactor
from knowledge.types import JsonValue, Observation, Parameter
from models.fields import undescribed
from planner.call import Call
from planner.paths import text_of

IDEMPOTENCY = "Idempotency-Key"
MOST_DEPTH = 100


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response read to the end, or to the most bytes that were allowed (`cut`)."""

    status: int
    headers: httpx.Headers
    content: bytes
    cut: bool = False


def request_for(call: Call, application: Application, secret: str) -> httpx.Request:
    """The connector's headers win over parameters.

    Raises httpx.InvalidURL for an address that cannot be one, BadConfiguration for a requester or secret that no header
    can have.
    """
    path, headers = call.spec.path, {"Accept": "application/json"}
    query: list[tuple[str, str]] = []
    body: dict[str, JsonValue] = {}
    for parameter in call.spec.parameters:
        if parameter.name not in call.arguments:
            continue
        value = call.arguments[parameter.name]
        if parameter.location == "path":
            path = path.replace("{" + parameter.name + "}", quote(text_of(value), safe=""))
        elif parameter.location == "query":
            query += _repeated(parameter, value)
        elif parameter.location == "header":
            headers[parameter.name] = text_of(value)
        else:
            body[parameter.name] = value
    url = httpx.URL(application.base_url.rstrip("/") + path)
    headers = _without(headers, application) | _connector_headers(call, application, secret)
    params = httpx.QueryParams(tuple(query)) if query else None
    takes_body = any(parameter.location == "body" for parameter in call.spec.parameters)
    return httpx.Request(call.spec.method, url, params=params, headers=headers, json=body if takes_body else None)


def _repeated(parameter: Parameter, value: JsonValue) -> list[tuple[str, str]]:
    return [(parameter.name, text_of(each)) for each in (value if isinstance(value, list) else [value])]


def _without(headers: Mapping[str, str], application: Application) -> dict[str, str]:
    ours = {"authorization", application.auth_header.lower(), application.on_behalf_of_header.lower()}
    return {name: value for name, value in headers.items() if name.lower() not in ours}


def _connector_headers(call: Call, application: Application, secret: str) -> dict[str, str]:
    headers = {}
    if application.auth_header and secret:
        if re.search(r"[^\x20-\x7e]", secret):  # The library's own error would repeat it.
            raise BadConfiguration(
                f"The secret of {application.name} has characters that no header can have.",
                remedy=f"Give it again: lamp apps secret {application.secret_name}.",
            )
        bearer = application.auth_header.lower() == "authorization" and " " not in secret
        headers[application.auth_header] = f"Bearer {secret}" if bearer else secret
    if application.on_behalf_of_header and call.requester:
        if re.search(r"[^\x20-\x7e]", call.requester):
            raise BadConfiguration(
                f"{call.requester!r} cannot be sent to {application.name} as the requester.",
                remedy="Give the requester's username in plain letters.",
            )
        headers[application.on_behalf_of_header] = call.requester
    if call.spec.effect != "read":
        headers[IDEMPOTENCY] = call.key
    return headers


# ---- answers


def observation_of(answer: Answer, call: Call, *, secret: str = "") -> Observation:
    """2xx is ok; 401 is ours to mend, so it ends the run; any other status the model sees as an error with its code."""
    index, body = call.step.index, _body(answer)
    deep = _depth(body) > MOST_DEPTH
    body = None if deep else Redactor(secrets=lambda: {secret} - {""}).value(body)
    if answer.status == 401:
        message = f"{call.spec.app} does not accept our credentials: check the secret it was added with."
        return Observation(step=index, status="unreachable", code="401", message=message)
    if answer.cut:
        message = f"{call.spec.app} answered {answer.status} with more than can be read: ask for less."
        return Observation(step=index, status="error", code="response_too_large", message=message)
    if deep:
        message = f"{call.spec.app} answered {answer.status} with more levels than can be read."
        return Observation(step=index, status="error", code="response_too_deep", message=message)
    if 200 <= answer.status < 300:
        return Observation(step=index, status="ok", body=body, whole=undescribed(body, call.spec.returns))
    if 300 <= answer.status < 400:
        message = f"{call.spec.app} sends us elsewhere; add it again with the address that it moved to."
        return Observation(step=index, status="error", code="redirected", message=message)
    code, message = _error(body, answer.status)
    if answer.status >= 500:
        message = f"{message} {_after_failure(call)}"
    return Observation(step=index, status="error", body=body, code=code, message=message, http_status=answer.status)


def _after_failure(call: Call) -> str:
    """What to do about a failure of the application's own."""
    if call.spec.effect == "read":
        return f"{call.spec.app} itself failed: ask again later, or look into its log."
    return f"{call.spec.app} itself failed: look there whether it was carried out, then ask again."


def _depth(body: JsonValue) -> int:
    levels, layer = 0, [body]
    while layer and levels <= MOST_DEPTH:
        inner = [each for each in layer if isinstance(each, dict | list)]
        layer = [child for each in inner for child in (each.values() if isinstance(each, dict) else each)]
        levels += 1
    return levels


def _body(answer: Answer) -> JsonValue:
    """What nests beyond reading is as deep as too deep."""
    text = answer.content.decode("utf-8", errors="replace")
    try:
        body: JsonValue = json.loads(text) if text.strip() else None
    except ValueError:
        return text
    except RecursionError:
        return _nested()
    return body


def _nested() -> JsonValue:
    body: JsonValue = None
    for _ in range(MOST_DEPTH + 1):
        body = [body]
    return body


def _error(body: JsonValue, status: int) -> tuple[str, str]:
    """The usual places of a machine-readable code and of words for people."""
    details = body if isinstance(body, dict) else {}
    inner = details.get("error")
    details = inner if isinstance(inner, dict) else details
    code = next((text_of(details[key]) for key in ("code", "error", "type") if details.get(key)), str(status))
    words = next((details[key] for key in ("message", "detail", "title", "error_description") if details.get(key)), "")
    message = words if isinstance(words, str) else json.dumps(words)
    return code[:100], (message or f"The application answered {status}.")[:500]
