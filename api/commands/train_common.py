"""What every training command does: tell how long it will take, train, save what was learned, then measure it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from knowledge.errors import BadConfiguration

if TYPE_CHECKING:
    from api.practice.lessons import Told
    from models.brief import Settings as BriefSettings
    from models.dataset import Part
    from models.scene import Example
    from models.settings import Forecast, Method, Settings

# ---- options that several commands have

Out = Annotated[Path, typer.Option(help="Folder to write the adapter to.")]
Init = Annotated[Path | None, typer.Option(help="Adapter to go on from.")]
Data = Annotated[Path | None, typer.Option(help="Folder that `lamp data` made.")]
Extra = Annotated[list[Path] | None, typer.Option(help="File of further examples; may be given repeatedly.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same examples in the same order.")]
Epochs = Annotated[float, typer.Option(min=0.01)]
Rate = Annotated[float, typer.Option(help="Peak learning rate.")]
Threads = Annotated[int, typer.Option(min=0, help="CPU threads; 0: all.")]
Without = Annotated[str, typer.Option(help="Families to leave out, with commas: to be measured on.")]
Peft = Annotated[str, typer.Option(help="Kind of a fresh adapter: lora, dora, rslora, adalora or ia3.")]
Rank = Annotated[int, typer.Option(min=0, help="Widen the LoRA adapter of --init to this rank first; 0: leave it.")]
BatchTokens = Annotated[int, typer.Option(min=0, help="Tokens of one step; 0: what suits the device.")]
Hard = Annotated[
    float,
    typer.Option(
        min=0.0,
        max=0.5,
        help="Of what experts did, only this share that --init does worst, and as much by lot; 0: all.",
    ),
]
Patience = Annotated[int, typer.Option(min=0, help="Looks without a gain after which training stops; 0: never.")]


@dataclass(frozen=True, kw_only=True)
class Held:
    """Examples to measure on, under the name that their figures have."""

    label: str
    examples: Sequence[Example]


def settings_for(
    out: Path,
    *,
    seed: int,
    epochs: float,
    rate: float,
    init: Path | None,
    peft: str = "lora",
    rank: int = 0,
    batch_tokens: int = 0,
    patience: int = 3,
    threads: int = 0,
    hard: float = 0.0,
) -> Settings:
    import torch

    from models.adapter import read_card
    from models.base import MINILM
    from models.settings import Settings

    if threads:
        torch.set_num_threads(threads)
    return Settings(
        out=out,
        base=str(read_card(init)["base"]) if init else MINILM,
        seed=seed,
        epochs=epochs,
        peak_rate=rate,
        init=init,
        peft=method(peft),
        rank=rank,
        batch_tokens=batch_tokens,
        patience=patience,
        hard=hard,
    )


def method(name: str) -> Method:
    """Raises BadConfiguration for a name that is none."""
    from models.settings import METHODS

    found = next((each for each in METHODS if each == name), None)
    if found is None:
        raise BadConfiguration(f"There is no method {name}.", remedy=f"Use one of {', '.join(METHODS)}.")
    return found


def learn(
    examples: Sequence[Example],
    held: Sequence[Held],
    settings: Settings,
    *,
    data: Sequence[dict[str, Any]],
    title: str,
    made_of: str = "",
) -> dict[str, float]:
    """Trains, and writes adapter, card and curves; the held-out figures.

    What took hours is saved before it is measured; the checkpoint goes only when everything is written. With `made_of`,
    a name for all that went in, an adapter that was made of the same already is not trained again.
    """
    if made_of and (known := made_before(settings.out, made_of)) is not None:
        return known
    from models import adapter
    from models.train import finished, train_with_curves

    watched = [example for each in held for example in each.examples]
    with bar(title) as tell:
        network, curves = train_with_curves(
            examples,
            settings,
            held_out=watched,
            listen=lambda p: tell(p.step, p.steps, p.loss),
            forecast=say_forecast,
            weighed=lambda done, total: tell(done, total, what="finding what is hard"),
        )
    facts = card(settings, data, earlier=settings.init) | ({"made_of": made_of} if made_of else {})
    adapter.save(network, settings.out, facts)
    curves.write(settings.out, title=title)
    metrics = dict[str, float]()
    if held:
        metrics, temperature = measured(network, held, settings.base)
        adapter.save(network, settings.out, facts | {"metrics": metrics, "temperature": round(temperature, 3)})
    finished(settings)
    typer.echo(f"Adapter in {settings.out}; held-out figures: {metrics}")
    return metrics


def made_before(folder: Path, made_of: str) -> dict[str, float] | None:
    """The held-out figures of an adapter that is finished and was made of just this; None if there is none."""
    from models import adapter
    from models.fit import CHECKPOINT

    if not (folder / adapter.CARD).exists() or (folder / CHECKPOINT).exists():
        return None
    found = adapter.read_card(folder)
    return dict(found["metrics"]) if found.get("made_of") == made_of else None


def say_forecast(forecast: Forecast) -> None:
    typer.echo(str(forecast))


def measured(network: Any, held: Sequence[Held], base: str) -> tuple[dict[str, float], float]:
    """Held-out shares by label, and the temperature that fits the choices of the last one best."""
    from models.base import load_tokenizer
    from models.calibrate import decisions, fitted_temperature
    from models.encode import Encoder
    from models.measure import measure

    encoder, metrics = Encoder(load_tokenizer(base)), dict[str, float]()
    for each in held:
        shares = measure(network, encoder, each.examples).shares()
        metrics |= {f"{each.label}_{name}": share for name, share in shares.items()}
    last = held[-1].examples if held else []
    return metrics, fitted_temperature(decisions(network, encoder, last))


# ---- data


def prepared(folder: Path, extra: Sequence[Path]) -> tuple[list[Example], list[Held], list[dict[str, Any]]]:
    """(train, held out by part, what the card says) of a data set's folder and of further files.

    The help desk's part is the last of the held-out ones: on the last the temperature is fitted, and what a phase gains
    is measured there. Of public dialogues, in which a model is far less sure, it would be much too high.
    """
    from models.dataset_files import found, read_card, read_lines
    from models.scene import from_plain

    facts = read_card(folder)
    held: dict[str, list[Example]] = {}
    train = [from_plain(line) for line in read_lines(found(folder, "train"))]
    for line in read_lines(found(folder, "dev")):
        held.setdefault(f"{line['part']}_{line['level']}", []).append(from_plain(line))
    data = [
        {"name": p["name"], "licence": p["licence"], "sha256": p["sha256"], "examples": p["train"]}
        for p in facts["parts"]
    ]
    further, more = further_examples(extra)
    named = sorted(held, key=lambda label: (label.startswith("helpdesk"), label))
    return [*train, *further], [Held(label=label, examples=held[label]) for label in named], [*data, *more]


def replay(folder: Path | None, count: int, seed: int) -> tuple[list[Example], list[Held], list[dict[str, Any]]]:
    """As `prepared`, of the train rows only a sample: what is known already, not to be forgotten."""
    import random

    if folder is None:
        return [], [], []
    train, held, data = prepared(folder, [])
    sample = random.Random(seed).sample(train, min(count, len(train)))
    share = len(sample) / max(1, len(train))
    return sample, held, [part | {"examples": round(part["examples"] * share)} for part in data]


def further_examples(
    files: Sequence[Path], *, most: int = 0, seed: int = 0
) -> tuple[list[Example], list[dict[str, Any]]]:
    """All examples of the files, or `most` of each drawn by lot, and what the card says of them."""
    import random

    from api.practice import parts

    found = [parts.file(path) for path in files]
    if most:
        rng = random.Random(seed)
        found = [replace(p, train=tuple(rng.sample(p.train, min(most, len(p.train))))) for p in found]
    return [example for part in found for example in part.train], [said_of(part) for part in found]


def said_of(part: Part) -> dict[str, Any]:
    return {"name": part.name, "licence": part.licence, "sha256": part.sha256, "examples": len(part.train)}


# ---- result


def card(settings: Settings, data: Sequence[dict[str, Any]], *, earlier: Path | None) -> dict[str, Any]:
    """What the adapter's card says of its training, and of those before it."""
    from models.adapter import read_card
    from models.card import trained

    return trained(settings, data, command=said(), earlier=read_card(earlier) if earlier else None)


