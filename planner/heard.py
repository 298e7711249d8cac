"""What was said by those who may steer: an option must be in it once strangers' text was read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.types import Hit, Literal, Passage, Provenance, SourceKind, Task, Trajectory
from models.lam import Situation

_ENDINGS = re.compile(r"(?:ings?|ed|es|[des]|ly)$")
_SPOKEN = {"true": ("yes", "on", "enable"), "false": ("no", "not", "off", "disable", "without")}


@dataclass(frozen=True, kw_only=True)
class Heard:
    """`words` are stems. `chosen`: (parameter, option) as verified precedents had them. `strangers`: whether passages
    that nobody vouches for are among what the model reads. `said`: the requester's own words, by provenance's id."""

    words: frozenset[str]
    said: tuple[tuple[str, str], ...] = ()
    chosen: frozenset[tuple[str, str]] = frozenset()
    strangers: bool = False

    def repeated(self, found: Provenance) -> Provenance | None:
        """Where the requester said the same words, which are then theirs, wherever the model found them."""
        for source_id, text in self.said if found.raw.strip() else ():
            if match := re.search(rf"(?<!\w){re.escape(found.raw)}(?!\w)", text, re.IGNORECASE):
                kind: SourceKind = "request" if source_id == "request" else "answer"
                return Provenance(source=kind, source_id=source_id, raw=match[0], start=match.start(), end=match.end())
        return None

    def says(self, parameter: str, option: Provenance) -> bool:
        """Whether all words of the option were said, in some form: `resolved` by "resolve", `service_desk` apart."""
        wanted = stems(option.raw)
        spoken = {stem for word in _SPOKEN.get(option.raw.casefold(), ()) for stem in stems(word)}
        return (
            (bool(wanted) and wanted <= self.words)
            or bool(spoken & self.words)
            or (parameter, option.raw) in self.chosen
        )


def said_by_requester(task: Task) -> tuple[tuple[str, str], ...]:
    """The request, then the answers, each with the provenance's id that values read from it have."""
    answers = [(f"utterance:{n}", each.text) for n, each in enumerate(task.utterances) if each.speaker == "requester"]
    return ("request", task.text), *answers


def said_in(task: Task) -> str:
    """The request and all answers."""
    return " ".join(text for _, text in said_by_requester(task))


def heard(situation: Situation) -> Heard:
    task, context = situation.task, situation.context
    said = said_by_requester(task)
    passages = [hit.item for hit in context.passages if isinstance(hit.item, Passage)]
    trusted = [f"{each.heading} {each.text}" for each in passages if each.trust == "trusted"]
    return Heard(
        words=stems(" ".join([*(text for _, text in said), *trusted])),
        said=said,
        chosen=frozenset(_chosen(context.precedents)),
        strangers=len(trusted) < len(passages),
    )


def stems(text: str) -> frozenset[str]:
    """Words without case and without the commonest endings."""
    return frozenset(_stem(word) for word in re.findall(r"[^\W_]+", text.casefold()))


def _stem(word: str) -> str:
    return _ENDINGS.sub("", word) if len(word) > 4 else word


def _chosen(precedents: Iterable[Hit]) -> Iterable[tuple[str, str]]:
    for hit in precedents:
        for step in hit.item.steps if isinstance(hit.item, Trajectory) else ():
            for argument in step.arguments:
                if isinstance(argument.value, Literal) and argument.value.provenance.source == "option":
                    yield argument.name, argument.value.provenance.raw
