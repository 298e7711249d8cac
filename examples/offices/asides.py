"""What offices are told beside plain orders: questions, vetoes, and orders that look like one of these.

`asides/<office>.yaml` has three lists of texts: `questions`, `vetoes` and `orders`. `{kind.field}` in them is a thing's
name or id.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from examples.offices.asking import named, told
from examples.offices.office import PLACE, Office, from_yaml

WRITTEN = Path(__file__).parent / "asides"
KINDS = ("questions", "vetoes", "orders")


def asides(office: Office, rng: Random) -> Iterator[tuple[str, str]]:
    """(kind, text) of everything written for the office, about any of its things; nothing if nothing is.

    Raises ValueError that says what is wrong where.
    """
    path = WRITTEN / f"{office.name}.yaml"
    for kind, texts in read(path, office).items() if path.exists() else ():
        for text in texts:
            rows = {name: rng.choice(each.rows) for name, each in office.kinds.items()}
            yield kind, told(text, named(PLACE.findall(text), rows), rng)


def read(path: Path, office: Office) -> Mapping[str, list[str]]:
    """The texts by kind. Raises ValueError that says what is wrong where."""
    raw = from_yaml(path)
    if not isinstance(raw, dict) or set(raw) != set(KINDS) or not all(_texts(each) for each in raw.values()):
        raise ValueError(f"{path.name}: there have to be three lists of texts, {', '.join(KINDS)}.")
    places = [(place, text) for texts in raw.values() for text in texts for place in PLACE.findall(text)]
    for (name, field), text in places:
        if name not in office.kinds or field not in office.kinds[name].rows[0]:
            raise ValueError(f"{path.name}: there is no {name}.{field}, in {text!r}.")
    return raw


def _texts(found: object) -> bool:
    return isinstance(found, list) and bool(found) and all(isinstance(text, str) for text in found)
