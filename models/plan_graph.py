"""Plans as graphs, compared as TinyAgent does (arXiv 2409.00608): right when isomorphic to the right plan's graph.

There a node is a function call and an edge runs from A to B when B needs what A returned; a plan scores 1 when the
right functions are called with the right dependencies between them, in whatever order independent calls are written,
and 0 otherwise. Names are compared and values are not. `same_values` is the stricter form: it also asks for the
same arguments, and for results handed on from the same place to the same parameter.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.types import Argument, JsonValue, Literal, Reference, Step
from models import metrics


@dataclass(frozen=True, kw_only=True)
class Node:
    """One call. `values`: arguments that come from no other call."""

    name: str
    values: dict[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What call `after` takes from the result of call `before`: (parameter, value or path), sorted."""

    before: int
    after: int
    handed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class PlanGraph:
    """`nodes[i]` is the i-th call; edges point from lower to higher numbers, so there is no cycle."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph(steps: Sequence[Step]) -> PlanGraph:
    """Of a plan (References) or of what was done (values that were read from an earlier result).

    A result of a step that is not among `steps` (a failed one left out, say) is no dependency, its value a value.
    """
    at = {step.index: i for i, step in enumerate(steps)}
    nodes, edges = [], []
    for i, step in enumerate(steps):
        own: dict[str, JsonValue] = {}
        handed: dict[int, list[tuple[str, str]]] = {}
        for argument in step.arguments:
            source = at.get(_source(argument), i)
            if source < i:
                handed.setdefault(source, []).append((argument.name, _what(argument)))
            else:
                own[argument.name] = _value(argument)
        nodes.append(Node(name=step.action, values=own))
        edges += [Edge(before=b, after=i, handed=tuple(sorted(what))) for b, what in sorted(handed.items())]
    return PlanGraph(nodes=tuple(nodes), edges=tuple(edges))


def isomorphic(one: PlanGraph, other: PlanGraph, *, same_values: bool = False) -> bool:
    """Whether the same calls depend on each other in the same way; with `same_values`, on the same values too."""
    import networkx

    def alike(a: dict[str, Node], b: dict[str, Node]) -> bool:
        x, y = a["node"], b["node"]
        return x.name == y.name and (not same_values or metrics.same_values(x.values, y.values))

    def handed_alike(a: dict[str, Edge], b: dict[str, Edge]) -> bool:
        return not same_values or a["edge"].handed == b["edge"].handed

    return bool(networkx.is_isomorphic(_drawn(one), _drawn(other), node_match=alike, edge_match=handed_alike))


def _drawn(plan: PlanGraph) -> Any:
    import networkx

    drawn = networkx.DiGraph()
    for i, node in enumerate(plan.nodes):
        drawn.add_node(i, node=node)
    for edge in plan.edges:
        drawn.add_edge(edge.before, edge.after, edge=edge)
    return drawn


def _source(argument: Argument) -> int:
    """The step whose result the value is from; -1 if it is from elsewhere."""
    value = argument.value
    if isinstance(value, Reference):
        return value.step
    where = value.provenance
    return int(where.source_id.removeprefix("step:")) if where.source == "observation" else -1


def _what(argument: Argument) -> str:
    """A value is compared as a value, wherever it stood; before anything runs there is only its place."""
    value = argument.value
    return f"${value.path}" if isinstance(value, Reference) else f"={json.dumps(value.value, sort_keys=True)}"


def _value(argument: Argument) -> JsonValue:
    value = argument.value
    return value.value if isinstance(value, Literal) else f"${value.step}.{value.path}"
