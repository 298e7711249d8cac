"""A fixed sample of decisions in services that no training saw: what is learned for one app must not cost the others.

Made by `bench/general_sample.py` of the Schema-Guided Dialogue data (CC BY-SA 4.0).
"""

import json
import lzma
from functools import lru_cache
from pathlib import Path

from models.scene import Example, from_plain

SAMPLE = Path(__file__).parent / "general_sample.jsonl.xz"


@lru_cache(maxsize=1)
def sample() -> tuple[Example, ...]:
    with lzma.open(SAMPLE, "rt", encoding="utf-8", newline="\n") as lines:
        return tuple(from_plain(json.loads(line)) for line in lines)
