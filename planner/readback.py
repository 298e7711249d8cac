"""The read that shows what a write did: the nearest resource above it, the one it made, or its row in a search."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.types import ActionSpec, Argument, JsonValue, Literal, Observation, Provenance, Step
from planner.paths import text_of

_SEARCHED_BY = ("query", "q", "search", "filter", "name", "id")


@dataclass(frozen=True, kw_only=True)
class Write:
    """A write that succeeded."""

    spec: ActionSpec
    step: Step
    observation: Observation

    @property
    def arguments(self) -> dict[str, JsonValue]:
        return {a.name: a.value.value for a in self.step.arguments if isinstance(a.value, Literal)}

    @property
    def result(self) -> dict[str, JsonValue]:
        return self.observation.body if isinstance(self.observation.body, dict) else {}


@dataclass(frozen=True, kw_only=True)
class ReadBack:
    """`identity` names the resource, in the write as in what is read; `row` if it is one of several rows."""

    spec: ActionSpec
    arguments: tuple[Argument, ...]
    identity: tuple[str, ...]
    row: bool = False


def read_back_for(write: Write, reads: Sequence[ActionSpec]) -> ReadBack | None:
    """None if the application offers no read that could show what the write did."""
    same = [read for read in reads if read.app == write.spec.app]
    found = [*_made(write, same), *_above(write, same), *_searched(write, same)]
    return found[0] if found else None


def _above(write: Write, reads: Sequence[ActionSpec]) -> Iterator[ReadBack]:
    """Reads of a beginning of the write's path, longest first, that need nothing but its path arguments."""
    for read in sorted(reads, key=lambda each: len(_parts(each.path)), reverse=True):
        names = _matched(read.path, write.spec.path)
        if names and set(_required(read)) <= set(names):
            arguments = tuple(_renamed(write, theirs, ours) for ours, theirs in names.items())
            if all(argument is not None for argument in arguments):
                yield ReadBack(spec=read, arguments=tuple(a for a in arguments if a), identity=tuple(names))


def _matched(read: str, write: str) -> dict[str, str]:
    """Path parameters of `read` by those of `write`, if its template begins the write's; else empty."""
    names: dict[str, str] = {}
    ours, theirs = _parts(read), _parts(write)
    if len(ours) > len(theirs):
        return {}
    for mine, their in zip(ours, theirs, strict=False):
        if mine.startswith("{") and their.startswith("{"):
            names[mine[1:-1]] = their[1:-1]
        elif mine != their:
            return {}
    return names


def _renamed(write: Write, theirs: str, ours: str) -> Argument | None:
    found = next((a for a in write.step.arguments if a.name == theirs), None)
    return Argument(name=ours, value=found.value) if found else None


def _made(write: Write, reads: Sequence[ActionSpec]) -> Iterator[ReadBack]:
    """`GET /tickets/{ticket_id}` for what `POST /tickets` made, if its result names the id."""
    for read in reads:
        own = re.fullmatch(re.escape(write.spec.path.rstrip("/")) + r"/\{(\w+)\}", read.path)
        if write.spec.method == "POST" and own and "{" not in write.spec.path and set(_required(read)) <= {own[1]}:
            key = own[1] if own[1] in write.result else "id"
            value = write.result.get(key)
            if isinstance(value, str | int):
                provenance = Provenance(
                    source="observation", source_id=f"step:{write.step.index}", raw=text_of(value), path=key
                )
                argument = Argument(name=own[1], value=Literal(value=value, provenance=provenance))
                yield ReadBack(spec=read, arguments=(argument,), identity=(key,))


def _searched(write: Write, reads: Sequence[ActionSpec]) -> Iterator[ReadBack]:
    """`GET /licences?query=` for a write to `/licences/{product}/assignments`: the row whose `product` it is."""
    parts = _parts(write.spec.path)
    first = next((i for i, part in enumerate(parts) if part.startswith("{")), 0)
    for read in reads:
        if not first or _parts(read.path) != parts[:first]:
            continue
        by = next((p.name for p in read.parameters if p.name in (*_SEARCHED_BY, parts[first][1:-1])), "")
        found = _renamed(write, parts[first][1:-1], by)
        if by and found and set(_required(read)) <= {by}:
            yield ReadBack(spec=read, arguments=(found,), identity=(parts[first][1:-1],), row=True)


def _required(read: ActionSpec) -> list[str]:
    return [parameter.name for parameter in read.parameters if parameter.required]


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
