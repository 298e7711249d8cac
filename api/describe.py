"""The nouns in plain words, for the terminal and the web page alike: what a step does, where each value comes from."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from knowledge.keys import ApiKey
from knowledge.types import Argument, JsonValue, Literal, Observation, Provenance, Reference, Step
from planner.visible import visible

ENDINGS = {
    "verified": "Done and verified",
    "unverified": "Done, not verified",
    "failed": "Failed",
    "asked": "A question is open",
    "refused": "Refused",
    "escalated": "Escalated to a person",
    "cancelled": "Cancelled",
    "undone": "Undone",
    "partly_undone": "Partly undone",
}
SHOWN_WHOLE = " (no schema tells its fields apart: from now on every change asks)"


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """One argument as it is shown: its name, its value as text, and where the value comes from.

    `place` names the source by its id, and the path and the characters (`span`) in it.
    """

    name: str
    value: str
    source: str
    place: str = ""
    span: str = ""
    trusted: bool = True


def sourced(argument: Argument, headings: Mapping[str, str] | None = None) -> Sourced:
    """`headings` names passages by id, where known."""
    value = argument.value
    if isinstance(value, Reference):
        origin, place = f"result of step {value.step + 1}, {value.path}", f"step:{value.step} {value.path}"
        trusted = value.trust == "trusted"
        return Sourced(name=argument.name, value="known then", source=origin, place=place, trusted=trusted)
    return Sourced(
        name=argument.name,
        value=brief(value.value, 120),
        source=origin_in_words(value, headings or {}),
        place=place_in_source(value.provenance),
        span=_span(value.provenance),
        trusted=value.provenance.trust == "trusted",
    )


def origin_in_words(literal: Literal, headings: Mapping[str, str]) -> str:
    """As `your request, “until Friday”`; the quote is left out where it is the value itself."""
    provenance = literal.provenance
    place = _place(provenance, headings)
    same = provenance.raw == "" or provenance.raw == str(literal.value)
    return place if same else f"{place}, “{shorten(provenance.raw, 60)}”"


def place_in_source(provenance: Provenance) -> str:
    """As `request 24-36`, or `step:0 accounts.0.username`."""
    return " ".join(part for part in (provenance.source_id, provenance.path, _span(provenance)) if part)


def _span(provenance: Provenance) -> str:
    return f"{provenance.start}-{provenance.end}" if provenance.end else ""


def _place(provenance: Provenance, headings: Mapping[str, str]) -> str:
    match provenance.source:
        case "request":
            return "who asks" if provenance.source_id == "requester" else "your request"
        case "answer":
            return "your answer"
        case "observation":
            return f"result of step {_step_number(provenance.source_id)}, {provenance.path}".rstrip(", ")
        case "document":
            return f"documentation, {visible(headings.get(provenance.source_id, ''))}".rstrip(", ")
        case "option":
            return "an option of the action"
        case "default":
            return "the action's default"
        case "person":
            return "who approved it"


def _step_number(source_id: str) -> str:
    found = re.search(r"\d+", source_id)
    return str(int(found.group()) + 1) if found else "?"


def action_in_words(action_id: str) -> str:
    """`helpdesk.unlock_account` → `Unlock account`."""
    name = action_id.rpartition(".")[2]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").strip().lower()
    return words[:1].upper() + words[1:] if words else action_id


def step_in_words(step: Step) -> str:
    given = ", ".join(f"{item.name}: {item.value}" for item in map(sourced, step.arguments))
    return f"{action_in_words(step.action)}{f' ({given})' if given else ''}"


def observation_in_words(observation: Observation) -> str:
    if observation.status == "ok":
        return (brief(observation.body, 230) or "done") + (SHOWN_WHOLE if observation.whole else "")
    reason = visible(observation.message or observation.code or observation.status)
    return f"{reason} ({observation.code})" if observation.code and observation.code not in reason else reason


def brief(value: JsonValue, limit: int) -> str:
    """A value on one line: objects as `name: value · …`, rows counted, at most `limit` characters."""
    return shorten(_brief(value), limit)


def _brief(value: JsonValue) -> str:
    if isinstance(value, Mapping):
        return " · ".join(f"{key}: {_inner(item)}" for key, item in value.items())
    return _inner(value)


def _inner(value: JsonValue) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return shorten("{" + _brief(value) + "}", 80)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _rows(value)
    return str(value) if isinstance(value, str) else json.dumps(value)


def _rows(rows: Sequence[JsonValue]) -> str:
    if not rows:
        return "none"
    if any(isinstance(row, Mapping) for row in rows):
        first = _brief(rows[0])
        return f"1 ({first})" if len(rows) == 1 else f"{len(rows)} (first {shorten(first, 80)})"
    return ", ".join(_inner(row) for row in rows)


def shorten(text: str, limit: int) -> str:
    flat = " ".join(visible(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def state_of(key: ApiKey, now: datetime) -> str:
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is None:
        return "valid"
    return f"valid until {key.expires_at:%Y-%m-%d}" if key.usable(now) else f"expired {key.expires_at:%Y-%m-%d}"
