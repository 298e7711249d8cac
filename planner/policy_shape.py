"""The shape of a policy file: which keys it may have, and what each may say."""

import re
from collections.abc import Iterator
from typing import Annotated, cast
from typing import Literal as OneOf
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from knowledge.types import Effect, Verdict
from planner.policy_rules import DAYS, Hours, Per, Rate, Role, Rule, Rules, Taint
from planner.policy_yaml import Located

REASON_WORDS = ("action", "requester", "role", "tainted", "unread")


class Wrong(ValueError):
    """What pydantic passes on to whoever tells it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def _listed(given: object) -> object:
    if given == [] or given is None:
        raise Wrong("Nothing is given.", "Give a value, or leave the key out: then it holds always.")
    return given if isinstance(given, list) else [given]


def _pattern(given: str) -> str:
    if not given or re.search(r"[\s?\[\]{}]", given):
        raise Wrong(f"“{given}” is no pattern.", "Write a name; * stands for any characters, nothing else is special.")
    return given


def _hours(given: str) -> str:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-(([01]\d|2[0-3]):[0-5]\d|24:00)", given)
    if not found or given[:5] == given[6:]:
        raise Wrong(f"“{given}” are no hours.", "Write them as 08:00-18:00; 00:00-24:00 is the whole day.")
    return given


def _zone(given: str) -> str:
    try:
        ZoneInfo(given)
    except (KeyError, ValueError, OSError):
        raise Wrong(f"“{given}” is no time zone.", "Write one like Europe/Berlin or UTC.") from None
    return given


def _day(given: str) -> str:
    if not re.fullmatch(r"(?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))?", given.lower()):
        raise Wrong(f"“{given}” are no weekdays.", "Write them as mon-fri, or [mon, wed].")
    return given.lower()


def _rate(given: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,5} per (minute|hour|day)", given):
        raise Wrong(f"“{given}” is no rate.", "Write it as 5 per hour; minute, hour and day are known.")
    return given


def _reason(given: str) -> str:
    if unknown := [word for word in re.findall(r"\{(\w+)\}", given) if word not in REASON_WORDS]:
        raise Wrong(f"{{{unknown[0]}}} stands for nothing.", f"Known are {_braced(REASON_WORDS)}.")
    return " ".join(given.split())


def _braced(words: tuple[str, ...]) -> str:
    return ", ".join(f"{{{word}}}" for word in words)


_Pattern = Annotated[str, AfterValidator(_pattern)]
_Many = BeforeValidator(_listed)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileTime(_Strict):
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


class FileRule(_Strict):
    name: str = Field(pattern=r"^\w[\w-]{0,62}$")
    action: Annotated[list[_Pattern], _Many] = []
    effect: Annotated[list[Effect], _Many] = []
    taint: Annotated[list[Taint], _Many] = []
    role: Annotated[list[Role], _Many] = []
    parameters: Annotated[list[_Pattern], _Many] = []
    sensitive: bool = False
    time: FileTime | None = None
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


class PolicyFile(_Strict):
    version: OneOf["1"]
    sensitive: list[_Pattern] = []
    roles: dict[OneOf["operator", "admin"], Annotated[list[str], _Many]] = {}
    dry_run: bool = False
    rules: Annotated[list[FileRule], Field(min_length=1)]

    def rules_of(self, source: str, located: Located) -> Rules:
        rules = tuple(rule.plain(located.line(("rules", i))) for i, rule in enumerate(self.rules))
        roles = {name: cast(Role, role) for role, names in self.roles.items() for name in names}
        return Rules(source=source, rules=rules, sensitive=tuple(self.sensitive), roles=roles, dry_run=self.dry_run)
