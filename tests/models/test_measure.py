"""Single steps against the right answers."""

from models.base import load_tokenizer
from models.encode import Encoder
from models.measure import Tally, measure
from models.network import PointerNetwork, adapted
from models.scene import Example, FillScene, Label, ParameterText, Source, Span


def test_shares_are_right_over_all() -> None:
    tally = Tally()
    for good in (True, True, False):
        tally.add("span", good)
    assert tally.shares() == {"span": 0.6667}


def test_an_action_without_parameters_is_measured_too(tiny_base: str) -> None:
    from models.base import load_encoder

    base = load_encoder(tiny_base)
    network = PointerNetwork(adapted(base), width=base.config.hidden_size).eval()
    source = Source(id="request", kind="text", text="List all the alarms")
    bare = Example(origin="toy", fill=FillScene(action="list", sources=(source,), parameters=()))
    full = Example(
        origin="toy",
        fill=FillScene(action="find", sources=(source,), parameters=(ParameterText(name="what", description="What"),)),
        labels=(Label(spans=(Span(source=0, start=13, end=19),)),),
    )
    tally = measure(network, Encoder(load_tokenizer(tiny_base)), [bare, full])
    assert tally.all == {"call_exact": 2, "span": 1}
    assert tally.right["call_exact"] >= 1
