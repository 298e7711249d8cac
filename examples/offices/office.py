"""An office as it is written: kinds of things, operations, and what people ask, word for word."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import yaml

WRITTEN = Path(__file__).parent / "written"
HELD_OUT = frozenset(  # to measure on
    {
        *("seed_bank", "town_archive", "insurance_claims", "nursing_home"),
        *("project_board", "supplier_invoices", "facility_management", "student_exchange"),
    }
)
PLACE = re.compile(r"\{([a-z_]+)(?:\.([a-z_]+))?\}", re.IGNORECASE)
_FIXED = re.compile(r"@(\S+?)=(\S+)\s+")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where there is one, is ten times as fast
TYPES = ("text", "date", "number")

Value: TypeAlias = str | int | float
Row: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`id` is the field that operations take, `called` the one that people say."""

    name: str
    id: str
    called: str
    rows: tuple[Row, ...]

    @property
    def plural(self) -> str:
        """What a list of them is called in an answer."""
        return f"{self.name}_list"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One parameter: the id of a `kind`, one of `options` (with how people say each), or a value of a type.

    `past`: a day that has been.
    """

    name: str
    about: str
    kind: str = ""
    type: str = "text"
    options: tuple[str, ...] = ()
    said: Mapping[str, tuple[str, ...]]
    values: tuple[Value, ...] = ()
    optional: bool = False
    past: bool = False


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A wording with its places, and the options that its words say without one."""

    pattern: str
    fixed: Mapping[str, str]

    @property
    def places(self) -> frozenset[tuple[str, str]]:
        """(kind, field) or (parameter, "")."""
        return frozenset((match[1], match[2] or "") for match in PLACE.finditer(self.pattern))


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`finds` names the kind whose rows it looks up, by its first parameter."""

    name: str
    about: str
    finds: str
    takes: tuple[Taken, ...]
    asks: tuple[Ask, ...]


@dataclass(frozen=True, kw_only=True)
class Office:
    name: str
    about: str
    kinds: Mapping[str, Kind]
    operations: tuple[Operation, ...]
    manual: str

    def finder(self, kind: str) -> Operation:
        return next(each for each in self.operations if each.finds == kind)


@cache
def offices() -> tuple[Office, ...]:
    """Read once in a process."""
    return tuple(read(path) for path in sorted(WRITTEN.glob("*.yaml")))


def read(path: Path) -> Office:
    """Raises ValueError that says what is wrong where."""
    try:
        raw = from_yaml(path)
        office = Office(
            name=raw["name"],
            about=raw["about"],
            kinds={name: _kind(name, each) for name, each in raw["kinds"].items()},
            operations=tuple(_operation(name, each) for name, each in raw["operations"].items()),
            manual=raw["manual"],
        )
    except (KeyError, TypeError, AttributeError, ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path.name}: {error!r} in what is written.") from error
    if faults := list(_faults(office)):
        raise ValueError(f"{path.name}: " + "; ".join(faults))
    return office


def from_yaml(path: Path) -> Any:
    """Raises yaml.YAMLError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)


def _kind(name: str, raw: Mapping[str, Any]) -> Kind:
    fields = raw["fields"]
    rows = tuple(dict(zip(fields, map(_plain, row), strict=True)) for row in raw["rows"])
    return Kind(name=name, id=raw["id"], called=raw["name"], rows=rows)


def _operation(name: str, raw: Mapping[str, Any]) -> Operation:
    return Operation(
        name=name,
        about=raw["about"],
        finds=raw.get("finds", ""),
        takes=tuple(_taken(each, what) for each, what in raw["takes"].items()),
        asks=tuple(_ask(each) for each in raw.get("asks", ())),
    )


