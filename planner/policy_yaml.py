"""YAML as plain data that knows its lines. Scalars stay text: `on` is no boolean, and 12:30 no number of seconds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

Place: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"

MOST_CHARACTERS = 200_000
DEEPEST = 12


class NotYaml(Exception):
    """`line` counts from 1; 0 where no line is to blame."""

    def __init__(self, message: str, *, remedy: str, line: int = 0) -> None:
        super().__init__(message)
        self.message, self.remedy, self.line = message, remedy, line


@dataclass(kw_only=True)
class Located:
    """`lines` by place, as `("rules", 2, "effect")`."""

    data: Plain = None
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """Of the place, or of the nearest one around it."""
        return next((self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines), 0)


def read_located(text: str) -> Located:
    """Raises NotYaml."""
    if len(text) > MOST_CHARACTERS:
        raise NotYaml(f"It is longer than {MOST_CHARACTERS} characters.", remedy="Write fewer, wider rules.")
    try:
        _refuse_what_a_policy_needs_not(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = mark.line + 1 if mark else 0
        problem = error.problem or error.context or "it cannot be read"
        raise NotYaml(f"It is not YAML: {problem}.", remedy="Mend that line.", line=where) from error
    except yaml.YAMLError as error:
        message = " ".join(str(error).split())
        raise NotYaml(f"It is not YAML: {message}.", remedy="Save it as plain UTF-8 text.") from error
    located = Located()
    if node is not None:
        located.data = _plain(node, (), located.lines)
    return located


def _refuse_what_a_policy_needs_not(text: str) -> None:
    """Aliases, which make small files large; and depth, which exhausts the stack."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise NotYaml("Anchors and aliases are not read.", remedy="Write the value out.", line=line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise NotYaml(f"It is nested more than {DEEPEST} deep.", remedy="Take the inner lists out.", line=line)


def _plain(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Plain:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, place, lines))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each, (*place, i), lines) for i, each in enumerate(node.value)]
    return None if node.tag == "tag:yaml.org,2002:null" else str(node.value)


def _pairs(node: yaml.MappingNode, place: Place, lines: dict[Place, int]) -> Iterator[tuple[str, Plain]]:
    seen: Mapping[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise NotYaml("A key is not a word.", remedy="Write keys as plain words.", line=line)
        if key.value in seen:
            first = f"on line {seen[key.value]} already"
            raise NotYaml(
                f"{key.value} is given {first}.", remedy="Keep one of them, with a list of values.", line=line
            )
        seen = {**seen, key.value: line}
        plain = _plain(value, (*place, key.value), lines)
        lines[(*place, key.value)] = line
        yield key.value, plain
