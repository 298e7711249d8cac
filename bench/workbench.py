"""WorkBench's public tasks, closed loop: that repository's tools and tables, our chat completions.

    python bench/workbench.py QUERIES_FOLDER --repo CHECKOUT [--url http://127.0.0.1:8600] [--limit 0] [--runs FILE]

Runs where pandas, httpx and langchain are installed, with a checkout of the repository for its tools and tables;
`QUERIES_FOLDER` has the `*_queries_and_answers.csv`. A task is solved when all five tables end as the gold calls leave
them, small and capital letters being the same but in states; what is changed without solving it is a side effect. The
last line is one JSON object: `success`, `side_effects` and `do_nothing`, the share that no call at all solves, each
with its 95 % interval; `errors` are turns that the service could not answer.
"""

import argparse
import ast
import csv
import importlib
import inspect
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_seam import Seam, share, told, wilson

MOST_CALLS = 20  # as the repository's own agent
TABLES = {
    "calendar": "CALENDAR_EVENTS",
    "email": "EMAILS",
    "analytics": "PLOTS_DATA",
    "project_management": "PROJECT_TASKS",
    "customer_relationship_manager": "CRM_DATA",
}
CASE_MATTERS = ("status", "list_name", "board")
SYSTEM = (
    "Today's date is {day:%A}, {day:%Y-%m-%d} and the current time is {day:%H:%M:%S}. Remember the current date and "
    "time when answering queries. Meetings must not start before 9am or end after 6pm."
)
_SECTION = re.compile(r"^\s*(Parameters|Returns|Examples)\s*\n\s*-{3,}\s*$", re.MULTILINE)
_PARAMETER = re.compile(r"^(?P<name>\w+) : (?P<type>\w+)[^\n]*\n(?P<text>(?:[ \t]+\S[^\n]*\n?)*)", re.MULTILINE)


@dataclass(frozen=True)
class Question:
    query: str
    gold: tuple[tuple[str, dict[str, Any]], ...]


def questions(folder: Path) -> list[Question]:
    found = []
    for path in sorted(folder.glob("*_queries_and_answers.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                gold = tuple(map(_call, ast.literal_eval(row["answer"])))
                found.append(Question(query=row["query"], gold=gold))
    return found


def _call(text: str) -> tuple[str, dict[str, Any]]:
    """`email.delete_email.func(email_id="00000479")` as a name and its arguments."""
    tree = ast.parse(text.replace("\n", "\\n"), mode="eval").body
    if not isinstance(tree, ast.Call):
        raise ValueError(f"{text!r} is no call")
    given = {each.arg: ast.literal_eval(each.value) for each in tree.keywords if each.arg}
    return ast.unparse(tree.func).removesuffix(".func"), given


class Office:
    """The repository's tools over its tables, which they read from the folder that a program runs in."""

    def __init__(self, checkout: Path) -> None:
        os.chdir(checkout)
        sys.path.insert(0, str(checkout))
        kit = importlib.import_module("src.tools.toolkits")
        self._modules = {name: importlib.import_module(f"src.tools.{name}") for name in TABLES}
        self._tools = {str(tool.name): tool.func for tool in kit.all_tools}
        now = importlib.import_module("src.data_generation.data_generation_utils").HARDCODED_CURRENT_TIME
        self.system = SYSTEM.format(day=now)
        self.tools = [definition(name, func) for name, func in self._tools.items()]

    def reset(self) -> None:
        for module in self._modules.values():
            module.reset_state()

    def call(self, name: str, given: Mapping[str, Any]) -> str:
        if name not in self._tools:
            return f"Error: there is no tool {name}."
        try:
            result = self._tools[name](**given)
        except Exception as error:  # whatever a tool raises is its answer: the caller may try otherwise
            return f"Error: {error}"
        return result if isinstance(result, str) else json.dumps(_plain(result), default=str)

    def state(self) -> list[list[dict[str, str]]]:
        """All rows of all tables, in small letters but for states."""
        tables = [getattr(self._modules[name], table) for name, table in TABLES.items()]
        return [[_row(row) for row in table.to_dict(orient="records")] for table in tables]

    def after(self, calls: Sequence[tuple[str, Mapping[str, Any]]]) -> list[list[dict[str, str]]]:
        self.reset()
        for name, given in calls:
            self.call(name, given)
        return self.state()


def _plain(result: Any) -> Any:
    return result.tolist() if hasattr(result, "tolist") else result


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) if name in CASE_MATTERS else str(value).lower() for name, value in row.items()}


