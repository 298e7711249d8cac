"""A data set on disk: train and dev rows as JSON lines, perhaps compressed, and a card that says what they are.

A row's line holds an example as `models.scene` writes it, and beside it part, family, level and how it was varied.
"""

import hashlib
import json
import lzma
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from knowledge.errors import BadConfiguration
from models.dataset import Dataset, Part, Recipe, Row
from models.dataset_card import readme
from models.dataset_report import balance, unannotated
from models.dataset_split import leaks
from models.encode import Encoder
from models.scene import Example, from_plain, to_plain

FORMAT = 1
CARD = "card.json"


def opened(path: Path, mode: str) -> IO[str]:
    """Text in UTF-8; compressed if the name ends in .xz."""
    if path.suffix == ".xz":
        return lzma.open(path, "rt" if mode == "r" else "wt", encoding="utf-8")
    return path.open(mode, encoding="utf-8", newline="\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Raises BadConfiguration for a file that is not there, damaged, or not of examples."""
    try:
        with opened(path, "r") as lines:
            found = [json.loads(line) for line in lines if line.strip()]
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise BadConfiguration(
            f"{path} cannot be read: {error}.", remedy="Make it with `lamp data`, or give another file."
        ) from error
    if any(not isinstance(each, dict) or "origin" not in each for each in found):
        raise BadConfiguration(
            f"{path} does not hold examples.", remedy="A line has to be an example as `lamp data` writes it."
        )
    return found


def read_file(path: Path) -> list[Example]:
    """Examples of a file of JSON lines, compressed or not."""
    try:
        return [from_plain(each) for each in read_lines(path)]
    except (KeyError, TypeError, AttributeError) as error:
        raise BadConfiguration(
            f"An example in {path} lacks something: {error!r}.",
            remedy="A line has to be an example as `lamp data` writes it.",
        ) from error


def found(folder: Path, split: str) -> Path:
    """The folder's file of that split, compressed or not. Raises BadConfiguration when there is none."""
    for name in (f"{split}.jsonl", f"{split}.jsonl.xz"):
        if (folder / name).exists():
            return folder / name
    raise BadConfiguration(
        f"There is no {split}.jsonl in {folder}.", remedy="Make a data set with `lamp data --out FOLDER`."
    )


def read_card(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / CARD).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise BadConfiguration(
            f"{folder} is no data set: {error}.", remedy="Make one with `lamp data --out FOLDER`."
        ) from error


def write(
    folder: Path,
    dataset: Dataset,
    parts: Sequence[Part],
    recipe: Recipe,
    *,
    command: str,
    compressed: bool = False,
    encoder: Encoder | None = None,
) -> dict[str, Any]:
    """Writes the rows, card.json and README.md; what the card says."""
    folder.mkdir(parents=True, exist_ok=True)
    suffix = ".jsonl.xz" if compressed else ".jsonl"
    files = {}
    for split, rows in (("train", dataset.train), ("dev", dataset.dev)):
        for other in (".jsonl", ".jsonl.xz"):
            (folder / f"{split}{other}").unlink(missing_ok=True)
        files[f"{split}{suffix}"] = _written(folder / f"{split}{suffix}", rows)
    card = _card(dataset, parts, recipe, encoder) | {"command": command, "files": files}
    (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(readme(card), encoding="utf-8")
    return card


def _written(path: Path, rows: Iterable[Row]) -> dict[str, Any]:
    """Rows, and the sha256 of the lines before compression: it does not depend on the compressor."""
    digest, count = hashlib.sha256(), 0
    with opened(path, "w") as file:
        for row in rows:
            line = json.dumps(_plain(row), ensure_ascii=False) + "\n"
            file.write(line)
            digest.update(line.encode())
            count += 1
    return {"rows": count, "sha256": digest.hexdigest()}


def _plain(row: Row) -> dict[str, Any]:
    about = {"part": row.part, "family": row.family, "level": row.level, "made": list(row.made)}
    return about | to_plain(row.example)


def _card(dataset: Dataset, parts: Sequence[Part], recipe: Recipe, encoder: Encoder | None) -> dict[str, Any]:
    rows = [*dataset.train, *dataset.dev]
    return {
        "format": FORMAT,
        "recipe": asdict(recipe),
        "parts": [_part(part, dataset) for part in parts],
        "levels": _counts(row.level for row in dataset.dev),
        "facts": {name: _plainly(counts) for name, counts in asdict(dataset.facts).items()},
        "unannotated": unannotated([row for row in rows if not row.made], encoder),
        "left_out": {part.label: _plainly(part.left_out) for part in parts if part.left_out},
        "leaks": [asdict(leak) for leak in leaks(dataset.train, dataset.dev, recipe.wording)],
        "balance": {"train": asdict(balance(dataset.train)), "dev": asdict(balance(dataset.dev))},
    }


def _part(part: Part, dataset: Dataset) -> dict[str, Any]:
    return {
        "label": part.label,
        "name": part.name,
        "licence": part.licence,
        "sha256": part.sha256,
        "train": sum(row.part == part.label for row in dataset.train),
        "dev": sum(row.part == part.label for row in dataset.dev),
    }


def _counts(values: Iterable[str]) -> dict[str, int]:
    made: dict[str, int] = {}
    for value in values:
        made[value] = made.get(value, 0) + 1
    return made


def _plainly(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
