"""What an operation says of others: which undoes it, and which read must show what afterwards.

x-lamplighter-compensation: unlock_account
x-lamplighter-compensation:                      # the first that can be gone
  - {operation: grant_vpn_access, arguments: {until: before.until}, when: {before.active: true}}
  - {operation: revoke_vpn_access}
x-lamplighter-postcondition:
  read: list_group_members
  holds: {members: {has: "{username}"}}          # or a plain value, or {lacks: …}; `gone: true`: it finds nothing
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from knowledge.errors import BadCatalogue
from knowledge.types import ActionSpec, Compensation, Hold, JsonValue, Postcondition

PLACE = re.compile(r"(argument|result|before)\.[^.\s][^\s]*")
COMPENSATION, POSTCONDITION = "x-lamplighter-compensation", "x-lamplighter-postcondition"


def compensations(node: Mapping[str, JsonValue], where: str) -> tuple[Compensation, ...]:
    """Each still names its operation by its operationId."""
    said = node.get(COMPENSATION)
    ways = said if isinstance(said, list) else [said] if said else []
    return tuple(_compensation(way, where) for way in ways)


def _compensation(way: JsonValue, where: str) -> Compensation:
    if isinstance(way, str):
        return Compensation(action=way)
    if not isinstance(way, Mapping) or not isinstance(way.get("operation"), str):
        raise _bad(where, COMPENSATION, "an operation's id, or `operation` with `arguments` and `when`")
    arguments, when = _object(way, "arguments", where), _object(way, "when", where)
    if wrong := [place for place in (*arguments.values(), *when) if not PLACE.fullmatch(str(place))]:
        raise _bad(where, COMPENSATION, f"argument.NAME, result.PATH or before.PATH instead of {wrong[0]!r}")
    places = {name: str(place) for name, place in arguments.items()}
    plain = {place: _value(wanted) for place, wanted in when.items()}
    return Compensation(action=str(way["operation"]), arguments=places, when=plain)


def postcondition(node: Mapping[str, JsonValue], where: str) -> Postcondition | None:
    """It still names its operation by its operationId."""
    said = node.get(POSTCONDITION)
    if said is None:
        return None
    return condition(said, where)


def condition(said: JsonValue, where: str) -> Postcondition:
    """A postcondition from plain data. Raises BadCatalogue."""
    if not isinstance(said, Mapping) or not isinstance(said.get("read"), str):
        raise _bad(where, POSTCONDITION, "`read` with `holds`, or with `gone: true`")
    holds = tuple(_hold(path, wanted) for path, wanted in _object(said, "holds", where).items())
    gone = said.get("gone") is True
    if bool(holds) == gone:
        raise _bad(where, POSTCONDITION, "either `holds` or `gone: true`")
    return Postcondition(read=str(said["read"]), arguments=_object(said, "arguments", where), holds=holds, gone=gone)


def _hold(path: str, wanted: JsonValue) -> Hold:
    if isinstance(wanted, Mapping) and len(wanted) == 1:
        if "has" in wanted:
            return Hold(path=path, test="has", value=wanted["has"])
        if "lacks" in wanted:
            return Hold(path=path, test="lacks", value=wanted["lacks"])
    return Hold(path=path, test="is", value=_value(wanted))


def _value(wanted: JsonValue) -> JsonValue:
    return None if wanted == {"none": True} else wanted


def linked(actions: Sequence[ActionSpec]) -> list[ActionSpec]:
    """With action ids in place of operationIds. Raises BadCatalogue for one that is no operation here."""
    by_name = {action.name: action for action in actions}
    return [_linked(action, by_name) for action in actions]


def _linked(action: ActionSpec, by_name: Mapping[str, ActionSpec]) -> ActionSpec:
    ways = []
    for way in action.undone_by:
        found = by_name.get(way.action)
        if found is None:
            raise _unknown(action, "compensation", way.action)
        names = {parameter.name for parameter in found.parameters}
        if strange := [name for name in way.arguments if name not in names]:
            raise BadCatalogue(
                f"{action.method} {action.path}: {way.action} takes no {strange[0]!r}.",
                remedy=f"Name its parameters in {COMPENSATION}: {', '.join(sorted(names)) or 'it has none'}.",
            )
        ways.append(replace(way, action=found.id))
    plain = len(ways) == 1 and not ways[0].arguments and not ways[0].when
    return replace(
        action,
        compensation=ways[0].action if plain else "",
        undone_by=() if plain else tuple(ways),
        postcondition=_read(action, by_name),
    )


def _read(action: ActionSpec, by_name: Mapping[str, ActionSpec]) -> Postcondition | None:
    wanted = action.postcondition
    if wanted is None:
        return None
    found = by_name.get(wanted.read)
    if found is None or found.effect != "read":
        raise _unknown(action, "postcondition", wanted.read, "a read operation")
    return replace(wanted, read=found.id)


def _object(node: Mapping[str, JsonValue], key: str, where: str) -> Mapping[str, JsonValue]:
    found = node.get(key)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise BadCatalogue(f"{where}: `{key}` must be an object.", remedy="Correct it there.")
    return found


def _bad(where: str, key: str, wanted: str) -> BadCatalogue:
    return BadCatalogue(f"{where}: {key} cannot be read.", remedy=f"Write {wanted}.")


def _unknown(action: ActionSpec, what: str, name: str, wanted: str = "an operation") -> BadCatalogue:
    return BadCatalogue(
        f"{action.method} {action.path}: its {what} {name!r} is not {wanted} here.",
        remedy=f"Name another operation's operationId in x-lamplighter-{what}.",
    )