def definition(name: str, func: Any) -> dict[str, Any]:
    """A tool in OpenAI's form, from its docstring in NumPy's style."""
    said = inspect.getdoc(func) or ""
    parts = _SECTION.split(said)
    sections = dict(zip(parts[1::2], parts[2::2], strict=False))
    described = {match["name"]: match for match in _PARAMETER.finditer(sections.get("Parameters", "").strip() + "\n")}
    properties = {each: _schema(described.get(each)) for each in inspect.signature(func).parameters}
    parameters = {"type": "object", "properties": properties, "required": _required(func, properties)}
    function = {"name": name, "description": " ".join(parts[0].split()), "parameters": parameters}
    return {"type": "function", "function": function}


def _schema(match: re.Match[str] | None) -> dict[str, str]:
    kinds = {"int": "integer", "float": "number", "bool": "boolean"}
    if match is None:
        return {"type": "string"}
    said = " ".join(match["text"].split())
    day = {"format": "date"} if re.search(r"YYYY-MM-DD(?! HH)", said) else {}
    return {"type": kinds.get(match["type"], "string"), **day, "description": said}


def _required(func: Any, parameters: Mapping[str, Any]) -> list[str]:
    """Every default is None, but some tools answer "… not provided" to a call without all of their parameters."""
    return list(parameters) if "not provided" in inspect.getsource(func) else []


def run(question: Question, office: Office, seam: Seam) -> list[dict[str, Any]]:
    """The conversation, up to a reply without a call."""
    office.reset()
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": office.system},
        {"role": "user", "content": question.query},
    ]
    for _ in range(MOST_CALLS):
        reply = seam.turn(messages, office.tools)
        messages.append(reply)
        for call in reply.get("tool_calls") or []:
            given = json.loads(call["function"]["arguments"])
            answer = office.call(call["function"]["name"], given)
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": answer})
        if not reply.get("tool_calls"):
            break
    return messages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--repo", type=Path, required=True, help="checkout of the benchmark's repository")
    parser.add_argument("--url", default="http://127.0.0.1:8600")
    parser.add_argument("--key", default="none")
    parser.add_argument("--limit", type=int, default=0, help="tasks, spread over all; 0: every task")
    parser.add_argument("--runs", type=Path, help="file for the conversations, one a line")
    given = parser.parse_args()
    every, lines = questions(given.queries), given.runs.open("w", encoding="utf-8") if given.runs else None
    chosen = every[:: max(1, len(every) // given.limit)][: given.limit] if given.limit else every
    office, seam = Office(given.repo.resolve()), Seam(given.url, given.key)
    untouched = office.after(())
    solved, harmed, nothing = [], [], []
    for question in told(chosen, "task"):
        messages = run(question, office, seam)
        found, wanted = office.state(), office.after(question.gold)
        solved.append(found == wanted)
        harmed.append(found not in (wanted, untouched))
        nothing.append(wanted == untouched)
        if lines:
            line = {"query": question.query, "solved": solved[-1], "messages": messages[1:]}
            print(json.dumps(line, ensure_ascii=False), file=lines, flush=True)
    print(json.dumps({**report(solved, harmed, nothing), "errors": seam.failed}))


def report(solved: list[bool], harmed: list[bool], nothing: list[bool]) -> dict[str, Any]:
    figures = {"success": solved, "side_effects": harmed, "do_nothing": nothing}
    shares = {name: share(sum(each), len(each)) for name, each in figures.items()}
    return {
        "n": len(solved),
        **shares,
        "intervals": {name: wilson(sum(each), len(each)) for name, each in figures.items()},
    }


if __name__ == "__main__":
    main()