def _taken(name: str, raw: Mapping[str, Any]) -> Taken:
    return Taken(
        name=name,
        about=raw["about"],
        kind=raw.get("kind", ""),
        type=raw.get("type", "text"),
        options=tuple(map(str, raw.get("options", ()))),
        said={str(option): tuple(map(str, ways)) for option, ways in raw.get("said", {}).items()},
        values=tuple(map(_plain, raw.get("values", ()))),
        optional=bool(raw.get("optional", False)),
        past=bool(raw.get("past", False)),
    )


def _ask(text: str) -> Ask:
    fixed = {}
    while match := _FIXED.match(text):
        fixed[match[1]] = match[2]
        text = text[match.end() :]
    return Ask(pattern=text.strip(), fixed=fixed)


def _plain(value: object) -> Value:
    """YAML reads days and truth where a text was meant."""
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else str(value)


def _faults(office: Office) -> list[str]:
    found = [fault for kind in office.kinds.values() for fault in _in_kind(office, kind)]
    if found:
        return found
    for operation in office.operations:
        found += [f"{operation.name}: {fault}" for fault in _in_operation(office, operation)]
    return found


def _in_kind(office: Office, kind: Kind) -> list[str]:
    finders = [each for each in office.operations if each.finds == kind.name]
    if not finders or not all(each.takes for each in finders):
        return [f"{kind.name} has no operation that finds it, by a first parameter"]
    if len(kind.rows) < 2:
        return [f"{kind.name} has fewer than two rows"]
    absent = {kind.id, kind.called} - set(kind.rows[0])
    if absent:
        return [f"{kind.name} has no field {', '.join(sorted(absent))}"]
    ids = [row[kind.id] for row in kind.rows]
    return [f"{kind.name} has two rows with one {kind.id}"] if len(set(ids)) < len(ids) else []


def _in_operation(office: Office, operation: Operation) -> list[str]:
    found = [f"finds {operation.finds}, which is no kind"] if operation.finds not in ("", *office.kinds) else []
    kinds = [taken.kind for taken in operation.takes if taken.kind]
    if len(set(kinds)) < len(kinds):
        found.append("takes two of one kind")
    for taken in operation.takes:
        if taken.kind and taken.kind not in office.kinds:
            found.append(f"{taken.name} is of no kind that is known, {taken.kind}")
        if taken.type not in TYPES:
            found.append(f"{taken.name} has the type {taken.type}, which is none of {', '.join(TYPES)}")
        if set(taken.said) != set(taken.options) or not all(taken.said.values()):
            found.append(f"{taken.name}: options and how they are said do not agree")
        if not (taken.kind or taken.options or taken.values or taken.type == "date" or operation.finds):
            found.append(f"{taken.name} has no values")
    if not operation.finds and not operation.asks:
        found.append("nobody asks for it")
    for ask in operation.asks:
        found += [f"{ask.pattern!r}: {fault}" for fault in _in_ask(office, operation, ask)]
    return found


def _in_ask(office: Office, operation: Operation, ask: Ask) -> list[str]:
    takes, found = {taken.name: taken for taken in operation.takes}, []
    if re.search(r"[{}\[\]]", PLACE.sub("", ask.pattern)):
        found.append("has a bracket that is no place")
    for name, field in sorted(ask.places):
        kind = office.kinds.get(name)
        if field and (kind is None or field not in kind.rows[0]):
            found.append(f"there is no {name}.{field}")
        if not field and (name not in takes or takes[name].kind):
            found.append(f"{name} is no parameter with a value")
    for name, option in ask.fixed.items():
        if name not in takes or option not in takes[name].options:
            found.append(f"{name}={option} is no option")
    kinds = office.kinds
    named = {name for name, field in ask.places if name in kinds and field in (kinds[name].id, kinds[name].called)}
    for taken in operation.takes:
        if taken.kind and taken.kind not in named and not taken.optional:
            found.append(f"does not say which {taken.kind}")
        if taken.options and not taken.optional and taken.name not in ask.fixed and (taken.name, "") not in ask.places:
            found.append(f"does not say {taken.name}")
    return found
