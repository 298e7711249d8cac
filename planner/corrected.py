"""Who was looked for in vain was called by the wrong name: with the right one in its place, it is begun anew.

"Unlock Zofia Kovacs": nobody is found, and asked about. After "I mean Amara Nyberg" the model is shown "Unlock Amara
Nyberg" and nothing of what was looked up before: names beside each other it would take for two people.
"""

from dataclasses import replace

from knowledge.types import ActionSpec, Literal, Provenance
from models.lam import LAM, Situation
from planner import questions
from planner.paths import text_of
from planner.unfound import vain_looks
from planner.wish import Correction, Wish


def corrected(lam: LAM, situation: Situation, wish: Wish | None) -> Wish | None:
    """What is in view (`wish`; None: the whole request), corrected.

    None unless the latest that was said answers the question about words of it that were looked for in vain.
    """
    said = situation.task.utterances
    if len(said) < 2 or said[-1].speaker != "requester" or said[-1].after < len(situation.steps):
        return None
    for spec, name, value in vain_looks(situation):
        asked = questions.unfound(text_of(value.value), spec.name)
        if asked == said[-2].text and (meant := _meant(lam, situation, spec, name)):
            return _corrected(situation, wish, value.provenance, meant)
    return None


def _meant(lam: LAM, situation: Situation, spec: ActionSpec, name: str) -> Provenance | None:
    """What the look would be made with, were the answer all that was asked for."""
    task = situation.task
    alone = replace(task, text=task.utterances[-1].text, utterances=())
    filled = lam.fill(replace(situation, task=alone, steps=(), observations=()), spec)
    values = (each.value for each in filled.arguments if each.name == name)
    found = next((value.provenance for value in values if isinstance(value, Literal)), None)
    return found if found and (found.source, found.source_id) == ("request",) * 2 and found.raw else None


def _corrected(situation: Situation, wish: Wish | None, words: Provenance, meant: Provenance) -> Wish | None:
    wish = wish or Wish(text=situation.task.text, start=0, since=0)
    text, at, said = wish.text, words.start - wish.start, words.raw
    if before := wish.corrected:  # that name nobody has, either
        text, at, said = before.undone(text), before.at, before.said
    if words.source != ("answer" if before else "request") or text[at : at + len(said)] != said:
        return None
    answer = len(situation.task.utterances) - 1
    correction = Correction(at=at, said=said, meant=meant.raw, utterance=answer, start=meant.start)
    return replace(
        wish,
        text=f"{text[:at]}{meant.raw}{text[at + len(said) :]}",
        since=len(situation.steps),
        kept=(),
        corrected=correction,
    )
