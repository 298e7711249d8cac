"""What a run really did: every write is read back from the application before the run is called a success.

An action's declared post-condition decides about it. What declares none is compared with what its result promised. Then
the task's own conditions are looked at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal as OneOf
from typing import TypeAlias

from knowledge.types import ActionSpec, JsonValue, Literal, Observation, Outcome, Postcondition, Step, literals
from planner.backtrack import wrong
from planner.conditions import wanted, wanted_by
from planner.questions import words
from planner.readback import ReadBack, Write, read_back_for

Finding: TypeAlias = OneOf["verified", "confirmed", "unverified", "failed"]
Read: TypeAlias = Callable[[ReadBack], Observation]


def verify(
    steps: Sequence[Step],
    observations: Sequence[Observation],
    *,
    specs: Mapping[str, ActionSpec],
    reads: Sequence[ActionSpec],
    read: Read,
    expects: Sequence[Postcondition] = (),
) -> Outcome:
    """The outcome of a run that says it is finished. `specs` by id know every action used; `read` carries one out.

    `expects` is what the task wants to be true in the end.
    """
    changes = [
        Write(spec=specs[step.action], step=step, observation=observation)
        for step, observation in zip(steps, observations, strict=True)
        if step.action in specs and specs[step.action].effect != "read" and observation.status != "ungrounded"
    ]
    done, failed = [write for write in changes if write.observation.status == "ok"], list(_unresolved(changes))
    for write in failed:
        if not (done and (wrong(write.observation) or _made_good(write, done))):
            return Outcome(status="failed", reason=_told(write.spec.name, write.observation))
    outcome = _outcome(done, reads, read) if done else _unchanged(steps, observations)
    if failed and outcome.status == "verified":  # Whether it was wanted at all, nobody here knows.
        told = " ".join(_told(write.spec.name, write.observation) for write in failed)
        outcome = Outcome(status="unverified", reason=f"{outcome.reason} But: {told}")
    return outcome if outcome.status == "failed" else _expected(outcome, expects, reads, read)


def _told(name: str, observation: Observation) -> str:
    return f"{words(name).capitalize()} did not succeed: {observation.message}"


def _unchanged(steps: Sequence[Step], observations: Sequence[Observation]) -> Outcome:
    """If it ended on an error, that may be why."""
    last = observations[-1] if observations else None
    why = f" {_told(steps[-1].action, last)}" if last and last.status == "error" else ""
    return Outcome(status="unverified", reason=f"Nothing was changed.{why}")


def _expected(outcome: Outcome, expects: Sequence[Postcondition], reads: Sequence[ActionSpec], read: Read) -> Outcome:
    """The outcome, once the task's own conditions were looked at as well."""
    for expected in expects:
        condition = wanted(expected, reads, result=None)
        misses = condition.misses(read(condition.back)) if condition else None
        if misses is None:
            reason = f"{outcome.reason} Whether the task's condition on {words(expected.read)} holds cannot be seen."
            return Outcome(status="unverified", reason=reason)
        if misses:
            reason = f"The task wanted otherwise: {'; '.join(misses)} ({words(expected.read)})."
            return Outcome(status="failed", reason=reason)
    return outcome


def _unresolved(changes: Sequence[Write]) -> Iterator[Write]:
    """Writes that failed and did not succeed later."""
    for i, write in enumerate(changes):
        later = [each for each in changes[i + 1 :] if each.spec.id == write.spec.id]
        if write.observation.status != "ok" and not any(each.observation.status == "ok" for each in later):
            yield write


def _made_good(failed: Write, done: Sequence[Write]) -> bool:
    """Whether another write did it in another way: a later one about all the same, as a request for what was barred."""
    about = literals(failed.step.arguments)
    later = [write for write in done if write.step.index > failed.step.index]
    return bool(about) and any(about.items() <= literals(write.step.arguments).items() for write in later)


def _outcome(writes: Sequence[Write], reads: Sequence[ActionSpec], read: Read) -> Outcome:
    """`confirmed`: the resource is there and agrees with the answer, but shows nothing that the write changes."""
    unseen, confirmed = [], []
    for together, back in _together(writes, reads):
        seen = _Once(read)
        named = " and ".join(words(write.spec.name) for write in together)
        finding, misses = _declared(together, reads, seen)
        if finding == "unverified" and back:
            finding = _finding(together, back, seen)
        if finding == "failed":
            said = f": {'; '.join(misses)}." if misses else "."
            return Outcome(status="failed", reason=f"The application does not show what {named} should have done{said}")
        if finding == "unverified":
            unseen.append(named)
        if finding == "confirmed":
            confirmed.append(named)
    if unseen:
        return Outcome(status="unverified", reason=f"Nothing shows what came of: {', '.join(unseen)}.")
    said = f" Of {', '.join(confirmed)} it shows no more than its answer said." if confirmed else ""
    return Outcome(status="verified", reason=f"Read back from the application.{said}")


