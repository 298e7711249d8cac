"""Rules of a policy, and why one fits a call or does not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal as OneOf
from typing import TypeAlias
from zoneinfo import ZoneInfo

from knowledge.types import Effect, Verdict
from planner.sensitive import fits, names_fit

Taint: TypeAlias = OneOf["tainted", "vouched", "unread-result"]
Role: TypeAlias = OneOf["requester", "operator", "admin"]
Per: TypeAlias = OneOf["minute", "hour", "day"]
Made: TypeAlias = Callable[[timedelta], int]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPANS: dict[Per, timedelta] = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a rule looks at. `arguments`: by name, whether the requester stands behind the value."""

    action: str
    effect: str
    at: datetime
    arguments: Mapping[str, bool] = field(default_factory=dict)
    sensitive: frozenset[str] = frozenset()
    unread: str = ""
    requester: str = ""
    role: str = "requester"
    tenant: str = "default"

    @property
    def tainted(self) -> tuple[str, ...]:
        return tuple(name for name, vouched in self.arguments.items() if not vouched)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """`days` count from Monday, 0; minutes from midnight, `until` not included. `until` < `since` runs past midnight,
    and then belongs to the day on which it began."""

    days: frozenset[int]
    since: int
    until: int
    zone: str = "UTC"

    def hold(self, at: datetime) -> bool:
        local = at.astimezone(ZoneInfo(self.zone))
        minute, day = local.hour * 60 + local.minute, local.weekday()
        if self.since < self.until:
            return day in self.days and self.since <= minute < self.until
        return (day in self.days and minute >= self.since) or ((day - 1) % 7 in self.days and minute < self.until)

    def __str__(self) -> str:
        days = " ".join(name for number, name in enumerate(DAYS) if number in self.days)
        return f"{days} {_clock(self.since)}-{_clock(self.until)} {self.zone}"


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Fits once the requester had `calls` of this action let through, or put to a person, within the last `per`."""

    calls: int
    per: Per

    def __str__(self) -> str:
        return f"{self.calls} per {self.per}"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Conditions that are empty hold always. With `parameters` or `sensitive`, taint is that of these arguments."""

    name: str
    verdict: Verdict
    reason: str
    actions: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    taint: tuple[Taint, ...] = ()
    roles: tuple[Role, ...] = ()
    parameters: tuple[str, ...] = ()
    sensitive: bool = False
    time: Hours | None = None
    rate: Rate | None = None
    line: int = 0

    def miss(self, facts: Facts, made: Made) -> str:
        """Why the rule does not fit, in words; empty if it does. `made` counts earlier calls within a time."""
        checks = (self._action, self._effect, self._role, self._given, self._taint, self._time)
        found = next((why for why in (check(facts) for check in checks) if why), "")
        return found or self._rate(made)

    def about(self, action: str) -> bool:
        return not self.actions or any(fits(action, glob) for glob in self.actions)

    def counts(self, facts: Facts) -> bool:
        """Whether it depends on how often the call was made before."""
        return self.rate is not None and self.about(facts.action)

    # ---- one condition each

    def _action(self, facts: Facts) -> str:
        return "" if self.about(facts.action) else f"{facts.action} is not {_either(self.actions)}"

    def _effect(self, facts: Facts) -> str:
        return "" if not self.effects or facts.effect in self.effects else _not("effect", facts.effect, self.effects)

    def _role(self, facts: Facts) -> str:
        return "" if not self.roles or facts.role in self.roles else _not("role", facts.role, self.roles)

    def _given(self, facts: Facts) -> str:
        if not (self.parameters or self.sensitive) or self._meant(facts):
            return ""
        wanted = f"parameter like {_either(self.parameters)}" if self.parameters else "sensitive parameter"
        return f"no {'sensitive ' if self.parameters and self.sensitive else ''}{wanted} is given"

    def _taint(self, facts: Facts) -> str:
        meant = self._meant(facts)
        found: set[Taint] = {"vouched" if all(meant.values()) else "tainted"}
        if facts.unread:
            found.add("unread-result")
        return "" if not self.taint or found & {*self.taint} else _not("taint", " and ".join(sorted(found)), self.taint)

    def _time(self, facts: Facts) -> str:
        if self.time is None or self.time.hold(facts.at):
            return ""
        local = facts.at.astimezone(ZoneInfo(self.time.zone))
        return f"it is {local:%a %H:%M} {self.time.zone}, outside {self.time}"

    def _rate(self, made: Made) -> str:
        if self.rate is None or (count := made(SPANS[self.rate.per])) >= self.rate.calls:
            return ""
        return f"{count} such calls within the last {self.rate.per}, fewer than {self.rate.calls}"

    def _meant(self, facts: Facts) -> dict[str, bool]:
        """The arguments that the rule is about."""
        return {
            name: vouched
            for name, vouched in facts.arguments.items()
            if (not self.parameters or names_fit(name, self.parameters))
            and (not self.sensitive or name in facts.sensitive)
        }


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A whole policy file. `sensitive` are name patterns, `roles` says who is more than a requester."""

    source: str
    rules: tuple[Rule, ...]
    sensitive: tuple[str, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)
    dry_run: bool = False

    def role_of(self, requester: str) -> str:
        return self.roles.get(requester, "requester")


def _not(what: str, found: str, wanted: tuple[str, ...]) -> str:
    return f"{what} is {found}, not {_either(wanted)}"


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
