"""An app's own adapter: trained on its verified runs, compared with the one in use, promoted if it wins."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.app_lessons import Material, Told, material
from api.unlearning import LEARNED

if TYPE_CHECKING:
    from api.wiring import Services
    from models.contest import Contest
    from models.encode import Encoder
    from models.measure import Verdict
    from models.network import PointerNetwork
    from models.registry import Registry, Version
    from models.scene import Example
    from models.train import Forecast, Progress, Settings

CHECKPOINT_EVERY_S = 20.0
CALIBRATED_ON = 60  # decisions held out; with fewer the temperature stays as it was


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to train. `layers`: so many upper layers of the encoder learn. `most`: so many of the newest runs."""

    layers: int = 3
    epochs: float = 4.0
    rate: float = 5e-4
    seed: int = 0
    most: int = 400


@dataclass(frozen=True, kw_only=True)
class Start:
    """The adapter to go on from: the app's version in use, or the general one (`number` 0)."""

    folder: Path
    number: int
    card: dict[str, Any]

    def __str__(self) -> str:
        return f"version {self.number}" if self.number else "the general adapter"


@dataclass(frozen=True, kw_only=True)
class Trained:
    version: Version
    contest: Contest
    before: Start
    material: Material
    seconds: float


def train_app(
    services: Services,
    app: str,
    plan: Plan,
    *,
    tell: Told,
    listen: Callable[[Progress], None] | None = None,
    forecast: Callable[[Forecast], None] | None = None,
) -> Trained:
    """Train, compare, keep as a new version, and take it into use if it wins. Killed, it goes on from its checkpoint.

    Raises NotFound, TooFew, and BadConfiguration when the adapter to start from cannot be used.
    """
    from models.train import Settings

    tenant, began = services.settings.tenant, time.monotonic()
    registry = services.app_adapters.registry(tenant)
    start = _start(services, registry, app)
    found = material(services, app, tenant=tenant, seed=plan.seed, most=plan.most, tell=tell)
    settings = Settings(
        out=registry.work(app) / f"upper-{plan.layers}",
        seed=plan.seed,
        epochs=plan.epochs,
        peak_rate=plan.rate,
        init=start.folder,
        base=str(start.card["base"]),
        checkpoint_every_s=CHECKPOINT_EVERY_S,
    )
    made = _made(found.train, settings, plan, start, listen, forecast)
    result = _compared(made, start, found, tell)
    version = registry.add(app, lambda folder: _moved(made, folder, _card(app, plan, start, found, result)))
    shutil.rmtree(settings.out)
    if result.contest.wins:
        version = registry.promote(app, version.number)
    seconds = time.monotonic() - began
    return Trained(version=version, contest=result.contest, before=start, material=found, seconds=seconds)


def _start(services: Services, registry: Registry, app: str) -> Start:
    from models import adapter

    version = registry.in_use(app)
    folder = version.folder if version else services.settings.adapter or adapter.DEFAULT
    return Start(folder=folder, number=version.number if version else 0, card=adapter.read_card(folder))


def _made(
    examples: Sequence[Example],
    settings: Settings,
    plan: Plan,
    start: Start,
    listen: Callable[[Progress], None] | None,
    forecast: Callable[[Forecast], None] | None,
) -> Path:
    """Folder of the trained adapter. The checkpoint stays beside it until the version is in its place."""
    from models import adapter
    from models.train import train_with_curves
    from models.upper import UpperNetwork

    whole, _ = adapter.load(start.folder, trainable=True)
    upper = UpperNetwork(whole, layers=plan.layers)
    network, curves = train_with_curves(examples, settings, listen=listen, forecast=forecast, network=upper)
    folder = settings.out / "made"
    curves.write(folder, title="app adapter")
    adapter.save(network, folder, {"base": settings.base})
    return folder


# ---- compare


@dataclass(frozen=True, kw_only=True)
class _Result:
    contest: Contest
    temperature: float


def _compared(made: Path, start: Start, found: Material, tell: Told) -> _Result:
    """Both as they are on disk, on the same examples."""
    from models import adapter
    from models.base import load_tokenizer
    from models.calibrate import decisions, fitted_temperature
    from models.contest import contest
    from models.encode import Encoder
    from models.general import sample

    encoder, asked = Encoder(load_tokenizer(str(start.card["base"]))), (*found.held_out, *sample())
    cut, answers = len(found.held_out), []
    for what, folder in (("before", start.folder), ("after", made)):
        network = adapter.load(folder)[0].eval()
        answers.append(_answers(network, encoder, asked, what, tell))
    choices = decisions(network, encoder, found.held_out)
    enough = len(choices) >= CALIBRATED_ON
    before, after = answers
    return _Result(
        contest=contest(before=before[:cut], after=after[:cut], general_before=before[cut:], general_after=after[cut:]),
        temperature=fitted_temperature(choices) if enough else float(start.card.get("temperature", 1.0)),
    )


def _answers(
    network: PointerNetwork, encoder: Encoder, examples: Sequence[Example], what: str, tell: Told
) -> list[Verdict]:
    from models.measure import verdict

    answers = []
    for number, example in enumerate(examples, start=1):
        answers.append(verdict(network, encoder, example))
        tell(what, number, len(examples))
    return answers


# ---- keep


def _moved(made: Path, folder: Path, card: dict[str, Any]) -> None:
    from models import adapter

    shutil.copytree(made, folder, dirs_exist_ok=True)
    adapter.write_card(folder, {**adapter.read_card(made), **card})


def _card(app: str, plan: Plan, start: Start, found: Material, result: _Result) -> dict[str, Any]:
    import torch

    data = {
        "name": f"verified runs of {app}",
        "licence": "the organisation's own",
        "sha256": _hash(found.train),
        "examples": len(found.train),
    }
    command = f"lamp train app {app} --seed {plan.seed}"
    return {
        "app": app,
        "created": datetime.now(UTC).date().isoformat(),
        "command": " && ".join(part for part in (start.card.get("command"), command) if part),
        "data": [*start.card.get("data", []), data],
        "training": {
            "started_from": str(start),
            "peft": start.card.get("training", {}).get("peft", "lora"),
            "runs": found.runs,
            "runs_held_out": found.runs_held_out,
            LEARNED: sorted({*found.learned, *start.card.get("training", {}).get(LEARNED, ())}),
            "upper_layers": plan.layers,
            "epochs": plan.epochs,
            "peak_rate": plan.rate,
            "seed": plan.seed,
            "torch": torch.__version__,
        },
        "metrics": {c.name: str(c).removeprefix(f"{c.name} ") for c in result.contest.all},
        "contest": {**result.contest.figures(), "wins": result.contest.wins, "why": result.contest.why},
        "temperature": round(result.temperature, 3),
    }


def _hash(examples: Sequence[Example]) -> str:
    from models.scene import to_plain

    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(to_plain(example), sort_keys=True).encode())
    return digest.hexdigest()
