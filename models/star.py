"""STAR dialogues as examples: what the wizard did next, by the task's own graph, and with which values.

Source: RasaHQ/STAR (https://github.com/RasaHQ/STAR), MIT licence, Copyright (c) 2020 Rasa Technologies GmbH. Read by
models/star_archive.py. What a wizard typed freely has no label: it is told in the transcript and never asked for.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import BadConfiguration
from models.encode import words
from models.endings import ENDING_TEXTS, ENDINGS
from models.scene import FEATURES, CandidateText, ChooseScene, Example
from models.star_archive import QUERIES, Archive, StarTask, domain, read
from models.star_fill import fill
from models.star_moments import Moment, Report, moments, query_name

# Every fourth domain in alphabetical order, from the third: doctor, plane, trip. Whole domains, because a domain's
# tasks share what they talk about, and actions word for word (the two of the bank share ten).
HELD_OUT = frozenset({"doctor_followup", "doctor_schedule", "plane_book", "plane_search", "trip_directions"})
# Said alike in tasks of every domain; no split can keep them from training.
COMMON = frozenset({"hello", "ask_name", "anything_else", "out_of_scope", "goodbye_1", "goodbye_2", *QUERIES})

NO_GRAPH, STRANGERS = 0.2, 3  # how often the graph is not told; most actions of other tasks beside the own
ACTING, ASKING, FINISHING = 0.5, 0.15, 0.4  # how often a moment is shown as an agent with queries and endings sees it
_NOT_MISSING = ("confirm", "inform", "_more", "trivia_ask_question")  # asked, but not for a value that is missing
_BAD_NEWS = ("fail", "unavailable", "not_available", "nothing_found", "cannot", "unable", "no_venue", "error")


@dataclass(frozen=True, kw_only=True)
class Lessons:
    examples: tuple[Example, ...]
    report: Report


def training_tasks(path: Path) -> frozenset[str]:
    """All tasks of domains that no held-out task belongs to."""
    kept_back = {domain(name) for name in HELD_OUT}
    return frozenset(name for name, task in read(path).tasks.items() if task.domain not in kept_back)


def lessons(path: Path, *, seed: int, tasks: Collection[str] | None = None, happy: bool = True) -> Lessons:
    """Examples of the training tasks (or of `tasks`), in an order drawn by the seed. `happy` off: all single tasks."""
    archive = read(path)
    tasks = training_tasks(path) if tasks is None else tasks
    if unknown := set(tasks) - set(archive.tasks):
        raise BadConfiguration(
            f"{path} has no task {', '.join(sorted(unknown))}.", remedy="Give the whole archive, with all its tasks."
        )
    rng, report = random.Random(seed), Report()
    found = [m for m in moments(archive, tasks=tasks, happy=happy, report=report) if not m.repeated]
    rng.shuffle(found)
    drawn = _Drawn(archive, sorted(tasks), rng, report)
    return Lessons(examples=tuple(drawn.example(moment) for moment in found), report=report)


# ---- moments to examples


def next_action(moment: Moment, task: StarTask) -> Example:
    """As in the papers: one of the task's own actions, with the task's graph told. Nothing is drawn by lot."""
    names = task.actions
    candidates = tuple(_candidate(name, task, moment) for name in names)
    scene = ChooseScene(
        request=moment.request, history=moment.history, passages=(graph_text(task),), candidates=candidates
    )
    return Example(origin=f"star:{moment.task}", choose=scene, right=names.index(moment.action))


def graph_text(task: StarTask) -> str:
    """The graph as a how-to: chains of actions, each new one opened by an action or by a state."""
    chains: list[list[str]] = []
    for before, after in task.graph.items():
        if chains and chains[-1][-1] == before:
            chains[-1].append(after)
        else:
            chains.append([before, after])
    return f"{words(task.name)}: " + "; ".join(" > ".join(map(words, chain)) for chain in chains)


def _candidate(name: str, task: StarTask, moment: Moment | None, shown: str = "") -> CandidateText:
    done = moment.done if moment else ()
    values = dict.fromkeys(FEATURES, 0.0) | {
        "times_done": min(done.count(name), 3) / 3,
        "just_succeeded": float(done[-1:] == (name,)),
    }
    text = _query_text(task) if name in QUERIES else task.replies[name]
    return CandidateText(name=shown or name, description=text, features=tuple(values[n] for n in FEATURES))


def _query_text(task: StarTask) -> str:
    return f"{words(task.name)} by " + ", ".join(f.text.lower() for f in task.inputs if f.type != "RequestType")


class _Drawn:
    """Examples to learn from, with what varies drawn by lot."""

    def __init__(self, archive: Archive, tasks: list[str], rng: random.Random, report: Report) -> None:
        self._tasks = archive.tasks
        self._rng, self._report = rng, report
        domains = {archive.tasks[name].domain for name in tasks}
        others = {d: [archive.tasks[n] for n in tasks if domain(n) != d] for d in domains}
        self._strange = {
            d: list({n: (n, t) for t in o for n in t.actions if n not in COMMON}.values()) for d, o in others.items()
        }
        self._queries = {d: [(n, t) for t in o for n in t.actions if n in QUERIES] for d, o in others.items()}

    def example(self, moment: Moment) -> Example:
        task = self._tasks[moment.task]
        ending = _ending(moment)
        chance = ACTING if moment.action in QUERIES else {"ask": ASKING, "finish": FINISHING}.get(ending, 0.0)
        acting = self._rng.random() < chance
        scene, right = self._acting(moment, task, ending) if acting else self._talking(moment, task)
        origin = f"star:{moment.task}"
        if moment.action not in QUERIES:
            return Example(origin=origin, choose=scene, right=right)
        filled, labels = fill(query_name(task, moment.action), task, moment.said, moment.given, self._rng)
        for parameter, label in zip(filled.parameters, labels, strict=True):
            if not label.none:
                self._report.values += 1
                self._report.unplaced[f"{task.name}.{parameter.name}"] += not label.known
        return Example(origin=origin, choose=scene, right=right, fill=filled, labels=labels)

    def _talking(self, moment: Moment, task: StarTask) -> tuple[ChooseScene, int]:
        """All that the graph knows, among a few actions of other domains."""
        strange = self._strange[task.domain]
        listed = [(n, task) for n in task.actions] + self._rng.sample(strange, min(len(strange), STRANGERS))
        self._rng.shuffle(listed)
        passages = () if self._rng.random() < NO_GRAPH else (graph_text(task),)
        candidates = tuple(_candidate(n, t, moment if t is task else None) for n, t in listed)
        scene = ChooseScene(request=moment.request, history=moment.history, passages=passages, candidates=candidates)
        return scene, _place(moment.action, task, listed)

    def _acting(self, moment: Moment, task: StarTask, ending: str) -> tuple[ChooseScene, int]:
        """As an agent sees it: queries of its own and of other domains, and the endings."""
        strange = self._queries[task.domain]
        own = [(n, task) for n in task.actions if n in QUERIES]
        listed = own + self._rng.sample(strange, min(len(strange), self._rng.randint(2, 8)))
        self._rng.shuffle(listed)
        made = [_candidate(n, t, moment if t is task else None, query_name(t, n)) for n, t in listed]
        made += [CandidateText(name=name, description=ENDING_TEXTS[name]) for name in ENDINGS]
        right = len(listed) + ENDINGS.index(ending) if ending else _place(moment.action, task, listed)
        return ChooseScene(request=moment.request, history=moment.history, candidates=tuple(made)), right


def _place(action: str, task: StarTask, listed: list[tuple[str, StarTask]]) -> int:
    return next(i for i, (name, owner) in enumerate(listed) if name == action and owner is task)


def _ending(moment: Moment) -> str:
    """The ending that a wizard's words amount to where only queries can be made; empty if none."""
    name, last = moment.action, next(iter(moment.done[-1:]), "")
    if "ask_" in name and not any(other in name for other in _NOT_MISSING):
        return "ask"
    closing = name.startswith("goodbye") or name.endswith("_bye") or name == "anything_else"
    asked = any(action in QUERIES for action in moment.done)
    failed = any(news in action for action in (name, last) for news in _BAD_NEWS)
    return "finish" if closing and asked and not failed else ""
