"""`lamp train phase4`: a reward model on what phase 3 tried, used as a reranker and for offline optimisation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.train_common import (
    BatchTokens,
    Data,
    Out,
    Patience,
    Rate,
    Seed,
    Threads,
    bar,
    card,
    made_before,
    measured,
    replay,
    report,
    say_forecast,
    settings_for,
)
from knowledge.errors import BadConfiguration

if TYPE_CHECKING:
    from models.lam import LAM
    from models.settings import Settings
    from models.tries import Try


def command(
    out: Out,
    init: Annotated[Path, typer.Option(help="Adapter of phase 3.")],
    tries: Annotated[list[Path], typer.Option(help="tries.jsonl of phase 3; may be given repeatedly.")],
    data: Data = None,
    replayed: Annotated[int, typer.Option(min=0, help="Rows of the data set to go over again.")] = 500,
    plans: Annotated[int, typer.Option(min=2, help="Plans drawn at an unsure point.")] = 4,
    exam: Annotated[int, typer.Option(min=1, help="Dev tasks of each family to measure the gains on.")] = 2,
    exam_most: Annotated[int, typer.Option(min=0, help="At most so many of them; 0: all.")] = 0,
    seed: Seed = 0,
    epochs: Annotated[float, typer.Option(min=1, help="Passes over the tries.")] = 3,
    rate: Rate = 5e-4,
    policy_rate: Annotated[float, typer.Option(help="Peak learning rate of the policy optimisation.")] = 1e-4,
    threads: Threads = 0,
    batch_tokens: BatchTokens = 0,
    patience: Patience = 3,
) -> None:
    """Learn what a good run looks like; rerank plans by it, and prefer what succeeded to what failed.

    The last line is one JSON object with both gains over phase 3's adapter, on the same dev tasks.
    """
    from api.practice.gain import Exam, examined, fingerprint, gain
    from api.practice.ledger import Ledger

    settings = settings_for(
        out,
        seed=seed,
        epochs=epochs,
        rate=policy_rate,
        init=init,
        batch_tokens=batch_tokens,
        patience=patience,
        threads=threads,
    )
    found = _read(tries)
    judged = _reward(found, replace(settings, out=out / "reward", init=None, peak_rate=rate))
    preferred = _policy(found, settings, data, replayed)
    asked, who = Exam(per_family=exam, most=exam_most), (fingerprint(init), fingerprint(out / "reward"))

    def ledger(name: str, *of: object) -> Ledger:
        return Ledger(out / f"{name}.jsonl", identity=repr((asked, who, of)))

    before = examined(init, asked, ledger("before"), "before", bar=bar)
    reranked = examined(
        init, asked, ledger("reranked", plans), "reranked", bar=bar, wrap=_reranking(out / "reward", plans, seed)
    )
    after = examined(out, asked, ledger("after", fingerprint(out)), "after", bar=bar)
    figures = {
        **judged,
        "preferences": preferred,
        "reranked": gain(before, reranked),
        "optimised": gain(before, after),
    }
    typer.echo(json.dumps(report(out / "phase4.json", figures)))


def _read(files: list[Path]) -> list[Try]:
    from api.practice.ledger import values
    from models.tries import try_from_plain

    found = [try_from_plain(each) for path in files for each in values(path)]
    if not any(t.success for t in found) or all(t.success for t in found):
        raise BadConfiguration(
            "A reward model needs successes and failures; the tries are all of one kind.",
            remedy="Run phase 3 on more tasks, or at a higher temperature.",
        )
    return found


# ---- the reward model


def _reward(found: list[Try], settings: Settings) -> dict[str, Any]:
    """Trained and saved, unless it was before; how well it judges tasks that it did not learn from."""
    from models import reward
    from models.base import load_tokenizer
    from models.encode import Encoder
    from models.fit import finished
    from models.reward_train import judged_right, split_tries, train_reward

    learned, held = split_tries(found, seed=settings.seed)
    if not _same(settings.out, found, settings):
        with bar("reward model") as tell:
            made, curves = train_reward(
                learned,
                held,
                settings,
                listen=lambda p: tell(p.step, p.steps, p.loss),
                forecast=say_forecast,
            )
        facts = {"base": settings.base, "made_of": _identity(found, settings), "runs": len(learned)}
        reward.save(made, settings.out, facts)
        curves.write(settings.out, title="reward model")
        finished(settings)
    network, _ = reward.load(settings.out)  # as it will be used
    right = judged_right(network, Encoder(load_tokenizer(settings.base)), held)
    return {
        "runs": len(found),
        "runs_succeeded": sum(t.success for t in found),
        "runs_held_out": len(held),
        "reward": right.shares(),
        "reward_always_one": _majority(held),
    }


def _same(folder: Path, found: list[Try], settings: Settings) -> bool:
    from models import reward

    try:
        return bool(json.loads((folder / reward.CARD).read_text()).get("made_of") == _identity(found, settings))
    except (OSError, ValueError):
        return False


def _identity(found: list[Try], settings: Settings) -> str:
    import hashlib

    about = (settings.seed, settings.epochs, settings.peak_rate, settings.base, settings.init, found)
    return hashlib.sha256(repr(about).encode()).hexdigest()


def _majority(held: list[Try]) -> float:
    """What saying always the same would be right in."""
    good = sum(t.success for t in held)
    return round(max(good, len(held) - good) / len(held), 4) if held else 0.0


# ---- its two uses


def _reranking(folder: Path, plans: int, seed: int) -> Any:
    def wrap(lam: LAM) -> LAM:
        from models import reward
        from models.base import load_tokenizer
        from models.encode import Encoder
        from models.rerank import RerankingLAM

        network, facts = reward.load(folder)
        return RerankingLAM(lam, network, Encoder(load_tokenizer(str(facts["base"]))), plans=plans, seed=seed)

    return wrap


def _policy(found: list[Try], settings: Settings, data: Path | None, replayed: int) -> int:
    """The optimised adapter, saved with its card and curves; from how many preferences."""
    from api.practice.gain import fingerprint
    from models import adapter, reward
    from models.base import load_tokenizer
    from models.encode import Encoder
    from models.fit import finished
    from models.prefer import train_preferences

    known, held, said = replay(data, replayed, settings.seed)
    folder = settings.out / "reward"
    made_of = repr((_identity(found, settings), fingerprint(folder), [part["sha256"] for part in said], replayed))
    if made_before(settings.out, made_of) is not None:
        return int(adapter.read_card(settings.out)["data"][-1]["examples"])
    judge = reward.judge(reward.load(folder)[0], Encoder(load_tokenizer(settings.base)))
    with bar("policy") as tell:
        network, curves, count = train_preferences(
            found,
            known,
            settings,
            judge=judge,
            held_out=[e for each in held for e in each.examples],
            listen=lambda p: tell(p.step, p.steps, p.loss),
            forecast=say_forecast,
        )
    said.append(_said(found, count))
    facts = card(settings, said, earlier=settings.init) | {"made_of": made_of}
    adapter.save(network, settings.out, facts)
    if held:
        metrics, temperature = measured(network, held, settings.base)
        adapter.save(network, settings.out, facts | {"metrics": metrics, "temperature": round(temperature, 3)})
    curves.write(settings.out, title="phase 4")
    finished(settings)
    return count


def _said(found: list[Try], count: int) -> dict[str, Any]:
    import hashlib

    digest = hashlib.sha256(repr(found).encode()).hexdigest()
    name = "preferences from own tries on the help desk's train split"
    return {"name": name, "licence": "Apache-2.0", "sha256": digest, "examples": count}
