"""The words of questions and reasons: what is missing, what may be meant, what would be done, why it ended.

What comes from outside stands in quotation marks that it cannot close (`planner.visible`), and the choosing pass
leaves out what stands between the first and the last of them (`models.layout`).
"""

import re
from collections.abc import Sequence

from knowledge.types import ActionSpec, Ending, JsonValue, Literal, Observation, Passage, Step
from models.lam import Situation
from planner.paths import text_of
from planner.visible import quoted, visible

MOST_ROWS = 6
_YES = re.compile(r"^\W*(yes|yep|yeah|y|ok|okay|sure|go ahead|do it|please do|confirm|confirmed|approved?)\b", re.I)
_NO = re.compile(r"^\W*(no|nope|n|don['’]?t|do not|stop|cancel|never ?mind)\b", re.I)


def says_yes(answer: str) -> bool:
    return _YES.match(answer) is not None


def says_no(answer: str) -> bool:
    return _NO.match(answer) is not None


def words(name: str) -> str:
    """`helpdesk.unlock_account` and `unlockAccount` read "unlock account"."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.rpartition(".")[2])
    return re.sub(r"[_\-\s]+", " ", spaced).strip().lower()


def was_it_done(spec: ActionSpec, step: Step) -> str:
    return f"I was interrupted and cannot see whether this was done: {would_do(spec, step)}. Was it? (yes or no)"


def missing(spec: ActionSpec, names: Sequence[str], problems: dict[str, str]) -> str:
    """Ask for required parameters; `problems` says of some why what was found does not do."""
    wanted = [_described(spec, name) + (f" ({_told(problems[name])})" if problems.get(name) else "") for name in names]
    return f"To {words(spec.name)} I need to know: {'; '.join(wanted)}. What should it be?"


def _told(problem: str) -> str:
    """The one quotation in it again, in quotation marks that hold."""
    before, mark, rest = problem.partition("“")
    inside, _, after = rest.rpartition("”")
    return f"{before}{quoted(inside)}{after}" if mark else problem


def quotation(text: str) -> str:
    """What stands between its first quotation mark and its last; empty without any."""
    return text.partition("“")[2].rpartition("”")[0]


def _described(spec: ActionSpec, name: str) -> str:
    found = next((p for p in spec.parameters if p.name == name), None)
    described = found.description.rstrip(".") if found else ""
    return f"{words(name)}, {described[:1].lower()}{described[1:]}" if described else words(name)


def several(observations: Sequence[Observation]) -> str:
    """Ask which row of the latest result is meant; empty if it has no several rows."""
    rows = _rows(observations[-1].body) if observations and observations[-1].status == "ok" else []
    if len(rows) < 2:
        return ""
    more = f" and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else ""
    return f"Several match: {'; '.join(quoted(_row(row)) for row in rows[:MOST_ROWS])}{more}. Which one is meant?"


def found(observations: Sequence[Observation]) -> str:
    """What the latest look told, field by field; empty if it told nothing."""
    last = observations[-1] if observations else None
    if last is None or last.status != "ok":
        return ""
    rows = _rows(last.body) or ([last.body] if isinstance(last.body, dict) else [])
    told = [", ".join(f"{words(k)}: {text_of(v)}" for k, v in row.items() if _plain(v)) for row in rows[:MOST_ROWS]]
    return f"I found {'; '.join(quoted(row) for row in told)}" if any(told) else ""


def _plain(value: JsonValue) -> bool:
    return not isinstance(value, dict | list) and value not in ("", None)


def _rows(body: JsonValue) -> list[dict[str, JsonValue]]:
    if isinstance(body, list):
        return [row for row in body if isinstance(row, dict)]
    inner = [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else []
    return next((rows for rows in map(_rows, inner) if rows), [])


def _row(row: dict[str, JsonValue]) -> str:
    return ", ".join(text_of(value) for value in row.values() if isinstance(value, str) and value)[:120]


def unfound(words_: str, action: str) -> str:
    return f"I looked for {quoted(words_)} ({words(action)}) and found nothing. Who or what is meant?"


def unclear() -> str:
    """The question when the model asks and nothing says what for."""
    return "I do not have all I need to go on. Who or what exactly is meant, and what should be done?"


def nothing_matches() -> str:
    return (
        "Nothing I know of fits this request. Say it in other words, or add what it needs: "
        "`lamp apps add` for an application, `lamp ingest` for documentation. What should be done?"
    )


def would_do(spec: ActionSpec, step: Step) -> str:
    """`unlock account with username “mbauer” (from step 1)`."""
    given = [
        f"{words(a.name)} {quoted(text_of(a.value.value))}" for a in step.arguments if isinstance(a.value, Literal)
    ]
    return f"{words(spec.name)}{' with ' + ', '.join(given) if given else ''}"


def unsure(spec: ActionSpec, step: Step, doubt: str) -> str:
    return f"I would {would_do(spec, step)}, but {doubt}. Shall I go ahead?"


def anything(doubt: str) -> str:
    return f"{doubt[:1].upper()}{doubt[1:]}. What should be done, if anything?"


def went_wrong(action: str, happened: str) -> str:
    """Ask whether to do again what went wrong before."""
    named = words(action)
    return f"When the like was asked before, {happened}. Shall I {named} all the same, or what else should be done?"


def approval(spec: ActionSpec, step: Step, reason: str) -> str:
    return f"May I {would_do(spec, step)}? {reason}"


def reason(ending: Ending, situation: Situation) -> str:
    """Why a run is refused or handed on: the application's own words if it objected, else the policy found."""
    last = situation.observations[-1] if situation.observations else None
    if last and last.status in ("error", "ungrounded"):
        return f"{words(situation.steps[-1].action).capitalize()} was not possible: {visible(last.message)}"
    heading = next((hit.item.heading for hit in situation.context.passages if isinstance(hit.item, Passage)), "")
    said = {"refuse": "This may not be done", "escalate": "This is for a person to decide"}.get(ending, "It ended here")
    return f"{said}; see “{heading}”." if heading else f"{said}."


def stuck(situation: Situation) -> str:
    last = visible(situation.observations[-1].message) if situation.observations else ""
    return f"I found no way to go on. {last}".strip()
