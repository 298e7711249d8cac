"""τ²-bench's telecom tasks in solo mode, closed loop: its own environment, our chat completions, its own judgement.

    TAU2_DATA_DIR=… python bench/telecom.py TASKS.json.xz [--url http://127.0.0.1:8600] [--limit 0] [--runs FILE]

Runs where the package `tau2` is installed (Python ≥ 3.12), against a `lamp serve` anywhere; what its memory holds of
such tickets it has from `lamp memory learn`, and bench/telecom_experts.py writes it. The last line is one JSON
object: `success` over all tasks, `success_fix_tasks` over those that are not to be handed to a person, and the share
that always handing over passes (`escalate_always`), each with its 95 % interval under `intervals`; `errors` are turns
that the service could not answer.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from chat_seam import Seam, share, told, wilson
from telecom_world import DONE, TRANSFER, Episode, Worlds, is_fix, tasks


def run(episode: Episode, seam: Seam) -> list[dict[str, Any]]:
    """The conversation, up to `done`, the benchmark's limits, or a reply without a call, which it does not allow."""
    worlds, task = episode.worlds, episode.task
    messages: list[dict[str, Any]] = [{"role": "system", "content": worlds.system(task)}]
    while not episode.over:
        reply = seam.turn(messages, worlds.tools, tool_choice="required", parallel_tool_calls=False)
        messages.append(reply)
        wanted = reply.get("tool_calls") or []
        if not wanted:
            break
        made = [(c["id"], c["function"]["name"], json.loads(c["function"]["arguments"])) for c in wanted]
        for call, answer in zip(wanted, episode.calls(made), strict=True):
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": answer})
    return messages


def escalated(episode: Episode) -> bool:
    """Whether handing it over at once is all that this task wants."""
    episode.call(TRANSFER, summary=episode.task.ticket)
    episode.call(DONE)
    return episode.solved()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8600")
    parser.add_argument("--key", default="none")
    parser.add_argument("--limit", type=int, default=0, help="tasks, spread over all; 0: every task")
    parser.add_argument("--runs", type=Path, help="file for the conversations, one a line")
    given = parser.parse_args()
    every = tasks(given.tasks)
    chosen = every[:: max(1, len(every) // given.limit)][: given.limit] if given.limit else every
    worlds, seam = Worlds(), Seam(given.url, given.key)
    solved, baseline = [], []
    lines = given.runs.open("w", encoding="utf-8") if given.runs else None
    for task in told(chosen, "task"):
        episode = worlds.begin(task)
        messages = run(episode, seam)
        solved.append(episode.solved())
        baseline.append(escalated(worlds.begin(task)))
        if lines:
            told_run = {"id": task.id, "solved": solved[-1], "messages": messages[1:]}
            print(json.dumps(told_run, ensure_ascii=False), file=lines, flush=True)
    fixes = [right for right, task in zip(solved, chosen, strict=True) if is_fix(task)]
    print(json.dumps({**report(solved, fixes, baseline), "errors": seam.failed}))


def report(solved: list[bool], fixes: list[bool], baseline: list[bool]) -> dict[str, Any]:
    figures = {"success": solved, "success_fix_tasks": fixes, "escalate_always": baseline}
    return {
        "n": len(solved),
        "n_fix_tasks": len(fixes),
        **{name: share(sum(each), len(each)) for name, each in figures.items()},
        "intervals": {name: wilson(sum(each), len(each)) for name, each in figures.items()},
    }


if __name__ == "__main__":
    main()
