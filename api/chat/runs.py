"""Without tools: the service carries the request out itself, as a run; what the run asks is put to the caller.

A client sends back the conversation, not the id of a run. So a run that waits is found again by the conversation that
it asked its question in.
"""

import asyncio
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from api.chat.answer import Answer
from api.chat.conversation import Conversation
from api.chat.decide import Kind
from api.chat.wire import ChatRequest, Message
from api.describe import ENDINGS, action_in_words, step_in_words
from api.identity import Identity
from api.live import LiveRun
from api.own_sessions import OwnSessions
from api.sessions import new_task
from knowledge.types import OutcomeStatus, Run, Task, Waiting
from planner import questions

KEPT = 1_000
SETTLE_S = 2.0
YES_OR_NO = "Answer yes or no: shall I?"
KINDS: dict[OutcomeStatus, Kind] = {
    "verified": "finish",
    "unverified": "finish",
    "asked": "ask",
    "refused": "refuse",
    "escalated": "escalate",
    "failed": "open",
    "cancelled": "open",
    "undone": "open",
    "partly_undone": "open",
}


class Runs:
    """Runs that wait, by who asks and the conversation they wait in."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def planned(self, talk: Conversation, own: OwnSessions) -> Answer:
        """What would be done; nothing is called. May raise EmptyIndex."""
        plan = own.services.runner(own.identity.tenant, role=own.identity.key_role).plan(own.owned(_task(talk, own)))
        steps = [f"{step.index + 1}. {step_in_words(step)}" for step in plan.steps]
        lines = [*(["I would:", *steps] if steps else []), _ending_in_words(plan.ending, plan.reason)]
        return Answer(kind="open", text="\n".join(line for line in lines if line))

    async def begin(self, request: ChatRequest, talk: Conversation, own: OwnSessions) -> "Followed":
        """Give the run that waits in this conversation its answer, or start one.

        May raise EmptyIndex or Busy; Forbidden for an approval by somebody who may not approve.
        """
        earlier, said = _split(request.messages)
        live = own.live(self._found(_digest(request, earlier, own.identity))) if earlier else None
        if live and said and (waiting := await _settled(live)):
            return await asyncio.to_thread(_answered, live, waiting, said, own)
        live = await asyncio.to_thread(own.start, _task(talk, own))
        return Followed(live=live, after=-1)

    async def ended(self, request: ChatRequest, followed: "Followed", own: OwnSessions) -> Answer:
        """Wait until the run is over or asks something, and say so."""
        live = followed.live
        if followed.again:
            return self._asking(request, live, followed.again, own.identity)
        async for event in live.follow(followed.after):
            if event.kind == "waiting" and (waiting := await _settled(live)):
                return self._asking(request, live, waiting, own.identity)
        return _told(await asyncio.to_thread(own.get, live.run_id))

    def _asking(self, request: ChatRequest, live: LiveRun, waiting: Waiting, who: Identity) -> Answer:
        question = waiting.question if waiting.kind == "answer" else f"{waiting.question} {YES_OR_NO}"
        text = question if question.endswith("?") else f"{question} What should I do?"
        digest = _digest(request, [*request.messages, Message(role="assistant", content=text)], who)
        with self._lock:
            self._waiting[digest] = live.run_id
            while len(self._waiting) > KEPT:
                self._waiting.popitem(last=False)
        return Answer(kind="ask", text=text, run=live.run_id)

    def _found(self, digest: str) -> str:
        with self._lock:
            return self._waiting.get(digest, "")


class Followed:
    """A run to be waited for; `again` is what it still waits for, if what was said did not settle it."""

    def __init__(self, *, live: LiveRun, after: int, again: Waiting | None = None) -> None:
        self.live, self.after, self.again = live, after, again


def _task(talk: Conversation, own: OwnSessions) -> Task:
    task = new_task(own.services, talk.request, requester=talk.requester, now=talk.now)
    before = talk.former if talk.elliptic else ()
    return replace(task, utterances=(*before, *talk.utterances))


def _answered(live: LiveRun, waiting: Waiting, said: str, own: OwnSessions) -> Followed:
    after = max((event.seq for event in live.events()), default=-1)
    if waiting.kind == "answer":
        own.reply(live.run_id, said)
    elif questions.says_yes(said) or questions.says_no(said):
        own.decide(live.run_id, approved=questions.says_yes(said), call_hash=waiting.call_hash, note=said)
    else:
        return Followed(live=live, after=after, again=waiting)
    return Followed(live=live, after=after)


async def _settled(live: LiveRun) -> Waiting | None:
    """What the run waits for. It says so a moment before it does."""
    for _ in range(int(SETTLE_S / 0.02)):
        if live.waiting or live.finished.is_set():
            break
        await asyncio.sleep(0.02)
    return live.waiting


def _split(messages: Sequence[Message]) -> tuple[list[Message], str]:
    """The conversation up to our last reply, and what was said since."""
    last = max((i for i, message in enumerate(messages) if message.role == "assistant"), default=-1)
    said = [message.text for message in messages[last + 1 :] if message.role == "user"]
    return list(messages[: last + 1]), "\n".join(said).strip()


def _digest(request: ChatRequest, messages: Sequence[Message], who: Identity) -> str:
    """Two who say the same are two conversations."""
    asking = (who.tenant, who.requester or who.key_id, request.user or "")
    plain = repr([*asking, *((message.role, message.text) for message in messages)])
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def _told(run: Run) -> Answer:
    outcome = run.outcome
    if outcome is None:
        return Answer(kind="open", text="The run is still going on.", run=run.id)
    done = [
        step_in_words(step)
        for step, seen in zip(run.steps, run.observations, strict=False)
        if seen.status == "ok" and outcome.status in ("verified", "unverified", "failed")
    ]
    lines = [f"{ENDINGS[outcome.status]}. {outcome.reason}".strip(), *(f"- {each}" for each in done), outcome.question]
    return Answer(kind=KINDS[outcome.status], text="\n".join(line for line in lines if line), run=run.id)


def _ending_in_words(ending: str, reason: str) -> str:
    said = {
        "finish": "Nothing was called.",
        "ask": "Then I would ask",
        "refuse": "I would refuse",
        "escalate": "I would hand it to a person",
    }
    text = said.get(ending, "I do not see how it would end")
    named = _in_words(reason)
    return f"{text}{f': {named}' if named and ending != 'finish' else ''}".rstrip(".") + "."


def _in_words(reason: str) -> str:
    """Ids of actions in words."""
    return " ".join(action_in_words(word) if "." in word.strip(".") else word for word in reason.split())
