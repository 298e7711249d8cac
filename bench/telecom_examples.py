"""Expert runs as training examples, each step shown as the chat service shows it.

    python bench/telecom_examples.py EXPERTS.jsonl OUT.jsonl [--held-out FILE --every 10] [--candidates 12]

`EXPERTS.jsonl` is what bench/telecom_experts.py wrote. Each run has the others as precedents, but those of the same
faults (--alone: none). With --held-out, the runs of about every tenth combination of faults go there instead, whoever
reported them, and are nobody's precedents. The last line is one JSON object: what was made, and what could not be.
"""

import argparse
import hashlib
import json
import sys
from contextlib import ExitStack
from pathlib import Path

from api.chat.demonstrations import read
from api.chat.shelves import Shelves
from api.practice.telecom import Converter, Lent, Taking
from models.scene import to_plain
from retrieval.embed import MiniLMEmbedder


def faults(name: str) -> str:
    """Of a task: `[mms_issue]a|b[PERSONA:Hard]` without the persona."""
    return name.partition("[PERSONA")[0]


def held_out(name: str, every: int) -> bool:
    """By the faults alone."""
    return every > 0 and int(hashlib.sha256(faults(name).encode()).hexdigest(), 16) % every == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experts", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--copies", type=int, default=40, help="of one and the same point, at most")
    parser.add_argument("--candidates", type=int, default=12, help="tools in one example, at most")
    parser.add_argument("--limit", type=int, default=0, help="runs")
    parser.add_argument("--alone", action="store_true", help="without precedents")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    runs = list(read(given.experts))
    taking = Taking(most_copies=given.copies, most_offered=given.candidates, seed=given.seed)
    embedder, written = MiniLMEmbedder(cache=100_000), {"train": 0, "held_out": 0}
    shown = [] if given.alone else [run for run in runs if not (given.held_out and held_out(run.id, given.every))]
    lent = Lent.of(shown, [faults(run.id) for run in shown], Shelves(embedder), embedder) if shown else None
    converter = Converter(embedder, taking, lent)
    with ExitStack() as files:
        out = files.enter_context(given.out.open("w", encoding="utf-8"))
        apart = files.enter_context(given.held_out.open("w", encoding="utf-8")) if given.held_out else None
        for number, run in enumerate(runs):
            if given.limit and number >= given.limit:
                break
            aside = apart is not None and held_out(run.id, given.every)
            for example in converter.examples(run, group=faults(run.id)):
                (apart if aside and apart else out).write(json.dumps(to_plain(example), ensure_ascii=False) + "\n")
                written["held_out" if aside else "train"] += 1
            print(f"run {number + 1}: {written}", file=sys.stderr, flush=True)
    report = converter.report
    told = {"runs": report.runs, "examples": written, "steps": report.steps, "values": report.values}
    print(json.dumps({**told, "unplaced": dict(+report.unplaced), "unoffered": dict(+report.unoffered)}))


if __name__ == "__main__":
    main()
