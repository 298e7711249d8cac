"""Hypothesis strategies for the vocabulary, small examples of it, and an embedder that needs no model."""

import dataclasses
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args, get_type_hints

import numpy as np
from hypothesis import strategies as st

from knowledge import types as t
from knowledge.store import DIMENSIONS, Matrix

texts = st.text(st.characters(codec="utf-8"), max_size=20)
numbers = st.integers(0, 50)
probabilities = st.floats(0, 1)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, jsons, max_size=3)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(timezones=st.none() | zones)


def one_of(alias: object) -> st.SearchStrategy[str]:
    return st.sampled_from(get_args(alias))


def few(inner: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(inner, max_size=2).map(tuple)


KINDS: list[type] = []


def noun(kind: type, /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Of every field of the noun: one that keeps its default would never be tried."""
    assert fields.keys() == {field.name for field in dataclasses.fields(kind)}, kind
    KINDS.append(kind)
    return st.builds(kind, **fields)


utterances = noun(t.Utterance, speaker=st.sampled_from(["requester", "lamplighter"]), text=texts, after=numbers)
compensations = noun(
    t.Compensation,
    action=texts,
    arguments=st.dictionaries(texts, texts, max_size=2),
    when=objects,
    confirmed_by=texts,
)
holds = noun(t.Hold, path=texts, test=one_of(t.HoldTest), value=jsons)
postconditions = noun(t.Postcondition, read=texts, arguments=objects, holds=few(holds), gone=st.booleans())
tasks = noun(
    t.Task,
    id=texts,
    text=texts,
    requester=texts,
    now=times,
    utterances=few(utterances),
    tenant=texts,
    expects=few(postconditions),
)
parameters = noun(
    t.Parameter,
    name=texts,
    description=texts,
    schema=objects,
    required=st.booleans(),
    location=st.sampled_from(["path", "query", "header", "body"]),
    sensitive=st.booleans(),
)
actions = noun(
    t.ActionSpec,
    name=texts,
    app=texts,
    description=texts,
    parameters=few(parameters),
    returns=objects,
    effect=one_of(t.Effect),
    method=texts,
    path=texts,
    compensation=texts,
    keys_kept_h=probabilities,
    source=texts,
    undone_by=few(compensations),
    postcondition=st.none() | postconditions,
    offered=st.booleans(),
)
provenances = noun(
    t.Provenance,
    source=one_of(t.SourceKind),
    source_id=texts,
    raw=texts,
    start=numbers,
    end=numbers,
    path=texts,
    trust=one_of(t.Trust),
)
literals = noun(t.Literal, value=jsons, provenance=provenances)
references = noun(t.Reference, step=numbers, path=texts, trust=one_of(t.Trust))
arguments = noun(t.Argument, name=texts, value=literals | references)
steps = noun(t.Step, index=numbers, action=texts, arguments=few(arguments), confidence=probabilities)
plans = noun(t.Plan, task_id=texts, steps=few(steps), ending=one_of(t.Ending), reason=texts, lasting=few(texts))
observations = noun(
    t.Observation,
    step=numbers,
    status=one_of(t.ObservationStatus),
    body=jsons,
    code=texts,
    message=texts,
    whole=st.booleans(),
    http_status=numbers,
)
outcomes = noun(t.Outcome, status=one_of(t.OutcomeStatus), reason=texts, question=texts)
trajectories = noun(
    t.Trajectory,
    id=texts,
    task=tasks,
    steps=few(steps),
    observations=few(observations),
    ending=one_of(t.Ending),
    outcome=outcomes,
    created_at=times,
    successes=numbers,
    failures=numbers,
    of_caller=st.booleans(),
)
decisions = noun(t.Decision, verdict=one_of(t.Verdict), rule=texts, reason=texts)
events = noun(
    t.Event,
    run_id=texts,
    seq=numbers,
    kind=one_of(get_type_hints(t.Event)["kind"]),
    at=times,
    data=objects,
)
waitings = noun(
    t.Waiting,
    kind=st.sampled_from(["answer", "approval"]),
    question=texts,
    step=st.none() | steps,
    call_hash=texts,
    approval_id=texts,
)
runs = noun(
    t.Run,
    id=texts,
    task=tasks,
    status=one_of(t.RunStatus),
    steps=few(steps),
    observations=few(observations),
    waiting_for=st.none() | waitings,
    outcome=st.none() | outcomes,
    undoes=texts,
    ending=one_of(t.Ending),
)
documents = noun(
    t.Document,
    id=texts,
    source=texts,
    title=texts,
    text=texts,
    media_type=texts,
    content_hash=texts,
    trust=one_of(t.Trust),
    tenant=texts,
)
passages = noun(
    t.Passage,
    id=texts,
    document_id=texts,
    heading=texts,
    text=texts,
    start=numbers,
    end=numbers,
    content_hash=texts,
    trust=one_of(t.Trust),
)
hits = noun(
    t.Hit,
    kind=one_of(t.HitKind),
    score=probabilities,
    similarity=probabilities,
    item=passages | actions | trajectories,
    at=numbers,
)
contexts = noun(t.Context, passages=few(hits), actions=few(hits), precedents=few(hits), spare=few(hits))
queries = noun(t.Query, text=texts, tenant=texts, apps=few(texts))

EVERY = (
    utterances, compensations, holds, postconditions, tasks, parameters, actions, provenances, literals,
    references, arguments, steps, plans, observations, outcomes, trajectories, decisions, events, waitings,
    runs, documents, passages, hits, contexts, queries,
)  # fmt: skip

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)


def task(text: str = "unlock ada", *, id: str = "t1", tenant: str = "default") -> t.Task:
    return t.Task(id=id, text=text, now=NOON, tenant=tenant)


def trajectory(id: str, *, status: t.OutcomeStatus = "verified", minutes: int = 0) -> t.Trajectory:
    return t.Trajectory(
        id=id,
        task=task(),
        steps=(),
        observations=(),
        ending="finish",
        outcome=t.Outcome(status=status),
        created_at=NOON + timedelta(minutes=minutes),
    )


def document(source: str = "a.md", *, tenant: str = "default", text: str = "one two") -> t.Document:
    return t.Document(
        id=f"{tenant}-{source}",
        source=source,
        title=source,
        text=text,
        media_type="text/markdown",
        content_hash=text,
        tenant=tenant,
    )


def passage(of: t.Document, start: int, end: int) -> t.Passage:
    text = of.text[start:end]
    return t.Passage(
        id=f"{of.id}-{start}-{text}", document_id=of.id, heading="", text=text, start=start, end=end, content_hash=text
    )


def action(name: str, *, app: str = "desk") -> t.ActionSpec:
    return t.ActionSpec(name=name, app=app, description=name, parameters=(t.Parameter(name="id", required=True),))


class WordHashEmbedder:
    """Words hashed into 384 dimensions: texts that share words are near each other. Counts the texts it was given."""

    def __init__(self) -> None:
        self.texts = 0

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.texts += len(texts)
        matrix = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in zip(matrix, texts, strict=True):
            for word in text.lower().split() or [""]:
                row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % DIMENSIONS] += 1
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
