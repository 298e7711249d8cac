"""Expert runs as training examples, each step shown as the chat service shows it.

    python bench/telecom_examples.py EXPERTS.jsonl OUT.jsonl [--held-out FILE --every 10] [--candidates 12]

`EXPERTS.jsonl` is what bench/telecom_experts.py wrote. With --held-out, the runs of about every tenth combination of
faults go there instead, whoever reported them. The last line is one JSON object: what was made, and what could not be.
"""

import argparse
import hashlib
import json
import sys
from contextlib import ExitStack
from pathlib import Path

from api.practice.telecom import Converter, Taking, read_runs
from models.scene import to_plain
from retrieval.embed import MiniLMEmbedder


def held_out(name: str, every: int) -> bool:
    """By the faults alone: `[mms_issue]a|b[PERSONA:Hard]` without the persona."""
    faults = name.partition("[PERSONA")[0]
    return every > 0 and int(hashlib.sha256(faults.encode()).hexdigest(), 16) % every == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experts", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--copies", type=int, default=40, help="of one and the same point, at most")
    parser.add_argument("--candidates", type=int, default=12, help="tools in one example, at most")
    parser.add_argument("--limit", type=int, default=0, help="runs")
    given = parser.parse_args()
    taking = Taking(most_copies=given.copies, most_offered=given.candidates)
    converter, written = Converter(MiniLMEmbedder(cache=100_000), taking), {"train": 0, "held_out": 0}
    with ExitStack() as files:
        out = files.enter_context(given.out.open("w", encoding="utf-8"))
        apart = files.enter_context(given.held_out.open("w", encoding="utf-8")) if given.held_out else None
        for number, run in enumerate(read_runs(given.experts)):
            if given.limit and number >= given.limit:
                break
            aside = apart is not None and held_out(run.id, given.every)
            for example in converter.examples(run):
                (apart if aside and apart else out).write(json.dumps(to_plain(example), ensure_ascii=False) + "\n")
                written["held_out" if aside else "train"] += 1
            print(f"run {number + 1}: {written}", file=sys.stderr, flush=True)
    report = converter.report
    told = {"runs": report.runs, "examples": written, "steps": report.steps, "values": report.values}
    print(json.dumps({**told, "unplaced": dict(+report.unplaced), "unoffered": dict(+report.unoffered)}))


if __name__ == "__main__":
    main()
