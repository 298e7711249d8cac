"""Training by itself: one command, one file of examples, one folder for the adapter.

    python -m models examples.jsonl.xz runs/mine [--init FOLDER] [--seed 0]

The file has one example a line (`models.train.write_examples`), packed by xz or not. On a GPU matrix products are in
bf16 and batches larger. It says beforehand how long it will take, keeps the weights that do best on what is held out,
and stops when they get no better. Killed, the same command goes on from its last checkpoint. The last line is one JSON
object.
"""

import argparse
import hashlib
import json
import lzma
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import BadConfiguration, UserError
from models.scene import Example, from_plain

TELL_EVERY_S = 20.0
REMEDY = "Write the file with models.train.write_examples; `.xz` files are read as they are."


@dataclass(frozen=True, kw_only=True)
class Split:
    train: tuple[Example, ...]
    held_out: tuple[Example, ...]


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0, or 2 after a message that names the remedy."""
    try:
        print(json.dumps(_run(_arguments(argv), argv)))
    except UserError as error:
        print(f"Error: {error.message}\n→ {error.remedy}", file=sys.stderr)
        return 2
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models", description="Train an adapter from a file of examples.")
    parser.add_argument("input", type=Path, help="examples, one JSON object a line; .xz or not")
    parser.add_argument("out", type=Path, help="folder for the adapter, its heads and its card")
    parser.add_argument("--init", type=Path, help="adapter folder to go on from")
    parser.add_argument("--base", help="folder (or Hub name) of the encoder; default: all-MiniLM-L6-v2")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=1e-3, help="peak learning rate")
    parser.add_argument("--batch-tokens", type=int, default=0, help="tokens of one step; 0: what suits the device")
    parser.add_argument("--peft", default="lora", help="kind of a fresh adapter: lora, dora, rslora, adalora or ia3")
    parser.add_argument("--rank", type=int, default=0, help="widen the LoRA adapter of --init to this rank first")
    parser.add_argument("--patience", type=int, default=3, help="looks without a gain after which it stops; 0: never")
    parser.add_argument("--hard", type=float, default=0.0, help="share of sure rows: the worst of --init")
    parser.add_argument("--held-out", type=float, default=0.05, help="share of the requests to measure on")
    parser.add_argument("--device", choices=["cpu", "cuda"], help="default: the GPU if there is one")
    return parser.parse_args(argv)


def _run(given: argparse.Namespace, argv: Sequence[str] | None) -> dict[str, Any]:
    split = held_out(read_input(given.input), share=given.held_out)
    if not split.train:
        raise BadConfiguration(f"{given.input} holds no example to train on.", remedy=REMEDY)

    import torch

    from models import adapter, base
    from models.train import Settings, finished, train_with_curves

    device = given.device or ("cuda" if torch.cuda.is_available() else "cpu")
    name = base.named(given.base, init=given.init)
    settings = Settings(
        out=given.out,
        seed=given.seed,
        epochs=given.epochs,
        peak_rate=given.rate,
        batch_tokens=given.batch_tokens,
        init=given.init,
        base=name,
        device=device,
        peft=given.peft,
        rank=given.rank,
        patience=given.patience,
        hard=given.hard,
    )
    print(f"{len(split.train)} examples to train on, {len(split.held_out)} to measure on; {device}.", file=sys.stderr)
    network, curves = train_with_curves(
        split.train,
        settings,
        held_out=split.held_out,
        listen=_teller(),
        forecast=lambda f: print(f, file=sys.stderr, flush=True),
        weighed=_weigher(),
    )
    curves.write(given.out)
    card = _card(given, settings, split, sys.argv[1:] if argv is None else argv)
    adapter.save(network, given.out, card)  # what took hours is safe before it is measured
    card |= _measured(network, name, split.held_out)
    adapter.save(network, given.out, card)
    finished(settings)
    return {"out": str(given.out), "device": device, "examples": len(split.train), **card["metrics"]}


def read_input(path: Path) -> list[Example]:
    """Raises BadConfiguration that names the line at fault."""
    try:
        raw = path.read_bytes()
        text = (lzma.decompress(raw) if path.suffix == ".xz" else raw).decode()
    except (OSError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.", remedy=REMEDY) from error
    lines = text.split("\n")  # not splitlines: what people write may hold other line ends
    return [_example(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _example(path: Path, number: int, line: str) -> Example:
    try:
        return from_plain(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadConfiguration(f"{path}, line {number}, is no example: {error!r}.", remedy=REMEDY) from error


def held_out(examples: Sequence[Example], *, share: float) -> Split:
    """By a hash of what was asked: one request is never on both sides, and the same ones are held out every time."""
    sides: tuple[list[Example], list[Example]] = ([], [])
    for example in examples:
        digest = hashlib.sha256(_request(example).encode()).digest()
        sides[int.from_bytes(digest[:8], "big") < share * 2**64].append(example)
    return Split(train=tuple(sides[0]), held_out=tuple(sides[1]))


def _request(example: Example) -> str:
    if example.choose:
        return example.choose.request
    return next((s.text for s in example.fill.sources), "") if example.fill else ""


def _teller() -> Callable[[Any], None]:
    """Says how far training is, and how long it will still take."""
    say = _now_and_then()

    def tell(at: Any) -> None:
        left = at.seconds / at.step * (at.steps - at.step) / 60
        say(f"step {at.step} of {at.steps}, loss {at.loss:.3f}, {left:.0f} minutes left", last=at.step == at.steps)

    return tell


def _weigher() -> Callable[[int, int], None]:
    """Says how far the search for what is hard has come."""
    say = _now_and_then()
    return lambda done, of: say(f"finding what is hard: {done} of {of}", last=done == of)


def _now_and_then() -> Callable[..., None]:
    told = 0.0

    def say(text: str, *, last: bool) -> None:
        nonlocal told
        if last or time.monotonic() - told >= TELL_EVERY_S:
            told = time.monotonic()
            print(text, file=sys.stderr, flush=True)

    return say


def _measured(network: Any, base: str, examples: Sequence[Example]) -> dict[str, Any]:
    from models.base import load_tokenizer
    from models.calibrate import decisions, fitted_temperature
    from models.encode import Encoder
    from models.measure import measure

    encoder = Encoder(load_tokenizer(base))
    shares = measure(network, encoder, examples).shares()
    temperature = fitted_temperature(decisions(network, encoder, examples))
    metrics = {f"held_out_{kind}": share for kind, share in shares.items()} | {"held_out_examples": len(examples)}
    return {"metrics": metrics, "temperature": round(temperature, 3)}


def _card(given: argparse.Namespace, settings: Any, split: Split, argv: Sequence[str]) -> dict[str, Any]:
    from models.adapter import read_card
    from models.card import trained

    # Whose disk it was is nobody's business: a folder is named by its last part.
    command = " ".join(["python -m models", *(Path(word).name if "/" in word else word for word in argv)])
    data = {
        "name": given.input.name,
        "licence": "that of its sources",
        "sha256": hashlib.sha256(given.input.read_bytes()).hexdigest(),
        "examples": len(split.train),
    }
    return trained(settings, [data], command=command, earlier=read_card(given.init) if given.init else None)
