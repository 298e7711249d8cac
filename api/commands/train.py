"""`lamp train`: examples from public dialogues and the practice help desk's experts, an adapter out."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from knowledge.errors import BadConfiguration

if TYPE_CHECKING:
    from models.scene import Example

HELD_OUT = 300  # examples of each kind to measure on


@dataclass(frozen=True, kw_only=True)
class Part:
    """Examples of one origin, to train and to measure on, and how the card names them. `label`: before its figures."""

    label: str
    name: str
    licence: str
    sha256: str
    train: list[Example]
    held_out: list[Example]


def command(
    out: Annotated[Path, typer.Option(help="Folder to write the adapter to.")],
    sgd: Annotated[Path | None, typer.Option(help="Folder with SGD's train.json.xz and dev.json.xz.")] = None,
    sgd_examples: Annotated[int, typer.Option(help="How many of SGD's examples to take.")] = 7000,
    sgd_skip: Annotated[int, typer.Option(help="How many to leave out first: those of an earlier stage.")] = 0,
    star: Annotated[Path | None, typer.Option(help="star.tar.xz, made from RasaHQ/STAR.")] = None,
    star_examples: Annotated[int, typer.Option(help="How many of STAR's examples to take.")] = 3000,
    star_skip: Annotated[int, typer.Option(help="How many to leave out first: those of an earlier stage.")] = 0,
    helpdesk: Annotated[bool, typer.Option(help="Learn from the practice help desk's experts.")] = True,
    per_family: Annotated[int, typer.Option(help="Help desk tasks of each family of the train split.")] = 60,
    init: Annotated[Path | None, typer.Option(help="Adapter to go on from.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same examples in the same order.")] = 0,
    epochs: Annotated[float, typer.Option(min=0.01)] = 1.0,
    rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 1e-3,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0: all.")] = 0,
) -> None:
    """Train an adapter; killed, the same command goes on from its last checkpoint."""
    if sgd is None and star is None and not helpdesk:
        remedy = "Give --sgd FOLDER or --star FILE, or leave out --no-helpdesk."
        raise BadConfiguration("There is nothing to train on.", remedy=remedy)
    import torch

    from models import adapter
    from models.train import Settings, finished, train

    if threads:
        torch.set_num_threads(threads)
    parts = [_sgd(sgd, sgd_examples, sgd_skip, seed)] if sgd else []
    parts += [_star(star, star_examples, star_skip, seed)] if star else []
    parts += [_helpdesk(per_family, seed)] if helpdesk else []
    settings = Settings(out=out, seed=seed, epochs=epochs, peak_rate=rate, init=init)
    with _bar("training") as tell:
        network = train([e for p in parts for e in p.train], settings, listen=lambda p: tell(p.step, p.steps, p.loss))
    adapter.save(network, out, _card(parts, settings, {}, 1.0, init))  # what took hours is safe before it is measured
    metrics, temperature = _measured(network, parts, settings.base)
    adapter.save(network, out, _card(parts, settings, metrics, temperature, init))
    finished(settings)
    typer.echo(f"Adapter in {out}; held-out figures: {metrics}")


# ---- data


def _sgd(folder: Path, count: int, skip: int, seed: int) -> Part:
    from models import sgd

    path, dev = folder / "train.json.xz", folder / "dev.json.xz"
    made = sgd.examples(path, seed=seed)[skip : skip + count]
    return Part(
        label="sgd",
        name="Schema-Guided Dialogue (google-research-datasets), train",
        licence="CC BY-SA 4.0",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        train=made,
        held_out=sgd.examples(dev, seed=1, services=sgd.unseen_services(folder))[:HELD_OUT],
    )


def _star(path: Path, count: int, skip: int, seed: int) -> Part:
    from models import star

    found = star.lessons(path, seed=seed)
    left_out, unplaced = sum(found.report.left_out.values()), sum(found.report.unplaced.values())
    typer.echo(
        f"STAR: {len(found.examples)} examples; {unplaced} of {found.report.values} values not found in the dialogue; "
        f"{left_out} acts left out"
    )
    return Part(
        label="star",
        name="STAR (RasaHQ), happy dialogues of 19 of 24 tasks",
        licence="MIT",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        train=list(found.examples[skip : skip + count]),
        held_out=list(star.lessons(path, seed=1, tasks=star.HELD_OUT).examples[:HELD_OUT]),
    )


def _helpdesk(per_family: int, seed: int) -> Part:
    from api.practice.desk import practice
    from api.practice.lessons import helpdesk_lessons

    with _bar("help desk") as tell, practice() as desk:

        def told(what: str, n: int, total: int) -> None:
            tell(n, total, what=what)

        lessons = helpdesk_lessons(desk, split="train", per_family=per_family, seed=seed, tell=told)
        held_out = helpdesk_lessons(desk, split="dev", per_family=2, seed=seed, vary=False, tell=told)
    unplaced, unoffered = sum(lessons.report.unplaced.values()), sum(lessons.report.unoffered.values())
    typer.echo(
        f"{len(lessons.examples)} examples; {unplaced} of {lessons.report.values} values not found in a source; "
        f"{unoffered} of {lessons.report.steps} actions not offered by retrieval"
    )
    return Part(
        label="helpdesk",
        name="Lamplighter practice help desk, train split",
        licence="Apache-2.0",
        sha256=_hash(lessons.examples),
        train=list(lessons.examples),
        held_out=list(held_out.examples),
    )


def _hash(examples: tuple[Example, ...]) -> str:
    import json

    from models.scene import to_plain

    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(to_plain(example), sort_keys=True).encode())
    return digest.hexdigest()


# ---- result


def _measured(network: Any, parts: list[Part], base: str) -> tuple[dict[str, float], float]:
    """Held-out shares by part, and the temperature that fits the choices of the last part best."""
    from models.base import load_tokenizer
    from models.calibrate import decisions, fitted_temperature
    from models.encode import Encoder
    from models.measure import measure

    encoder, metrics = Encoder(load_tokenizer(base)), dict[str, float]()
    for part in parts:
        shares = measure(network, encoder, part.held_out).shares()
        metrics |= {f"{part.label}_{name}": share for name, share in shares.items()}
    return metrics, fitted_temperature(decisions(network, encoder, parts[-1].held_out))


def _card(
    parts: list[Part], settings: Any, metrics: dict[str, float], temperature: float, init: Path | None
) -> dict[str, Any]:
    import torch

    from models.adapter import read_card

    earlier = read_card(init) if init else {}
    # Whose disk it was is nobody's business: an input folder is named by its last part.
    command = " ".join(["lamp train", *(Path(a).name if ".." in a or a.startswith("/") else a for a in sys.argv[2:])])
    data = [{"name": p.name, "licence": p.licence, "sha256": p.sha256, "examples": len(p.train)} for p in parts]
    return {
        "created": datetime.now(UTC).date().isoformat(),
        "command": " && ".join(c for c in (earlier.get("command"), command) if c),
        "data": [*earlier.get("data", []), *data],
        "training": {
            "seed": settings.seed,
            "epochs": settings.epochs,
            "peak_rate": settings.peak_rate,
            "batch_tokens": settings.batch_tokens,
            "torch": torch.__version__,
        },
        "metrics": metrics,
        "temperature": round(temperature, 3),
    }


@contextmanager
def _bar(title: str) -> Iterator[Any]:
    """A progress bar; `tell(done, total, loss)` moves it."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(title, total=None)

        def tell(done: int, total: int, loss: float | None = None, *, what: str = title) -> None:
            text = f"{what} loss {loss:.3f}" if loss is not None else what
            progress.update(task, completed=done, total=total, description=text)

        yield tell
