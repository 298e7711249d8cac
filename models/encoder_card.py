"""What stands beside an adapter that only encodes: card.json, and made of it the README that Hugging Face shows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.base import HUB_NAME

CARD = "card.json"


def write_card(folder: Path, card: Mapping[str, Any], readme: str) -> None:
    """`readme` has places for `hub`, `data`, `command` and `metrics`; of `card` at least `data` and `command` are set.

    An entry of `data` has a `name`, and numbers by what they count.
    """
    (folder / CARD).write_text(json.dumps(dict(card), indent=2, ensure_ascii=False) + "\n")
    said = readme.format(
        hub=HUB_NAME,
        command=card["command"],
        data="\n".join(f"- {each['name']}: {_counts(each)}" for each in card["data"]),
        metrics=json.dumps(card.get("metrics", {}), indent=2),
    )
    (folder / "README.md").write_text(said)


def _counts(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{count} {what}" for what, count in entry.items() if what != "name")
