"""The calls of a conversation as steps and observations: what was done, and where its values had come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from api.chat.conversation import Called, Conversation
from api.chat.offer import Seen, described, offered
from api.chat.precedents import onward
from api.chat.shelves import Manual, Tools
from api.chat.tools import APP
from knowledge.ingest import Embedder
from knowledge.results import read_result
from knowledge.types import (
    ActionSpec,
    Argument,
    Context,
    Hit,
    JsonValue,
    Literal,
    Observation,
    Passage,
    Provenance,
    Step,
    Task,
    Utterance,
)
from models.annotate import argument, label
from models.lam import Situation
from models.layout import fill_scene

Recall: TypeAlias = Callable[[Task, Sequence[Step], Sequence[Observation]], tuple[Hit, ...]]
MOST_CALLS = 60  # the latest ones; older calls are no source any more


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One point of a conversation twice: `choosing` has the open request and what was done for it, `filling` all that
    was ever said and done, for values may come from anywhere. `fresh` is where the open request's steps begin; `about`
    finds the passage that an action is described in."""

    choosing: Situation
    filling: Situation
    fresh: int
    about: Callable[[ActionSpec], Hit | None]

    @property
    def specs(self) -> dict[str, ActionSpec]:
        return {spec.id: spec for spec in self.choosing.candidates}

    def filling_for(self, spec: ActionSpec) -> Situation:
        """`filling`, with the passage first that is about this action: values are quoted from the first one."""
        context = self.filling.context
        named = [hit for hit in context.passages if isinstance(hit.item, Passage) and spec.name in hit.item.text]
        first = named or ([best] if (best := self.about(spec)) else [])
        kept = [hit for hit in context.passages if hit not in first]
        return replace(self.filling, context=replace(context, passages=(*first, *kept)))

    def after(self, step: Step, seen: Observation) -> "Scene":
        here, context = len(self.choosing.steps), self.choosing.context
        followed = replace(context, precedents=onward(context.precedents, step.action))
        choosing = replace(self.choosing, context=followed)
        return replace(
            self,
            choosing=_after(choosing, replace(step, index=here), replace(seen, step=here)),
            filling=_after(self.filling, step, seen),
        )


def scene(talk: Conversation, tools: Tools, manual: Manual, embedder: Embedder, recall: Recall | None = None) -> Scene:
    """`recall` finds the precedents that stood where the open request stands."""
    everything, fresh = lived(talk, tools, manual)
    steps, observations = everything.steps[fresh:], everything.observations[fresh:]
    context = offered(Seen(said=talk.said, steps=steps, observations=observations), tools, manual, embedder)
    task = current_task(talk)
    found = recall(task, steps, observations) if recall else ()
    return Scene(
        choosing=Situation(
            task=task,
            context=replace(context, precedents=found),
            steps=tuple(replace(step, index=i) for i, step in enumerate(steps)),
            observations=tuple(replace(seen, step=i) for i, seen in enumerate(observations)),
        ),
        filling=replace(everything, context=context),
        fresh=fresh,
        about=partial(described, tools=tools.shelf, manual=manual.shelf),
    )


def lived(talk: Conversation, tools: Tools, manual: Manual) -> tuple[Situation, int]:
    """All that was said and done, and the number of the first step for the open request."""
    calls = talk.calls[-MOST_CALLS:]
    known = tools.words | manual.words
    everything = Situation(task=_whole(talk), context=Context())
    for call in calls:
        everything = _with(everything, call, tools.box.named(call.name), known)
    return everything, max(0, talk.fresh - (len(talk.calls) - len(calls)))


def _whole(talk: Conversation) -> Task:
    return _task(talk, talk.request, (*talk.former, *talk.utterances))


def current_task(talk: Conversation) -> Task:
    """The open request; one of few words is read after the one before it.

    What was replied to that is left out but for questions: it shows results, and their texts may not steer.
    """
    if not talk.elliptic:
        return _task(talk, talk.request, talk.utterances)
    said = Utterance(speaker="requester", text=talk.request)
    last = max(i for i, each in enumerate(talk.former) if each.speaker == "requester")
    between = [each for each in talk.former[last + 1 :] if each.text.rstrip().endswith("?")]
    return _task(talk, talk.former[last].text, (*between, said, *talk.utterances))


def _task(talk: Conversation, text: str, utterances: tuple[Utterance, ...]) -> Task:
    return Task(id="chat", text=text, requester=talk.requester, now=talk.now, utterances=utterances)


def _after(situation: Situation, step: Step, seen: Observation) -> Situation:
    return replace(situation, steps=(*situation.steps, step), observations=(*situation.observations, seen))


def _with(situation: Situation, call: Called, spec: ActionSpec | None, known: frozenset[str]) -> Situation:
    index = len(situation.steps)
    found = read_result(call.answer, known=known)
    step = Step(
        index=index,
        action=spec.id if spec else f"{APP}.{call.name}",
        arguments=_arguments(situation, call, spec),
    )
    seen = Observation(step=index, status=found.status, body=found.body, code=found.code, message=found.message)
    return _after(situation, step, seen)


def _arguments(situation: Situation, call: Called, spec: ActionSpec | None) -> tuple[Argument, ...]:
    """Each value with the first place it may have come from."""
    places = fill_scene(situation, spec) if spec and call.arguments else None
    found = []
    for name, value in call.arguments.items():
        if value is None:
            continue
        parameter = next((p for p in spec.parameters if p.name == name), None) if spec else None
        made = None
        if spec and places and parameter:
            where = label(parameter, value, places, now=situation.task.now)
            made = argument(parameter, value, where, places, spec.id)
        found.append(made or _unplaced(name, value))
    return tuple(found)


def _unplaced(name: str, value: JsonValue) -> Argument:
    """Nobody knows from where: the caller may have changed the call."""
    provenance = Provenance(source="answer", source_id="caller", raw=str(value), trust="untrusted")
    return Argument(name=name, value=Literal(value=value, provenance=provenance))
