"""A data set: repeatable, clean, without duplicates, and what is measured on is not known from training."""

import json
import lzma
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from dataset_rows import candidates, part, step, steps

import models.dataset_build
from knowledge.errors import BadConfiguration
from models.augment_mix import Mix
from models.dataset import Part, Recipe, Row
from models.dataset_build import built
from models.dataset_clean import cleaned, normalised
from models.dataset_files import found, read_card, read_file, write
from models.dataset_near import distinct, jaccard, shingles
from models.dataset_report import balance, unannotated
from models.dataset_split import leaks, wording
from models.encode import Encoder
from models.scene import ChooseScene, Example, Label, Span

RECIPE = Recipe(seed=4, copies=0.5)


def parts() -> list[Part]:
    """One with a dev set of services, one of wordings, one without any."""
    services = part("shop", count=60, seed=2, level="service")
    unseen = tuple(replace(e, origin=f"new{e.origin}") for e in steps(20, seed=8, app="shop"))
    return [
        replace(services, dev=unseen),
        part("desk", count=120, seed=1, dev=steps(12, seed=5, app="desk")),
        part("memory", count=90, seed=3),
    ]


def row(example: Example, level: str = "wording") -> Row:
    return Row(part="p", family=example.origin, level=level, example=example)  # type: ignore[arg-type]


# ---- splits


def test_nothing_that_is_measured_on_is_known_from_training() -> None:
    dataset = built(parts(), replace(RECIPE, hold_families=2))
    assert leaks(dataset.train, dataset.dev, RECIPE.wording) == []
    levels = Counter(r.level for r in dataset.dev)
    assert set(levels) == {"service", "family", "wording"}
    families = {r.family for r in dataset.train}
    for each in dataset.dev:
        assert each.level == "wording" or each.family not in families
        for other in dataset.train:
            one, two = wording(each.example), wording(other.example)
            assert len(one & two) < RECIPE.wording * len(one | two)


def test_varying_a_row_does_not_carry_a_wording_over() -> None:
    """Copies are made of train rows only, and of rows that were kept apart before."""
    dataset = built(parts(), replace(RECIPE, copies=3.0))
    assert any(r.made for r in dataset.train)
    assert not any(r.made for r in dataset.dev)
    assert leaks(dataset.train, dataset.dev, RECIPE.wording) == []


