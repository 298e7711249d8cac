"""`lamp data`: examples of all sources, clean, kept apart, varied; one folder with train, dev and a card."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.collected import Public, collected, told
from knowledge.errors import BadConfiguration

if TYPE_CHECKING:
    from models.dataset import Part


def command(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder to write the data set to.")],
    sgd: Annotated[Path | None, typer.Option(help="Folder with SGD's train.json.xz and dev.json.xz.")] = None,
    sgd_examples: Annotated[int, typer.Option(help="How many of SGD's examples to take.")] = 12000,
    star: Annotated[Path | None, typer.Option(help="star.tar.xz, made from RasaHQ/STAR.")] = None,
    star_examples: Annotated[int, typer.Option(help="How many of STAR's examples to take.")] = 5000,
    helpdesk: Annotated[bool, typer.Option(help="Take what the practice help desk's experts did.")] = True,
    per_family: Annotated[int, typer.Option(min=1, help="Help desk tasks of each family of the train split.")] = 60,
    newest: Annotated[int, typer.Option(min=0, help="Only in each family's last so many wordings; 0: in all.")] = 0,
    offices: Annotated[int, typer.Option(min=0, help="Tasks of each operation of the made-up offices; 0: none.")] = 0,
    asides: Annotated[
        int, typer.Option(min=0, help="Help desk requests about which nothing is to be changed; 0: none.")
    ] = 0,
    plans: Annotated[int, typer.Option(min=0, help="Wordings of plans from documentation, as in phase 1.")] = 0,
    memory: Annotated[bool, typer.Option(help="Take the verified runs of the data folder.")] = False,
    documents: Annotated[
        int, typer.Option(min=0, help="Wordings of plans from the data folder's operations and trusted runbooks.")
    ] = 0,
    extra: Annotated[list[Path] | None, typer.Option(help="File of further examples; may be given repeatedly.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed and sources give the same rows.")] = 0,
    near: Annotated[float, typer.Option(min=0.1, max=1.0, help="Requests this alike are one.")] = 0.9,
    hold_families: Annotated[int, typer.Option(min=0, help="Help desk families to measure on only.")] = 0,
    most: Annotated[int, typer.Option(min=0, help="At most so many rows of one family; 0: all.")] = 0,
    copies: Annotated[float, typer.Option(min=0.0, help="Varied copies for each row.")] = 0.5,
    xz: Annotated[bool, typer.Option(help="Compress the rows.")] = False,
) -> None:
    """Collect, clean, de-duplicate, keep apart, vary, and write train and dev rows with a card."""
    from api.commands.train_common import said
    from models.base import load_tokenizer
    from models.dataset import Recipe
    from models.dataset_build import built
    from models.dataset_files import write
    from models.encode import Encoder

    parts = list(
        collected(
            sgd=Public(path=sgd, count=sgd_examples),
            star=Public(path=star, count=star_examples),
            per_family=per_family if helpdesk else 0,
            newest=newest,
            offices=offices,
            seed=seed,
        )
    )
    parts += [_asides(asides, seed)] if asides else []
    parts += [_plans(plans, seed)] if plans else []
    parts += _own(context, memory, documents, seed)
    parts += _further(extra or [])
    if not parts:
        remedy = (
            "Give --sgd FOLDER, --star FILE, --offices N, --asides N, --plans N, --memory, --documents N or "
            "--extra FILE, or leave out --no-helpdesk."
        )
        raise BadConfiguration("There is nothing to collect.", remedy=remedy)
    recipe = Recipe(seed=seed, near=near, hold_families=hold_families, most=most, copies=copies)
    dataset = built(parts, recipe)
    card = write(out, dataset, parts, recipe, command=said(), compressed=xz, encoder=Encoder(load_tokenizer()))
    if card["leaks"]:
        raise AssertionError(f"what is measured on would be known from training: {card['leaks'][:3]}")
    for name, count in {**card["facts"]["dropped"], **card["unannotated"]}.items():
        typer.echo(f"{count:7} {name}")
    typer.echo(f"{len(dataset.train)} rows to train on, {len(dataset.dev)} to measure on; card: {out / 'README.md'}")


def _asides(count: int, seed: int) -> Part:
    from api.commands.train_common import bar, by_name
    from api.practice import parts

    with bar("asides") as tell:
        return told(parts.asides(count=count, seed=seed, tell=by_name(tell)))


def _plans(each: int, seed: int) -> Part:
    from api.commands.train_common import bar, by_name
    from api.practice import parts

    with bar("plans") as tell:
        return told(parts.plans(each=each, seed=seed, tell=by_name(tell)))


def _own(context: typer.Context, memory: bool, documents: int, seed: int) -> Iterator[Part]:
    """Of the data folder."""
    from api.commands.common import opened, settings_of
    from api.commands.train_common import bar, by_name
    from api.practice import parts

    if not memory and not documents:
        return
    settings = settings_of(context)
    with opened(settings) as services:
        services.retriever.refresh(settings.tenant)
        if documents:
            with bar("documents") as tell:
                made = parts.documents(services, each=documents, seed=seed, tell=by_name(tell))
            yield told(made)
        if memory:
            yield told(parts.memory(services))


def _further(files: list[Path]) -> Iterator[Part]:
    from api.practice import parts

    for path in files:
        yield told(parts.file(path))
