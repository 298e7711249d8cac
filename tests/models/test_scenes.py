import json

from hypothesis import given
from hypothesis import strategies as st

from models.scene import (
    FEATURES,
    CandidateText,
    ChooseScene,
    Example,
    FillScene,
    Label,
    ParameterText,
    Source,
    Span,
    from_plain,
    to_plain,
)

text, index = st.text(max_size=30), st.integers(0, 500)
candidates = st.builds(
    CandidateText,
    name=text,
    description=text,
    features=st.tuples(*[st.floats(0, 1)] * len(FEATURES)),
)
sources = st.builds(Source, id=text, kind=st.sampled_from(["text", "leaf"]), text=text, label=text, path=text)
parameters = st.builds(ParameterText, name=text, description=text, type=text, options=st.lists(text).map(tuple))
spans = st.builds(Span, source=index, start=index, end=index)
labels = st.builds(Label, spans=st.lists(spans).map(tuple), option=st.none() | index, none=st.booleans())
chooses = st.builds(
    ChooseScene,
    request=text,
    history=st.lists(text).map(tuple),
    passages=st.lists(text).map(tuple),
    candidates=st.lists(candidates).map(tuple),
)
fills = st.builds(
    FillScene, action=text, sources=st.lists(sources).map(tuple), parameters=st.lists(parameters).map(tuple)
)
examples = st.builds(
    Example,
    origin=text,
    choose=st.none() | chooses,
    right=st.integers(-1, 20),
    fill=st.none() | fills,
    labels=st.lists(labels).map(tuple),
)


@given(example=examples)
def test_an_example_survives_json(example: Example) -> None:
    assert from_plain(json.loads(json.dumps(to_plain(example)))) == example


def test_a_label_is_known_once_it_says_anything() -> None:
    assert not Label().known
    assert Label(none=True).known
    assert Label(option=0).known
    assert Label(spans=(Span(source=0, start=0, end=1),)).known
