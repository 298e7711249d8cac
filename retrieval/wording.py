"""What the words of a request tell beyond their meaning: whom an e-mail address names, and ids known by their shape."""

import re
from collections.abc import Iterable, Iterator, Mapping

from knowledge.joints import Segment, joints, segments
from knowledge.types import ActionSpec, Parameter

EMAIL = re.compile(r"([\w.+-]+)@[\w-]+(?:\.[\w-]+)+")
JOINTS = re.compile(r"[._+\d-]+")
ID = re.compile(r"\b[a-z]{1,8}[-_]?\d{2,}\b", re.IGNORECASE)
_NAME = r"[A-ZÀ-ÖØ-Þ](?=[\w'’-]*[^\W\dA-ZÀ-ÖØ-Þ_])[\w'’-]+"  # with a small letter: not VPN
NAMES = re.compile(rf"\b{_NAME}(?: {_NAME})+")
SENTENCE = re.compile(r"(?:^|[.!?:,\n])\s*$")
DIGITS = re.compile(r"\d+")
SHORTEST_PART, MOST_PARTS = 3, 8  # words; of a longer request the first and the last


def readable(text: str) -> str:
    """E-mail addresses as names: to the indexes `jane.doe@mail.example` is a person, not a mailbox."""
    return EMAIL.sub(lambda found: JOINTS.sub(" ", found[1]).strip(), text)


def unnamed(text: str) -> str:
    """Without the people, addresses and numbers in it: two requests are alike in what they want, not in for whom.

    Names are runs of capitalised words, so a single one or one in small letters stays, and so does VPN. A run of three
    that begins a sentence is what is wanted and a name: "Unlock Jane Doe".
    """
    return ID.sub(lambda found: DIGITS.sub("", found[0]), NAMES.sub(_nameless, EMAIL.sub(" ", text)))


def _nameless(run: re.Match[str]) -> str:
    first, *others = run[0].split(" ")
    begins = SENTENCE.search(run.string[: run.start()]) is not None
    return f"{first} " if begins and len(others) > 1 else " "


def parts(text: str) -> list[Segment]:
    """What a request may ask for one after the other: its sentences, lines, and what "and" joins; [] if it is one."""
    found = [each for each in segments(text, joints(text)) if len(each.text.split()) >= SHORTEST_PART]
    if len(found) > MOST_PARTS:
        found = [*found[: MOST_PARTS // 2], *found[-MOST_PARTS // 2 :]]
    return found if len(found) > 1 else []


def wording(text: str) -> str:
    """What two requests share that were asked in the same words, for whomever."""
    return " ".join(unnamed(text).casefold().split())


def alike(texts: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Of each id those that were asked in the same words, itself among them. `texts`: requests by id."""
    found: dict[str, set[str]] = {}
    for id, text in texts.items():
        found.setdefault(wording(text), set()).add(id)
    return {id: frozenset(ids) for ids in found.values() for id in ids}


class Shapes:
    """Actions by the ids they take: `NH-20417` in a request has the shape of the example "such as NH-10002"."""

    def __init__(self, actions: Iterable[ActionSpec]) -> None:
        self._actions = [(action, frozenset(_shapes(_examples(action)))) for action in actions]

    def taking_an_id_of(self, text: str) -> list[str]:
        """Ids of the actions that take an id which has the shape of one in `text`."""
        shown = set(_shapes([EMAIL.sub(" ", text)]))
        return [action.id for action, shapes in self._actions if shapes & shown]


def _shapes(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (DIGITS.sub("9", found).lower() for found in ID.findall(text))


def _examples(action: ActionSpec) -> Iterator[str]:
    for parameter in action.parameters:
        yield parameter.description
        yield from _given(parameter)


def _given(parameter: Parameter) -> Iterator[str]:
    schema: Mapping[str, object] = parameter.schema
    examples = schema.get("examples")
    for example in [schema.get("example"), *(examples if isinstance(examples, list) else ())]:
        if isinstance(example, str):
            yield example
