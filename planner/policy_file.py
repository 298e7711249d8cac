"""A policy file, checked: every error names the file, the line, and what to write instead."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from knowledge.errors import BadConfiguration
from planner.policy_rules import Rules
from planner.policy_shape import PolicyFile, Wrong
from planner.policy_yaml import Located, NotYaml, Place, read_located

DEFAULT = Path(__file__).parent / "policies" / "default.yaml"
RESERVED = ("nothing-fits", "sensitive-asks", "shown-whole-asks")


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
        file = PolicyFile.model_validate(located.data)
    except NotYaml as error:
        raise BadPolicy(source, (Problem(line=error.line, message=error.message, remedy=error.remedy),)) from error
    except ValidationError as error:
        found = sorted(_problems(error, located), key=lambda problem: problem.line)
        raise BadPolicy(source, tuple(found)) from error
    if problems := tuple(_inconsistent(file, located)):
        raise BadPolicy(source, problems)
    return file.rules_of(source, located)


def _inconsistent(file: PolicyFile, located: Located) -> Iterator[Problem]:
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
    if isinstance(given, Wrong):
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