def said() -> str:
    """The command line. Whose disk it was is nobody's business: a path is named by its last part."""
    words = [Path(a).name if ".." in a or a.startswith("/") else a for a in sys.argv[1:]]
    return shlex.join(["lamp", *words])


def report(path: Path, figures: dict[str, Any]) -> dict[str, Any]:
    """Written beside the adapter, and handed back."""
    import json

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n")
    return figures


@contextmanager
def bar(title: str) -> Iterator[Any]:
    """A progress bar; `tell(done, total, loss)` moves it."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(title, total=None)

        def tell(done: int, total: int, loss: float | None = None, *, what: str = title) -> None:
            text = f"{what} loss {loss:.3f}" if loss is not None else what
            progress.update(task, completed=done, total=total, description=text)

        yield tell


def by_name(tell: Any) -> Told:
    """For those who say first what they are at."""
    return lambda what, done, total: tell(done, total, what=what)


def families(named: str) -> frozenset[str]:
    """Raises BadConfiguration for one that training does not know."""
    from examples.helpdesk.tasks import FAMILIES, HELD_OUT

    families = frozenset(each.strip() for each in named.split(",") if each.strip())
    if unknown := sorted(families - (FAMILIES.keys() - HELD_OUT)):
        known = ", ".join(sorted(FAMILIES.keys() - HELD_OUT))
        raise BadConfiguration(f"No such families are trained on: {', '.join(unknown)}.", remedy=f"There are {known}.")
    return families


def brief(steps: int, rate: float, seed: int, threads: int) -> BriefSettings:
    """Of a training that takes minutes."""
    import torch

    from models.brief import Settings

    if threads:
        torch.set_num_threads(threads)
    return Settings(steps=steps, rate=rate, seed=seed)


def brief_card(settings: BriefSettings | None, data: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """`settings` None: nothing was trained."""
    by = {"settings": {"steps": settings.steps, "peak_rate": settings.rate, "seed": settings.seed}} if settings else {}
    return {"created": datetime.now(UTC).date().isoformat(), "command": said(), **by, "data": [*data]}
