"""The STAR archive, read where it lies: task graphs, APIs, and single-task dialogues as plain events.

Source: RasaHQ/STAR (https://github.com/RasaHQ/STAR), MIT licence, Copyright (c) 2020 Rasa Technologies GmbH; its
folders `tasks`, `apis` and `dialogues` as one tar.xz. Mosig, Mehri and Kober, "STAR: A Schema-Guided Dialog Dataset for
Transfer Learning", arXiv 2010.11853.
"""

import ast
import json
import lzma
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from knowledge.errors import BadConfiguration
from knowledge.types import JsonValue
from models.encode import words

SOURCE = "https://github.com/RasaHQ/STAR"
QUERIES = ("query", "query_check", "query_book")
_SAID = re.compile(
    r"[.?!}]\s*$"
)  # what is said ends so; the other replies ("Available", "Yes") name states of the graph
_SAYS = re.compile(r"_(ask|inform)_")
_CONSTRAINT = re.compile(r"api\.(is_\w+|contains)\((.*)\)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A parameter or result of an API. `categories` closes the set of its values."""

    name: str
    type: str
    text: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StarTask:
    """`replies`: what each action says, as a template; `graph`: what follows an action or a state."""

    name: str
    replies: Mapping[str, str]
    graph: Mapping[str, str]
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]

    @property
    def domain(self) -> str:
        return domain(self.name)

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """What the system may do, in the task's own order: the queries, and what it may say."""
        return tuple(n for n, text in self.replies.items() if n in QUERIES or _SAYS.search(n) or _SAID.search(text))


@dataclass(frozen=True, kw_only=True)
class Given:
    """A parameter's value in a query. `single` is false for what no one value says: several, or an exclusion."""

    value: JsonValue
    single: bool = True


@dataclass(frozen=True, kw_only=True)
class Event:
    """`action` is empty for what the wizard typed freely; `count` is -1 where the API does not count."""

    kind: Literal["user", "say", "query", "result"]
    text: str = ""
    action: str = ""
    given: Mapping[str, Given] | None = None
    body: Mapping[str, JsonValue] | None = None
    count: int = -1


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    id: int
    task: str
    happy: bool
    events: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True)
class Archive:
    tasks: Mapping[str, StarTask]
    dialogues: tuple[Dialogue, ...]


def domain(task: str) -> str:
    """`hotel_book`, `hotel_search` and `hotel_service_request` are of one domain."""
    return task.split("_", 1)[0]


def read(path: Path) -> Archive:
    """Read once a file; a dialogue about several tasks is left out."""
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError, ValueError, LookupError, TypeError) as error:
        raise BadConfiguration(
            f"{path} cannot be read as the STAR dialogues: {error or type(error).__name__}.",
            remedy=f"Give star.tar.xz, made from the folders tasks, apis and dialogues of {SOURCE}.",
        ) from error


@lru_cache(maxsize=1)
def _read(path: Path, _changed: int, _size: int) -> Archive:
    tasks, apis, raw = dict[str, Any](), dict[str, Any](), list[Any]()
    with tarfile.open(path, "r:xz") as archive:
        for member in archive:
            match member.name.removeprefix("./").split("/"):
                case ["tasks", name, file] if file == f"{name}.json":
                    tasks[name] = _json(archive, member)
                case ["apis", "apis", file] if file.endswith(".json"):
                    apis[file.removesuffix(".json")] = _json(archive, member)
                case ["dialogues", file] if file.endswith(".json"):
                    raw.append(_json(archive, member))
    if not tasks or not raw:
        raise ValueError("it holds no tasks or no dialogues")
    known = {name: _task(name, task, apis[name]) for name, task in sorted(tasks.items())}
    singles = [d for d in raw if not d["Scenario"]["MultiTask"] and len(d["Scenario"]["WizardCapabilities"]) == 1]
    singles.sort(key=lambda d: int(d["DialogueID"]))
    return Archive(tasks=known, dialogues=tuple(_dialogue(d, known) for d in singles))


def _json(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    file = archive.extractfile(member)
    return json.load(file) if file else {}


def _task(name: str, raw: Mapping[str, Any], api: Mapping[str, Any]) -> StarTask:
    return StarTask(
        name=name,
        replies={
            n: re.sub(r"\{(\w+)(?::\w+)?\}", lambda m: "{" + words(m[1]) + "}", t) for n, t in raw["replies"].items()
        },
        graph=dict(raw["graph"]),
        inputs=tuple(map(_field, api["input"])),
        outputs=tuple(map(_field, api["output"])),
    )


def _field(raw: Mapping[str, Any]) -> Field:
    categories = raw.get("Categories") if raw["Type"] == "Categorical" else None
    return Field(
        name=raw["Name"],
        type=raw["Type"],
        text=raw.get("ReadableName", raw["Name"]),
        categories=tuple(map(str, categories or ())),
    )


# ---- dialogues


def _dialogue(raw: Mapping[str, Any], tasks: Mapping[str, StarTask]) -> Dialogue:
    task = tasks[raw["Scenario"]["WizardCapabilities"][0]["Task"]]
    return Dialogue(
        id=int(raw["DialogueID"]),
        task=task.name,
        happy=bool(raw["Scenario"]["Happy"]),
        events=tuple(_events(raw["Events"], task)),
    )


def _events(raw: list[Mapping[str, Any]], task: StarTask) -> Iterator[Event]:
    for event in raw:
        match event["Agent"], event["Action"]:
            case "User", "utter":
                yield Event(kind="user", text=event["Text"].strip())
            case "Wizard", "utter":
                yield Event(kind="say", text=event["Text"].strip())
            case "Wizard", "pick_suggestion":
                yield Event(
                    kind="say", text=event["Text"].strip(), action=_label(event["ActionLabel"], event["Text"], task)
                )
            case "Wizard", "query":
                pairs = [pair for constraint in event["Constraints"] for pair in constraint.items()]
                given = {name: _given(str(text)) for name, text in pairs}
                yield Event(kind="query", action=_query(pairs), given=given)
            case "KnowledgeBase", "return_item":
                yield Event(kind="result", body=event.get("Item", {}), count=event.get("TotalItems", -1))
            case _:
                pass  # the guide's instructions to the user, the wizard's typing and clicking


def _label(label: str, said: str, task: StarTask) -> str:
    """Some labels were renamed in the graphs later (goodbye_1, plane_bye …): what is said alike is the same action."""
    if label in task.replies:
        return label
    return next((n for n in task.actions if _plain(task.replies[n]) == _plain(said)), label)


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def _query(pairs: list[tuple[str, Any]]) -> str:
    """As in the papers' code: a query that both checks and books counts as a check."""
    kinds = {str(value).strip('" ') for name, value in pairs if name == "RequestType"}
    return "query_check" if "Check" in kinds else "query_book" if "Book" in kinds else "query"


def _given(text: str) -> Given:
    """`"Friday"`, `5`, `True`, `null`, `api.is_at_most(20)`, `api.is_one_of(["Uber","Taxi"])`."""
    found = _CONSTRAINT.fullmatch(text.strip())
    kind, inner = (found[1], found[2]) if found else ("is_equal_to", text)
    value = _value(inner.strip())
    several = value if isinstance(value, list) else [value]
    single = kind not in ("is_not", "contains") and len(several) == 1
    return Given(value=several[0] if single else value, single=single)


def _value(text: str) -> JsonValue:
    if text in ("", "null"):
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):  # 0314 is a PIN; quotes within quotes are text
        return text.strip('" ')
    return value if isinstance(value, str | int | float | bool | list) else text
