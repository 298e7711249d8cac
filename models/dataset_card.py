"""A data set's card, in the front matter and sections that Hugging Face expects."""

from collections.abc import Mapping, Sequence
from typing import Any

MOST_SHOWN = 25
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def licence(names: Sequence[str]) -> str:
    """Of the whole: as the strictest of the parts; whose terms are not known is not given away."""
    if any(name in ("private", "as its source") for name in names):
        return "other"
    return "cc-by-sa-4.0" if any("SA" in name for name in names) else "apache-2.0"


def readme(card: Mapping[str, Any]) -> str:
    """card: as `dataset_files` writes it."""
    rows = sum(each["rows"] for each in card["files"].values())
    size = next((name for most, name in SIZES if rows < most), "1M<n<10M")
    lengths = [(name, *quartiles) for name, quartiles in card["balance"]["train"]["lengths"].items()]
    left_out = {f"{part}: {why}": count for part, left in card["left_out"].items() for why, count in left.items()}
    files = {name.split(".")[0]: name for name in card["files"]}
    return f"""---
license: {licence([part["licence"] for part in card["parts"]])}
language:
- en
task_categories:
- text-classification
- token-classification
tags:
- large-action-model
- lamplighter
size_categories:
- {size}
configs:
- config_name: default
  data_files:
  - split: train
    path: {files["train"]}
  - split: validation
    path: {files["dev"]}
---

# Steps of tasks, to choose and to fill

Every row is one decision: what was known, which action was right, and where the values of its parameters stand. Made by
`{card["command"]}`.

## Files

{_table(("file", "rows", "sha256 of the lines"), [_file(name, file) for name, file in card["files"].items()])}

## Parts

{_table(("part", "licence", "train", "dev", "sha256"), [_part(part) for part in card["parts"]])}

## What is measured on is not known from training

Dev rows by what training does not know of them: {_told(card["levels"])}. Leaks found: {len(card["leaks"])}.

## What became of what was collected

{_counts("collected", card["facts"]["collected"])}

{_counts("left out", card["facts"]["dropped"])}

{_counts("varied copies", card["facts"]["varied"])}

{_counts("could not be annotated", card["unannotated"])}

{_counts("made no example", left_out)}

## Balance of the train rows

{_alarms(card["balance"]["train"]["alarms"])}

{_counts("ending", card["balance"]["train"]["endings"])}

{_counts("action", card["balance"]["train"]["actions"])}

{_counts("family", card["balance"]["train"]["families"])}

{_counts("label", card["balance"]["train"]["labels"])}

{_counts("pointed into", card["balance"]["train"]["pointed_into"])}

{_counts("place of the right action", card["balance"]["train"]["places"])}

{_counts("requests with a first name usual in a region", card["balance"]["train"]["names"])}

{_table(("length", "quarter", "half", "three quarters"), lengths)}
"""


def _file(name: str, file: Mapping[str, Any]) -> tuple[object, ...]:
    return (name, file["rows"], f"`{file['sha256']}`")


def _part(part: Mapping[str, Any]) -> tuple[object, ...]:
    return (part["name"], part["licence"], part["train"], part["dev"], f"`{part['sha256'][:16]}…`")


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _alarms(alarms: Sequence[str]) -> str:
    return "\n".join(f"- Note: {alarm}." for alarm in alarms) or "Nothing stands out."


def _counts(what: str, counts: Mapping[str, int]) -> str:
    shown = list(counts.items())[:MOST_SHOWN]
    rest = sum(counts.values()) - sum(count for _, count in shown)
    if rest:
        shown.append((f"{len(counts) - MOST_SHOWN} others", rest))
    return _table((what, "rows"), shown or [("none", 0)])


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
