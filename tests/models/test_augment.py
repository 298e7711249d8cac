"""Renaming changes what an application's author chose, and nothing else."""

import random

from hypothesis import given
from hypothesis import strategies as st

from models.augment import SYNONYMS, renamed, reworded, vocabulary
from models.scene import CandidateText, ChooseScene, Example, FillScene, Label, ParameterText, Source, Span

EXAMPLE = Example(
    origin="test",
    choose=ChooseScene(
        request="reset the password of Maria",
        history=("search accounts (password person) ok: accounts status locked;",),
        candidates=(
            CandidateText(name="reset_password", description="Reset a person's password"),
            CandidateText(name="unlock_account", description="Unlock an account"),
            CandidateText(name="ask", description="Ask the person"),
        ),
    ),
    right=0,
    fill=FillScene(
        action="reset_password",
        sources=(Source(id="request", kind="text", text="reset the password of Maria"),),
        parameters=(ParameterText(name="username", description="The person's username"),),
    ),
    labels=(Label(spans=(Span(source=0, start=22, end=27),)),),
)


@given(st.integers(0, 10_000))
def test_only_the_applications_own_words_change(seed: int) -> None:
    other = renamed(EXAMPLE, random.Random(seed))
    assert other.choose
    assert other.fill
    assert EXAMPLE.choose
    assert EXAMPLE.fill
    assert other.choose.request == EXAMPLE.choose.request
    assert other.choose.history[0].endswith(" (password person) ok: accounts status locked;")
    assert other.choose.candidates[2] == EXAMPLE.choose.candidates[2]
    assert other.fill.sources == EXAMPLE.fill.sources
    assert (other.right, other.labels) == (EXAMPLE.right, EXAMPLE.labels)


def test_one_example_speaks_one_language() -> None:
    """An action is called the same among the candidates, in the history and when it is filled."""
    changed, parameters = 0, set()
    for seed in range(200):
        other = renamed(EXAMPLE, random.Random(seed))
        assert other.choose
        assert other.fill
        if other != EXAMPLE:
            changed += 1
            assert other.choose.candidates[0].name == other.fill.action
            parameters.add((other.fill.parameters[0].name, other.fill.parameters[0].description))
    assert 40 < changed < 120
    assert {name for name, _ in parameters} >= {"user id", "login name", "user name", "username"}
    assert len({description for _, description in parameters}) > 4


@given(st.text(), st.integers(0, 1000))
def test_words_not_known_stay(text: str, seed: int) -> None:
    known = vocabulary(random.Random(seed))
    if not any(word in text.lower() for word in SYNONYMS):
        assert reworded(text, known) == text


def test_a_capital_is_kept() -> None:
    assert reworded("Reset it, reset", {"reset": "renew"}) == "Renew it, renew"
