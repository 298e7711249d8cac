"""A policy file, checked: every error names the file, the line, and what to write instead."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, cast
from typing import Literal as OneOf
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from knowledge.errors import BadConfiguration
from knowledge.types import Effect, Verdict
from planner.policy_rules import DAYS, Hours, Per, Rate, Role, Rule, Rules, Taint
from planner.policy_yaml import Located, NotYaml, Place, read_located

DEFAULT = Path(__file__).parent / "policies" / "default.yaml"
RESERVED = ("nothing-fits", "sensitive-asks", "shown-whole-asks")
REASON_WORDS = ("action", "requester", "role", "tainted", "unread")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """`line` is 0 where no line is to blame."""

    line: int
    message: str
    remedy: str


class BadPolicy(BadConfiguration):
    """A policy file that cannot be used; `problems` are all that were found."""

    def __init__(self, source: str, problems: tuple[Problem, ...]) -> None:
        first, more = problems[0], len(problems) - 1
        where = f"{source}, line {first.line}" if first.line else source
        rest = f" ({more} more: lamp policy check shows all.)" if more else ""
        super().__init__(f"{where}: {first.message}", remedy=f"{first.remedy}{rest}")
        self.source, self.problems = source, problems


def read_policy(path: Path) -> Rules:
    """Raises BadPolicy."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadPolicy(
            str(path), (_problem(f"It cannot be read: {why}.", "Name a policy file with LAMP_POLICY."),)
        ) from error
    return parse_policy(text, source=str(path))


@cache
def default_rules() -> Rules:
    return parse_policy(DEFAULT.read_text(encoding="utf-8"), source="the default policy")


def parse_policy(text: str, *, source: str) -> Rules:
    """Raises BadPolicy."""
    try:
        located = read_located(text)
        if not isinstance(located.data, dict):
            raise NotYaml("It is no mapping of keys to values.", remedy="Begin it with `version: 1` and `rules:`.")
        file = _File.model_validate(located.data)
    except NotYaml as error:
        raise BadPolicy(source, (Problem(line=error.line, message=error.message, remedy=error.remedy),)) from error
    except ValidationError as error:
        found = sorted(_problems(error, located), key=lambda problem: problem.line)
        raise BadPolicy(source, tuple(found)) from error
    if problems := tuple(_inconsistent(file, located)):
        raise BadPolicy(source, problems)
    return file.rules_of(source, located)


# ---- the shape of the file


