"""STAR dialogues as examples: on a tiny archive written here, and on the real one where it is."""

import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.errors import BadConfiguration
from models import star
from models.endings import ENDINGS
from models.scene import SPOKE, Example
from models.star_archive import QUERIES, read
from models.star_moments import Moment, moments
from tests.star_toy import write_archive

SHARED = Path(__file__).parents[3] / "shared" / "data" / "star" / "star.tar.xz"
needs_data = pytest.mark.skipif(not SHARED.is_file(), reason="the STAR dialogues are not beside the project")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("star") / "star.tar.xz")


@pytest.fixture(scope="module")
def booking(archive: Path) -> list[Moment]:
    found = [m for m in moments(read(archive), tasks={"hotel_book"}) if m.dialogue == 0]
    assert found
    return found


def chosen(example: Example) -> str:
    assert example.choose
    return example.choose.candidates[example.right].name


def queries(archive: Path) -> Iterator[tuple[Example, dict[str, object]]]:
    """Every example with a call, and what is pointed to: text, option, None for nothing, "?" for not found."""
    for example in star.lessons(archive, seed=3).examples:
        if example.fill:
            text, found = example.fill.sources[0].text, dict[str, object]()
            for parameter, label in zip(example.fill.parameters, example.labels, strict=True):
                option = parameter.options[label.option] if label.option is not None else None
                said = [text[s.start : s.end] for s in label.spans]
                found[parameter.name] = said or option or (None if label.none else "?")
            yield example, found


def test_a_wizards_labelled_acts_are_the_moments_in_order(booking: list[Moment]) -> None:
    assert [m.action for m in booking] == [
        *("hello", "query_check", "query_check", "hotel_ask_confirm_booking", "query_book"),
        *("hotel_reservation_succeeded", "goodbye_1"),
    ]
    assert [m.repeated for m in booking] == [False, False, True, False, False, False, False]
    assert booking[1].request == (
        "user: Hello\nagent: Hello, how can I help?\nuser: The Hyatt, from the 5th, there are four of us."
    )
    assert booking[-1].request.endswith("user: Thanks!\nagent: You are welcome.")


def test_a_result_steers_by_its_set_phrases_and_not_by_other_text(booking: list[Moment]) -> None:
    check = "hotel book check (Hyatt Hotel, 5th, 4, quiet one) ok: message Available;"
    assert booking[3].history == (check, check)
    assert booking[-1].history[-2].endswith("ok: message Reservation Confirmed;")


def test_the_history_says_when_the_user_spoke_after_a_step(booking: list[Moment]) -> None:
    confirmed, ended = booking[5].history, booking[-1].history
    assert confirmed[-1] != SPOKE
    assert ended == (*confirmed, SPOKE)


def test_a_call_has_its_values_where_the_user_said_them(archive: Path) -> None:
    called = list(queries(archive))
    assert len(called) == 40  # check and book of each dialogue; what was pressed twice teaches nothing
    for example, found in called:
        assert example.fill
        assert example.fill.action in ("hotel_book_check", "hotel_book_book")
        assert found == {
            "Name": "Hyatt Hotel",
            "StartDate": ["5th"],
            "Guests": ["four"],
            "CustomerRequest": "?",
            "Smoking": None,
        }


def test_what_could_not_be_used_is_counted(archive: Path) -> None:
    report = star.lessons(archive, seed=3).report
    assert report.values == 160
    assert +report.unplaced == Counter({"hotel_book.CustomerRequest": 40})
    assert report.left_out == Counter(
        {"typed freely": 20, "custom is not in the graph": 20, "the same query again": 20}
    )


def test_a_moment_is_shown_with_the_whole_graph_or_as_calls_and_endings(archive: Path) -> None:
    views: Counter[str] = Counter()
    for example in star.lessons(archive, seed=3).examples:
        assert example.choose
        names = [c.name for c in example.choose.candidates]
        acting = names[-4:] == list(ENDINGS)
        views[f"{chosen(example)} {acting}"] += 1
        if acting:
            assert set(names[:-4]) == {"hotel_book_check", "hotel_book_book"}
        else:
            assert {"hello", "hotel_ask_hotel", "query_check", "query_book", "goodbye_1"} <= {*names}
            assert not {"available", "yes", "query_success"} & {*names}
    assert views["query_check False"]
    assert views["hotel_book_check True"]
    assert views["finish True"]


