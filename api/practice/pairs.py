"""Phase 1: tasks and plans from what an organisation has anyway, its operations' schemas and its runbooks.

Nothing is carried out: every result is a placeholder, so what is learned is which action follows which, not what was
seen. A runbook's numbered lines are taken for actions where one is near in meaning, and counted where none is.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from api.practice.desk import Known, Practice
from api.practice.walks import planned
from knowledge.types import ActionSpec, Document, Query, Task
from models.encode import words
from models.layout import skeleton
from models.pairs import Operation, pairs, wish
from models.scene import Example
from planner.replay import Call, Demonstration, Report, at_noon, examples

if TYPE_CHECKING:
    from api.practice.lessons import Told

MEANT = 0.45  # cosine of a runbook's line and an action, from which it means it
DAY = at_noon("2026-04-22")
_SECTION = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
_LINE = re.compile(r"^\d+[.)] (?P<text>.+)$", re.MULTILINE)


@dataclass
class Pairs:
    """`lines`: of runbooks, by what became of them."""

    examples: list[Example] = field(default_factory=list)
    lines: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)


def documentation_pairs(
    practice: Practice, *, each: int, per_family: int, seed: int, tell: Told | None = None
) -> Pairs:
    """From the catalogue, the runbooks, and walks over `per_family` tasks of each family of the train split."""
    from examples.helpdesk.tasks import generate

    rng, made = random.Random(seed), Pairs()
    shown = [d for _, d in practice.solved(generate("train", seed=seed, per_family=per_family))]
    plans = _written(practice, each, rng, made.lines) | {"walks": list(planned(shown, practice.specs, rng))}
    return _as_choices(practice, plans, made, tell)


def own_pairs(known: Known, *, each: int, seed: int, tell: Told | None = None) -> Pairs:
    """From the operations and runbooks of any installation: nobody solved anything there that could be walked over."""
    rng, made = random.Random(seed), Pairs()
    return _as_choices(known, _written(known, each, rng, made.lines), made, tell)


def _written(known: Known, each: int, rng: random.Random, lines: Counter[str]) -> dict[str, list[Demonstration]]:
    return {
        "catalogue": [plan for _ in range(each) for plan in catalogue_plans(known, rng)],
        "runbooks": [plan for _ in range(each) for plan in runbook_plans(known, rng, lines)],
    }


def _as_choices(known: Known, plans: dict[str, list[Demonstration]], made: Pairs, tell: Told | None) -> Pairs:
    total = sum(map(len, plans.values()))
    for kind, found in plans.items():
        for plan in found:
            made.examples += stateless(known, plan)
            made.kinds[kind] += 1
            if tell:
                tell("plans", made.kinds.total(), total)
    return made


def dev_plans(practice: Practice, *, per_family: int, seed: int) -> list[Example]:
    """The experts' plans for dev tasks, without state: what phase 1 is measured on."""
    from examples.helpdesk.tasks import generate

    found = practice.solved(generate("dev", seed=seed, per_family=per_family))
    return [example for _, each in found if all(c.ok for c in each.calls) for example in stateless(practice, each)]


def service_pairs(folder: Path, *, each: int, seed: int) -> list[Example]:
    """From the schemas of the public dialogues' train services, without their dialogues."""
    from models import sgd

    schema = sgd.read(folder / "train.json.xz")["schema"]
    operations = [
        Operation(name=i["name"], description=i["description"], group=s["service_name"])
        for s in schema
        for i in s["intents"]
    ]
    return list(pairs(operations, random.Random(seed), each=each, origin="schema"))


def stateless(known: Known, plan: Demonstration) -> Iterator[Example]:
    """One choice a step, under the context that retrieval finds; nothing to fill."""
    query = Query(text=plan.task.text, tenant=known.services.settings.tenant)
    for example in examples(plan, known.services.retriever.context(query), known.specs, report=Report(), expected=True):
        if example.choose:
            yield replace(example, fill=None, labels=())


# ---- plans


def catalogue_plans(known: Known, rng: random.Random) -> Iterator[Demonstration]:
    """Every operation as a wish; before it the read that finds its identifiers, if it needs one."""
    from retrieval.schema_graph import SchemaGraph

    specs = known.specs
    graph = SchemaGraph(list(specs.values()))
    for spec in specs.values():
        reads = [specs[id] for id in graph.needed(spec.id).producers[:1]]
        yield _plan(wish(spec.name, spec.description, rng), [*reads, spec], f"catalogue:{spec.name}")


def runbook_plans(known: Known, rng: random.Random, lines: Counter[str]) -> Iterator[Demonstration]:
    """Every section with numbered lines, asked for by its title. What is not trusted may not say what is done."""
    actions = _Actions(known)
    for document in known.services.record.documents.list(known.services.settings.tenant):
        if document.trust != "trusted":
            continue
        for title, text in _sections(document):
            found = [actions.meant(line) for line in _LINE.findall(text)]
            lines.update("an action" if each else "no action is near" for each in found)
            steps = [each for each in found if each]
            if steps:
                yield _plan(wish(title, title, rng), _once(steps), f"runbook:{document.title}")


def _plan(text: str, specs: Sequence[ActionSpec], origin: str) -> Demonstration:
    calls = tuple(Call(action=s.id, arguments={}, ok=True, body=skeleton(s.returns)) for s in specs)
    return Demonstration(task=Task(id=origin, text=text, now=DAY), calls=calls, ending="finish", origin=origin)


def _sections(document: Document) -> Iterator[tuple[str, str]]:
    """(title, text); a section called only "Steps" has its document's title."""
    heads = list(_SECTION.finditer(document.text))
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        title = head["title"].strip()
        said = re.sub(r"^steps(?: to)?\s*", "", title, flags=re.IGNORECASE)
        yield said or document.title, document.text[head.end() : after.start() if after else None]


def _once(steps: Sequence[ActionSpec]) -> list[ActionSpec]:
    """What two lines running say of one action is done once."""
    return [step for before, step in zip([None, *steps], steps, strict=False) if before is not step]


class _Actions:
    """The catalogue by meaning."""

    def __init__(self, known: Known) -> None:
        self._specs = list(known.specs.values())
        self._embedder = known.services.embedder
        self._vectors = self._embedder.embed([f"{words(s.name)}: {s.description}" for s in self._specs])

    def meant(self, line: str) -> ActionSpec | None:
        cosines = self._vectors @ self._embedder.embed([line])[0]
        best = int(cosines.argmax())
        return self._specs[best] if cosines[best] >= MEANT else None
