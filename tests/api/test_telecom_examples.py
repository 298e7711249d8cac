"""Expert runs against somebody's tools become examples as the chat service would have shown them."""

from collections.abc import Sequence
from random import Random

from api_world import BagEmbedder
from telecom_tools import WIFI_AND_DONE, Called, shown, tool

from api.chat.demonstrations import Demonstration
from api.chat.shelves import Shelves
from api.practice.telecom import Converter, Lent, Taking, fewer
from models.scene import FEATURES, Example

VOTE = FEATURES.index("vote")

TOOLS = (
    *WIFI_AND_DONE,
    tool("refuel", "Adds data.", gb_amount={"type": "number"}, line={"type": "string"}),
)
SYSTEM = (
    "<policy>\n# Policy\n\nAt most 2GB of data can be added with Wi-Fi.\n</policy>\n"
    "<ticket>\nThe user of line L7 has no internet.\n</ticket>"
)
CALLS: list[Called] = [
    ("check_wifi", {}, "Wi-Fi is turned OFF.", True),
    ("check_wifi", {}, "Wi-Fi is turned OFF.", False),
    ("toggle_wifi", {}, "Wi-Fi is now ON.", True),
    ("refuel", {"gb_amount": 2.0, "line": "L7"}, "Added.", True),
]


def run(calls: Sequence[Called] = CALLS) -> Demonstration:
    return shown(SYSTEM, TOOLS, calls)


def chosen(example: Example) -> str:
    assert example.choose
    return example.choose.candidates[example.right].name


def test_every_decision_of_the_expert_and_the_end_is_an_example() -> None:
    converter = Converter(BagEmbedder(), Taking())
    made = list(converter.examples(run()))
    assert [chosen(each) for each in made] == ["check_wifi", "toggle_wifi", "refuel", "finish"]
    assert [len(each.choose.history) for each in made if each.choose] == [0, 2, 3, 4]
    assert made[1].choose
    assert "wifi off" in made[1].choose.history[-1]
    assert all(each.choose and each.choose.request == "The user of line L7 has no internet." for each in made)


def test_values_are_pointed_to_in_the_ticket_and_in_the_policy() -> None:
    converter = Converter(BagEmbedder(), Taking())
    refuel = list(converter.examples(run()))[2]
    assert refuel.fill
    amount, line = [
        {refuel.fill.sources[span.source].text[span.start : span.end] for span in each.spans} for each in refuel.labels
    ]
    assert (amount, line) == ({"2GB"}, {"L7"})
    assert not +converter.report.unplaced
    assert not +converter.report.unoffered


def test_a_value_that_stands_nowhere_is_counted() -> None:
    converter = Converter(BagEmbedder(), Taking())
    list(converter.examples(run([("refuel", {"gb_amount": 2.0, "line": "L9"}, "Added.", True)])))
    assert +converter.report.unplaced == {"refuel.line": 1}


def test_the_same_point_is_taken_a_few_times_only() -> None:
    converter = Converter(BagEmbedder(), Taking(most_copies=2))
    assert [len(list(converter.examples(run()))) for _ in range(3)] == [4, 4, 0]
    assert converter.report.left_out == 4


def test_fewer_candidates_keep_the_right_one_and_the_endings() -> None:
    example = list(Converter(BagEmbedder(), Taking()).examples(run()))[2]
    small = fewer(example, Taking(most_offered=1), Random(0))
    assert small.choose
    assert [each.name for each in small.choose.candidates][:1] == ["refuel"]
    assert (len(small.choose.candidates), chosen(small)) == (5, "refuel")


def test_others_are_precedents_but_none_of_its_own_group() -> None:
    embedder = BagEmbedder()
    lent = Lent.of([run(), run()], ["one", "two"], Shelves(embedder), embedder)
    recall = lent.recall("one", embedder, least=1.0, rng=Random(0))
    found = recall(lent.known.runs[0].task, (), ())
    assert [hit.item is lent.known.runs[1] for hit in found] == [True]
    made = list(Converter(embedder, Taking(forgotten=0.0), lent).examples(run(), group="one"))
    assert all(each.choose and each.choose.candidates[each.right].features[VOTE] > 0.4 for each in made)
    alone = list(Converter(embedder, Taking(forgotten=1.0), lent).examples(run(), group="one"))
    assert all(each.choose and each.choose.candidates[each.right].features[VOTE] == 0 for each in alone)