def test_the_graph_is_told_as_a_how_to(archive: Path) -> None:
    assert star.graph_text(read(archive).tasks["hotel_book"]) == (
        "hotel book: hello > hotel ask hotel > hotel ask date from > query check; "
        "available > hotel ask confirm booking; yes > query book; "
        "query success > hotel reservation succeeded > anything else"
    )


def test_no_held_out_task_is_learned_from(archive: Path) -> None:
    assert star.training_tasks(archive) == {"hotel_book"}
    learned = star.lessons(archive, seed=3).examples
    assert {e.origin for e in learned} == {"star:hotel_book"}
    assert not any("doctor" in c.name + c.description for e in learned if e.choose for c in e.choose.candidates)


def test_unhappy_dialogues_come_only_when_asked_for_and_mixed_ones_never(archive: Path) -> None:
    happy, all_of_one_task = (star.lessons(archive, seed=3, happy=each).examples for each in (True, False))
    assert (len(happy), len(all_of_one_task)) == (20 * 6, 21 * 6)


def test_the_same_seed_gives_the_same_examples(archive: Path) -> None:
    assert star.lessons(archive, seed=3) == star.lessons(archive, seed=3)
    assert star.lessons(archive, seed=3) != star.lessons(archive, seed=4)


def test_a_task_that_is_not_there_is_named(archive: Path) -> None:
    with pytest.raises(BadConfiguration, match="has no task weather"):
        star.lessons(archive, seed=0, tasks={"weather"})


@pytest.mark.parametrize("broken", ["absent", "empty", "no xz", "cut", "another archive"])
def test_an_unreadable_file_is_refused_with_a_remedy(archive: Path, tmp_path: Path, broken: str) -> None:
    path = tmp_path / "star.tar.xz"
    content = archive.read_bytes()
    if broken == "another archive":
        with tarfile.open(path, "w:xz") as other:
            other.add(Path(__file__), "readme.txt")
    elif broken != "absent":
        path.write_bytes({"empty": b"", "no xz": b"no xz", "cut": content[: len(content) // 2]}[broken])
    with pytest.raises(BadConfiguration, match="cannot be read as the STAR dialogues") as caught:
        star.lessons(path, seed=0)
    assert "https://github.com/RasaHQ/STAR" in caught.value.remedy


# ---- the real archive


@needs_data
def test_the_held_out_tasks_are_every_fourth_domain_from_the_third() -> None:
    tasks = read(SHARED).tasks
    domains = sorted({task.domain for task in tasks.values()})
    assert {name for name, task in tasks.items() if task.domain in domains[2::4]} == star.HELD_OUT
    assert len(tasks) == 24


@needs_data
def test_training_shares_no_task_no_domain_no_dialogue_and_no_own_action_with_what_is_measured() -> None:
    archive, trained = read(SHARED), star.training_tasks(SHARED)
    assert trained | star.HELD_OUT == archive.tasks.keys()
    assert not trained & star.HELD_OUT
    assert not {archive.tasks[n].domain for n in trained} & {archive.tasks[n].domain for n in star.HELD_OUT}
    learned, measured = ({m.dialogue for m in moments(archive, tasks=t)} for t in (trained, star.HELD_OUT))
    assert learned
    assert measured
    assert not learned & measured
    ours, theirs = ({a for n in names for a in archive.tasks[n].actions} for names in (trained, star.HELD_OUT))
    assert ours & theirs <= star.COMMON


@needs_data
@pytest.mark.slow
def test_most_of_the_real_archive_can_be_used() -> None:
    found = star.lessons(SHARED, seed=0)
    assert len(found.examples) > 15_000
    assert {e.origin.removeprefix("star:") for e in found.examples} == star.training_tasks(SHARED)
    assert sum(found.report.unplaced.values()) < 0.1 * found.report.values
    assert {*ENDINGS[:2], *QUERIES} <= {chosen(e) for e in found.examples}
    for example in found.examples:
        for label in example.labels:
            text = example.fill.sources[0].text if example.fill else ""
            assert all(0 <= s.start < s.end <= len(text) for s in label.spans)
