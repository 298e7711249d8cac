"""Write the sample of general decisions that an app adapter must not do worse on (`models/general_sample.jsonl.xz`).

    .venv/bin/python bench/general_sample.py SGD_FOLDER

Dev dialogues of the Schema-Guided Dialogue data (CC BY-SA 4.0), of services that its train file does not know: nothing
that training ever saw. The same data give the same file.
"""

import argparse
import json
import lzma
from pathlib import Path

from api.practice.services import unseen
from models.general import SAMPLE
from models.scene import to_plain

CALLS, SEED = 120, 23


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sgd", type=Path, help="folder with SGD's train.json.xz and dev.json.xz")
    examples = unseen(parser.parse_args().sgd, count=CALLS, seed=SEED)
    lines = "".join(json.dumps(to_plain(example), ensure_ascii=False) + "\n" for example in examples)
    SAMPLE.write_bytes(lzma.compress(lines.encode(), preset=9))
    print(f"{len(examples)} examples, {SAMPLE.stat().st_size} bytes: {SAMPLE}")


if __name__ == "__main__":
    main()
