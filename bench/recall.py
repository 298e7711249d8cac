"""How many of the expert's actions are among the candidates that retrieval offers, under three memories.

    .venv/bin/python bench/recall.py [--split dev] [--per-family 6] [--seed 2]

Memory is the verified trajectories of the train split (--memory of each family). The last line is one JSON object:
mean recall at 8, 10, 12 and 14 candidates for each memory, and the trivial baseline (the same for all requests: the
actions that the train split uses most). The test split cannot be chosen: retrieval is tuned with this script.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence

from api.practice.desk import Practice, practice
from examples.helpdesk.tasks import HelpDeskTask, generate
from knowledge.types import Query
from planner.replay import Demonstration

SIZES = (8, 10, 12, 14)
Solved = tuple[HelpDeskTask, Demonstration]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("train", "dev"), default="dev")
    parser.add_argument("--per-family", type=int, default=6)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--memory", type=int, default=20)
    arguments = parser.parse_args()
    with practice() as desk:
        known = list(desk.solved(generate("train", seed=1, per_family=arguments.memory)))
        asked = list(desk.solved(generate(arguments.split, seed=arguments.seed, per_family=arguments.per_family)))
        asked = [(task, each) for task, each in asked if each.calls]
        desk.remember([each for _, each in known])
        figures = {
            "empty": recall(desk, asked, lambda task: None),
            "without_family": recall(desk, asked, lambda task: [t.id for t, _ in known if t.family == task.family]),
            "full": recall(desk, asked, lambda task: [t.id for t, _ in known if t.wording == task.wording]),
            "most_used": baseline(known, asked),
        }
    print(json.dumps({"split": arguments.split, "n": len(asked), "sizes": SIZES, **figures}))


def recall(
    desk: Practice, asked: Sequence[Solved], hidden: Callable[[HelpDeskTask], Collection[str] | None]
) -> list[float]:
    """`hidden`: ids of precedents not to be seen; None for no memory at all."""
    offered = []
    for task, each in asked:
        exclude = hidden(task)
        memory = {"precedents": 0} if exclude is None else {"exclude": exclude}
        context = desk.services.retriever.context(Query(text=each.task.text), actions=max(SIZES), **memory)
        offered.append([hit.item.id for hit in context.actions])
    return _shares(asked, offered)


def baseline(known: Sequence[Solved], asked: Sequence[Solved]) -> list[float]:
    most = [action for action, _ in Counter(call.action for _, each in known for call in each.calls).most_common()]
    return _shares(asked, [most] * len(asked))


def _shares(asked: Sequence[Solved], offered: Sequence[Sequence[str]]) -> list[float]:
    golds = [{call.action for call in each.calls} for _, each in asked]
    return [
        round(
            sum(len(gold & set(ids[:k])) / len(gold) for gold, ids in zip(golds, offered, strict=True)) / len(golds), 4
        )
        for k in SIZES
    ]


if __name__ == "__main__":
    main()