def test_a_copy_that_comes_near_a_wording_that_is_measured_on_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other words may happen to be those of a request that was set apart."""
    asked = next(r for r in built(parts(), RECIPE).dev if r.level == "wording")

    def nearer(rows: Sequence[Row], mix: Mix, rng: random.Random) -> tuple[list[Row], Counter[str]]:
        far = replace(rows[0], made=("slips",))
        near = replace(rows[0], example=asked.example, made=("other words",))
        return [near, far, near], Counter({"other words": 2, "slips": 1, "(did not fit)": 3})

    monkeypatch.setattr(models.dataset_build, "varied", nearer)
    dataset = built(parts(), RECIPE)
    assert leaks(dataset.train, dataset.dev, RECIPE.wording) == []
    assert [r.made for r in dataset.train if r.made] == [("slips",)]
    assert dataset.facts.dropped["a varied copy whose wording is measured on"] == 2
    assert dataset.facts.varied == {"slips": 1, "(did not fit)": 3}


@pytest.mark.parametrize("what", ["service", "family", "wording"])
def test_a_leak_of_each_kind_is_found(what: str) -> None:
    dataset = built(parts(), replace(RECIPE, hold_families=1))
    given_away = next(r for r in dataset.dev if r.level == what)
    other = steps(1, seed=77, app="x")[0]
    example = given_away.example if what == "wording" else other
    leaking = [*dataset.train, replace(given_away, example=example)]
    assert what in {leak.what for leak in leaks(leaking, dataset.dev, RECIPE.wording)}


def test_values_do_not_make_another_wording() -> None:
    one = step("Ann Lee", "Please unlock the account of Ann Lee, see NH-20463.", "u", (), "x")
    two = step("Bob Stone", "Please unlock the account of Bob Stone, see NH-99999.", "u", (), "x")
    three = step("Bob Stone", "Somebody has locked Bob Stone out again.", "u", (), "x")
    assert wording(one) == wording(two) != wording(three)


# ---- cleaning


def test_each_fault_is_dropped_by_its_reason() -> None:
    good = steps(1, seed=1, app="a")[0]
    assert good.choose
    assert good.fill
    nowhere = replace(good, labels=(Label(spans=(Span(source=0, start=5, end=9_999),)), *good.labels[1:]))
    twice = replace(good, choose=replace(good.choose, candidates=(good.choose.candidates[0], *good.choose.candidates)))
    faulty = {
        "the request is empty": replace(good, choose=replace(good.choose, request=" \n")),
        "a label points outside its source": nowhere,
        "two candidates read the same, and one of them is right": twice,
        "teaches nothing: no choice, and no value that was found": Example(origin="x"),
        "the right candidate is not offered": replace(good, right=99),
        "parameters and labels do not match": replace(good, labels=good.labels[:1]),
    }
    dropped = Counter[str]()
    assert cleaned([row(good), *map(row, faulty.values())], dropped) == [row(good)]
    assert dropped == dict.fromkeys(faulty, 1)


def test_of_rows_that_contradict_each_other_most_win_and_a_tie_loses_all() -> None:
    scene = ChooseScene(request="Do it", candidates=candidates("one", "two"))
    rows = [row(Example(origin="x", choose=scene, right=right)) for right in (0, 0, 1)]
    dropped = Counter[str]()
    assert cleaned(rows, dropped) == rows[:2]
    assert cleaned(rows[1:], dropped) == []
    assert dropped == {"contradicts rows that show the same": 3}


def test_normalising_keeps_what_is_pointed_to() -> None:
    plain = step("Zoë Lee", "Unlock Zoë Lee\nplease", "u", (), "x")
    odd = step("Zoe\u0308 Lee", "Unlock\u200b Zoe\u0308 Lee\r\nplease", "u", (), "x")
    (made,) = normalised([row(odd)])
    assert made.example.choose == plain.choose
    assert made.example.fill
    source, span = made.example.fill.sources[0], made.example.labels[1].spans[0]
    assert source.text[span.start : span.end] == "Zoë Lee"


# ---- duplicates


def test_the_same_and_nearly_the_same_are_found() -> None:
    long = (
        "The laptop of Ann Lee was lost on the train, on the way from the office to the customer in the north, on {}."
    )
    one, near = (step("Ann Lee", long.format(when), "wipe", (), "x") for when in ("Monday", "Tuesday"))
    other = step("Ann Lee", "Wipe the lost laptop of Ann Lee.", "wipe", (), "x")
    dropped = Counter[str]()
    assert distinct([row(e) for e in (one, one, near, other)], 0.85, dropped) == [row(one), row(other)]
    assert dropped == {"the same as another row": 1, "nearly the same as another row": 1}


def test_the_same_words_for_another_action_are_no_duplicate() -> None:
    one = step("Ann Lee", "See to the account of Ann Lee.", "unlock", ("lock",), "x")
    assert one.choose
    other = replace(one, right=1, fill=None, labels=())
    assert len(distinct([row(one), row(other)], 0.5, Counter())) == 2


def test_near_duplicates_are_those_of_exact_search() -> None:
    rows = [row(e) for e in steps(150, seed=6, app="a")]
    kept = distinct(rows, 0.7, Counter())
    points: list[Row] = []
    for each in rows:
        assert each.example.choose
        same = [
            k
            for k in points
            if k.example.fill and each.example.fill and k.example.fill.action == each.example.fill.action
        ]
        if not any(jaccard(_told(k), _told(each)) >= 0.7 for k in same):
            points.append(each)
    assert abs(len(kept) - len(points)) <= 1


def _told(each: Row) -> frozenset[int]:
    from models import dataset_near

    return shingles(dataset_near._told(each.example))


# ---- report and files


def test_what_could_not_be_annotated_is_counted_by_reason(encoder: Encoder) -> None:
    good = steps(1, seed=1, app="a")[0]
    lost = replace(good, choose=None, labels=(Label(), good.labels[1], Label()))
    cut = replace(good, labels=(good.labels[0], Label(spans=(Span(source=0, start=1, end=3),)), good.labels[2]))
    assert unannotated([row(good), row(lost), row(cut)], encoder) == {
        "choice: the right action was not offered": 1,
        "value: stands in no source": 1,
        "value: not among its options": 1,
        "value: cut by a token or a window": 1,
    }


def test_what_is_out_of_balance_is_said() -> None:
    rows = [row(e) for e in steps(60, seed=1, app="a")]
    fine = balance(rows)
    assert sum(fine.actions.values()) == 60
    assert fine.places["first third"] == 60
    assert any("first third" in alarm for alarm in fine.alarms)
    assert any("ending refuse is rare" in a for a in balance([*rows, *_endings(60)]).alarms)


def _endings(count: int) -> list[Row]:
    scene = ChooseScene(request="x", candidates=candidates("one"))
    return [row(Example(origin="e", choose=scene, right=1)) for _ in range(count)]


@pytest.mark.parametrize("compressed", [False, True])
def test_the_same_recipe_gives_the_same_files(tmp_path: Path, compressed: bool) -> None:
    cards = [
        write(tmp_path / name, built(parts(), RECIPE), parts(), RECIPE, command="lamp data", compressed=compressed)
        for name in ("one", "other")
    ]
    assert cards[0]["files"] == cards[1]["files"]
    path = found(tmp_path / "one", "train")
    assert path.suffix == (".xz" if compressed else ".jsonl")
    raw = lzma.decompress(path.read_bytes()) if compressed else path.read_bytes()
    assert [json.loads(line)["part"] for line in raw.decode().splitlines()][:3]
    assert tuple(read_file(path)) == tuple(r.example for r in built(parts(), RECIPE).train)
    assert read_card(tmp_path / "one") == json.loads(json.dumps(cards[0]))


def test_the_card_says_what_there_is(tmp_path: Path) -> None:
    import hashlib

    card = write(tmp_path, built(parts(), RECIPE), parts(), RECIPE, command="lamp data --seed 4")
    for name, file in card["files"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == file["sha256"]
        assert len((tmp_path / name).read_text().splitlines()) == file["rows"]
    text = (tmp_path / "README.md").read_text()
    assert text.startswith("---\nlicense: apache-2.0\n")
    assert "`lamp data --seed 4`" in text
    assert "Leaks found: 0" in text
    assert sum(p["train"] for p in card["parts"]) == card["files"]["train.jsonl"]["rows"]


def test_no_more_of_a_family_than_its_share() -> None:
    dataset = built(parts(), replace(RECIPE, most=5, copies=0.0))
    assert max(Counter(r.family for r in dataset.train).values()) == 5


def test_what_is_no_data_set_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"no train\.jsonl"):
        found(tmp_path, "train")
    (tmp_path / "train.jsonl").write_text('{"this": "is not one"}\n')
    with pytest.raises(BadConfiguration, match="does not hold examples"):
        read_file(found(tmp_path, "train"))
    (tmp_path / "train.jsonl").write_text('{"origin": "x"}\n')
    with pytest.raises(BadConfiguration, match="lacks something"):
        read_file(tmp_path / "train.jsonl")