class _Once:
    """Makes each read once."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._seen: dict[str, Observation] = {}

    def __call__(self, back: ReadBack) -> Observation:
        key = _key(back)
        if key not in self._seen:
            self._seen[key] = self._read(back)
        return self._seen[key]


def _declared(writes: Sequence[Write], reads: Sequence[ActionSpec], read: Read) -> tuple[Finding, list[str]]:
    """What the actions' own conditions say, and what does not hold; "unverified" unless each of them has one."""
    conditions = [wanted_by(write, reads) for write in writes]
    known = [each for each in conditions if each]
    verdicts: list[list[str] | None] = [None] if len(known) < len(writes) else []
    for i, condition in enumerate(known):
        later = [each for each in known[i + 1 :] if _key(each.back) == _key(condition.back)]
        verdicts.append(condition.before(later).misses(read(condition.back)))
    if misses := [miss for verdict in verdicts for miss in verdict or ()]:
        return "failed", misses
    return ("unverified" if None in verdicts else "verified"), []


def _key(back: ReadBack) -> str:
    values = [a.value.value for a in back.arguments if isinstance(a.value, Literal)]
    return f"{back.spec.id} {values}"


def _together(writes: Sequence[Write], reads: Sequence[ActionSpec]) -> Iterator[tuple[list[Write], ReadBack | None]]:
    """Writes that show in one and the same read: the later ones overrule the earlier."""
    groups: dict[str, tuple[list[Write], ReadBack | None]] = {}
    for write in writes:
        back = read_back_for(write, reads)
        key = _key(back) if back else f"step {write.step.index}"
        groups.setdefault(key, ([], back))[0].append(write)
    yield from groups.values()


def _finding(writes: Sequence[Write], back: ReadBack, read: Read) -> Finding:
    observation = read(back)
    removed = writes[-1].spec.method == "DELETE"
    if observation.status != "ok":
        return "verified" if removed and observation.code in ("404", "not_found") else "unverified"
    resource = _row(observation.body, back, writes[-1]) if back.row else observation.body
    if not isinstance(resource, dict):
        return "unverified"
    findings = [_listed(write, back, resource) for write in writes]
    findings.append(_compared(writes, back, resource))
    order: tuple[Finding, ...] = ("failed", "verified", "confirmed", "unverified")
    return next(finding for finding in order if finding in findings)


def traces(write: Write, back: ReadBack, seen: Observation) -> Finding:
    """Of a write whose answer nobody saw: "verified" if it was done, "failed" if it was not, else "unverified".

    Setting values shows either way. What any other call does is known when all that was given stands there afterwards.
    """
    if write.spec.method == "DELETE" and seen.code in ("404", "not_found"):
        return "verified"
    resource = _row(seen.body, back, write) if back.row else seen.body
    if seen.status != "ok" or not isinstance(resource, dict):
        return "unverified"
    if (listed := _listed(write, back, resource)) != "unverified":
        return listed
    given = {name: value for name, value in write.arguments.items() if name not in back.identity}
    if not given or not given.keys() <= resource.keys():
        return "unverified"
    if all(_alike(value, resource[name]) for name, value in given.items()):
        return "verified"
    return "failed" if write.spec.method in ("PUT", "PATCH") else "unverified"


def _row(body: JsonValue, back: ReadBack, write: Write) -> JsonValue:
    name = back.identity[0]
    lists = [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else [body]
    rows = [row for rows in lists if isinstance(rows, list) for row in rows if isinstance(row, dict)]
    return next((row for row in rows if name in row and row[name] == write.arguments.get(name)), None)


def _compared(writes: Sequence[Write], back: ReadBack, resource: dict[str, JsonValue]) -> Finding:
    """Fields that both know must be equal. Of results of another shape than the resource only equality counts.

    What was answered before a write that answered nothing (it may have been interrupted) says nothing any more.
    """
    asked: dict[str, JsonValue] = {}
    answered: dict[str, JsonValue] = {}
    same_shape = True
    for write in writes:
        given = write.arguments if write.spec.method in ("PUT", "PATCH") else {}
        asked |= given
        answered = {name: value for name, value in answered.items() if write.result and name not in given}
        if all(write.result.get(name, resource.get(name)) == resource.get(name) for name in back.identity):
            answered |= write.result
            same_shape = same_shape and (
                write.result.keys() <= resource.keys() or write.result.keys() >= resource.keys()
            )
    expected = asked | answered
    shared = [name for name in expected if name in resource and name not in back.identity]
    if not shared:
        return "confirmed" if all(name in expected for name in back.identity) else "unverified"
    if all(_alike(expected[name], resource[name]) for name in shared):
        return "verified"
    return "failed" if same_shape else "unverified"


def _alike(one: JsonValue, other: JsonValue) -> bool:
    """Equal, but for case and blanks around a text that the application tidied up."""
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().casefold() == other.strip().casefold()
    return one == other


def _listed(write: Write, back: ReadBack, resource: dict[str, JsonValue]) -> Finding:
    """Members: what was added to the very list that is read back must be in it, what was taken out must not."""
    adds = back.spec.path == write.spec.path and write.spec.method == "POST"
    removes = write.spec.path.rpartition("/")[0] == back.spec.path and write.spec.method == "DELETE"
    lists = [v for v in resource.values() if isinstance(v, list) and all(isinstance(each, str | int) for each in v)]
    if not lists or not (adds or removes):
        return "unverified"
    members = [member for each in lists for member in each]
    given = [value for name, value in write.arguments.items() if name not in back.identity]
    if any(value in members for value in given) == adds:
        return "verified"
    cut = any(isinstance(count, int) and count > len(members) for count in resource.values())
    return "unverified" if cut else "failed"