class _Wrong(ValueError):
    """What pydantic passes on to `_problems`."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def _listed(given: object) -> object:
    if given == [] or given is None:
        raise _Wrong("Nothing is given.", "Give a value, or leave the key out: then it holds always.")
    return given if isinstance(given, list) else [given]


def _pattern(given: str) -> str:
    if not given or re.search(r"[\s?\[\]{}]", given):
        raise _Wrong(f"“{given}” is no pattern.", "Write a name; * stands for any characters, nothing else is special.")
    return given


def _hours(given: str) -> str:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-(([01]\d|2[0-3]):[0-5]\d|24:00)", given)
    if not found or given[:5] == given[6:]:
        raise _Wrong(f"“{given}” are no hours.", "Write them as 08:00-18:00; 00:00-24:00 is the whole day.")
    return given


def _zone(given: str) -> str:
    try:
        ZoneInfo(given)
    except (KeyError, ValueError, OSError):
        raise _Wrong(f"“{given}” is no time zone.", "Write one like Europe/Berlin or UTC.") from None
    return given


def _day(given: str) -> str:
    if not re.fullmatch(r"(?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))?", given.lower()):
        raise _Wrong(f"“{given}” are no weekdays.", "Write them as mon-fri, or [mon, wed].")
    return given.lower()


def _rate(given: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,5} per (minute|hour|day)", given):
        raise _Wrong(f"“{given}” is no rate.", "Write it as 5 per hour; minute, hour and day are known.")
    return given


def _reason(given: str) -> str:
    if unknown := [word for word in re.findall(r"\{(\w+)\}", given) if word not in REASON_WORDS]:
        raise _Wrong(f"{{{unknown[0]}}} stands for nothing.", f"Known are {_braced(REASON_WORDS)}.")
    return " ".join(given.split())


def _braced(words: tuple[str, ...]) -> str:
    return ", ".join(f"{{{word}}}" for word in words)


_Pattern = Annotated[str, AfterValidator(_pattern)]
_Many = BeforeValidator(_listed)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Time(_Strict):
    days: Annotated[list[Annotated[str, AfterValidator(_day)]], _Many] = ["mon-sun"]
    hours: Annotated[str, AfterValidator(_hours)] = "00:00-24:00"
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"

    def plain(self) -> Hours:
        since, until = (int(clock[:2]) * 60 + int(clock[3:]) for clock in self.hours.split("-"))
        return Hours(days=frozenset(self._numbers()), since=since, until=until, zone=self.zone)

    def _numbers(self) -> Iterator[int]:
        """`sat-mon` runs over the end of the week."""
        for each in self.days:
            first, _, last = each.partition("-")
            day, end = DAYS.index(first), DAYS.index(last or first)
            yield from ((day + n) % 7 for n in range((end - day) % 7 + 1))


class _Rule(_Strict):
    name: str = Field(pattern=r"^\w[\w-]{0,62}$")
    action: Annotated[list[_Pattern], _Many] = []
    effect: Annotated[list[Effect], _Many] = []
    taint: Annotated[list[Taint], _Many] = []
    role: Annotated[list[Role], _Many] = []
    parameters: Annotated[list[_Pattern], _Many] = []
    sensitive: bool = False
    time: _Time | None = None
    rate: Annotated[str, AfterValidator(_rate)] | None = None
    verdict: Verdict
    reason: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_reason)]

    def plain(self, line: int) -> Rule:
        calls, _, per = (self.rate or "").partition(" per ")
        return Rule(
            name=self.name,
            verdict=self.verdict,
            reason=self.reason,
            actions=tuple(self.action),
            effects=tuple(self.effect),
            taint=tuple(self.taint),
            roles=tuple(self.role),
            parameters=tuple(self.parameters),
            sensitive=self.sensitive,
            time=self.time.plain() if self.time else None,
            rate=Rate(calls=int(calls), per=cast(Per, per)) if self.rate else None,
            line=line,
        )


class _File(_Strict):
    version: OneOf["1"]
    sensitive: list[_Pattern] = []
    roles: dict[OneOf["operator", "admin"], Annotated[list[str], _Many]] = {}
    dry_run: bool = False
    rules: Annotated[list[_Rule], Field(min_length=1)]

    def rules_of(self, source: str, located: Located) -> Rules:
        rules = tuple(rule.plain(located.line(("rules", i))) for i, rule in enumerate(self.rules))
        roles = {name: cast(Role, role) for role, names in self.roles.items() for name in names}
        return Rules(source=source, rules=rules, sensitive=tuple(self.sensitive), roles=roles, dry_run=self.dry_run)


def _inconsistent(file: _File, located: Located) -> Iterator[Problem]:
    """What each part alone does not show."""
    names = [rule.name for rule in file.rules]
    for i, name in enumerate(names):
        line = located.line(("rules", i, "name"))
        if name in names[:i]:
            yield Problem(line=line, message=f"Another rule is called {name}.", remedy="Give each rule its own name.")
        if name in RESERVED:
            yield Problem(
                line=line, message=f"{name} is a name of Lamplighter's own.", remedy="Call the rule otherwise."
            )
    people = [(name, role) for role, each in file.roles.items() for name in each]
    for name in sorted({name for name, _ in people if [n for n, _ in people].count(name) > 1}):
        line = located.line(("roles",))
        yield Problem(line=line, message=f"{name} has two roles.", remedy="Keep the one that says most.")


# ---- what pydantic finds, in words


def _problems(error: ValidationError, located: Located) -> Iterator[Problem]:
    for each in error.errors(include_url=False):
        place: Place = each["loc"]
        said = _said(cast(Mapping[str, Any], each), str(place[-1]) if place else "")
        where = _path(tuple(part for part in place if part != "[key]"))
        yield Problem(line=located.line(place), message=f"{where}: {said.message}", remedy=said.remedy)


@dataclass(frozen=True, kw_only=True)
class _Said:
    message: str
    remedy: str


def _said(error: Mapping[str, Any], key: str) -> _Said:
    context = error.get("ctx", {})
    given = context.get("error")
    if isinstance(given, _Wrong):
        return _Said(message=str(given), remedy=given.remedy)
    match error["type"]:
        case "missing":
            return _Said(message="It is missing.", remedy=f"Add `{key}:`.")
        case "extra_forbidden":
            return _Said(message="No such key is known.", remedy="Correct or remove it; docs/policy.md names all keys.")
        case "literal_error":
            expected = str(context.get("expected", "")).replace("'", "")
            return _Said(message=f"“{error['input']}” is not known.", remedy=f"Write {expected}.")
        case "model_type" | "dict_type":
            return _Said(
                message="A mapping of keys to values belongs here.", remedy="Write it as docs/policy.md shows."
            )
        case "too_short":
            return _Said(message="It is empty.", remedy="Write at least one; a policy without rules denies everything.")
        case "string_pattern_mismatch":
            return _Said(message=f"“{error['input']}” is no name.", remedy="Use letters, digits, - and _.")
        case "bool_parsing" | "bool_type":
            return _Said(message=f"“{error['input']}” is neither yes nor no.", remedy="Write true or false.")
        case _:
            return _Said(message=f"{error['msg']}.", remedy="Write it as docs/policy.md shows.")


def _path(place: Place) -> str:
    """`rules[2].effect`"""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "the file"


def _problem(message: str, remedy: str) -> Problem:
    return Problem(line=0, message=message, remedy=remedy)
