"""An app's own adapter: learned from its verified runs, promoted if it does better, used for its tasks, taken back."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import typer
from api_world import BagEmbedder
from app_toy import ACTIONS, CLOSE, PEOPLE, SPECS, know, run, runs, tiny_adapter
from typer.testing import CliRunner, Result

import api.app_training
import api.wiring
import models.general
from api import cli
from api.app_lessons import Lived, lived, material, split
from api.app_training import Plan, train_app
from api.commands import adapters, train
from api.commands import train_app as train_app_command
from api.logs import configure
from api.settings import Settings
from api.wiring import Services
from knowledge.errors import NotFound, TooFew
from knowledge.types import Context, Hit, Outcome
from models.lam import Situation
from models.per_app import PerAppLAM
from models.pointer import PointerLAM
from models.registry import Version
from models.train import Forecast, Progress

SAMPLE = models.general.sample()
AS_IT_WAS = Plan(layers=1, epochs=0.3, rate=0.0)


@dataclass(frozen=True, kw_only=True)
class Taught:
    """A data folder in which `lamp train app crm` was called, and what it printed."""

    settings: Settings
    printed: Result

    @property
    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.printed.output.strip().splitlines()[-1]))


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_adapter(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory, untrained: Path) -> Taught:
    settings = Settings(data_dir=tmp_path_factory.mktemp("taught") / "data", adapter=untrained)
    services = opened(settings)
    know(services, runs())
    services.close()
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        words = ("--layers", "2", "--epochs", "6", "--rate", "1e-2", "--json")
        return Taught(settings=settings, printed=lamp(settings, patch, "train", "app", "crm", *words))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


def make_quick(patch: pytest.MonkeyPatch) -> None:
    few = SAMPLE[:6]
    patch.setattr(models.general, "sample", lambda: few)
    patch.setattr(api.app_training, "CHECKPOINT_EVERY_S", 0.0)


@pytest.fixture
def settings(tmp_path: Path, untrained: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", adapter=untrained)


def opened(settings: Settings) -> Services:
    return Services(settings, embedder=BagEmbedder())


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """Of an app that ran fifty times."""
    made = opened(settings)
    know(made, runs())
    yield made
    made.close()


@pytest.fixture
def learned(taught: Taught, settings: Settings) -> Iterator[Services]:
    """Services of an app that has an adapter of its own."""
    shutil.copytree(taught.settings.data_dir, settings.data_dir)
    made = opened(settings)
    yield made
    made.close()


def lamp(settings: Settings, patch: pytest.MonkeyPatch, *words: str) -> Result:
    """`lamp` on this data, with the embedder of the tests."""
    patch.setattr(api.wiring, "build", opened)
    before = ["--data-dir", str(settings.data_dir), "--adapter", str(settings.adapter)]
    return CliRunner().invoke(_app(), [*before, *words])


def _app() -> typer.Typer:
    """`lamp` with `lamp train app`, also where `lamp train` is no group yet."""
    if hasattr(train, "app"):
        return cli.app
    made, group = typer.Typer(cls=cli._Group, pretty_exceptions_enable=False), typer.Typer()
    made.callback()(cli.main_options)
    group.command("app")(train_app_command.command)
    group.callback()(lambda: None)
    made.add_typer(group, name="train")
    made.add_typer(adapters.app, name="adapters")
    return made


def quiet(*_: object) -> None:
    pass


def version_of(services: Services) -> Version:
    version = services.app_adapters.registry("default").in_use("crm")
    assert version
    return version


def situation(text: str) -> Situation:
    found = runs()[0].task
    context = Context(actions=tuple(Hit(kind="action", score=1.0, similarity=0.5, item=a) for a in ACTIONS))
    return Situation(task=replace(found, text=text), context=context)


# ---- what is learned from, and what is held out


def kept(services: Services) -> list[Lived]:
    return lived(services, "crm", SPECS, tenant="default", most=400)


def test_a_fifth_of_the_runs_is_held_out_and_no_wording_is_on_both_sides(services: Services) -> None:
    found = split(kept(services), app="crm")
    assert len(found.ask) >= 0.2 * 50
    assert len(found.ask) + len(found.learn) == 50
    assert not {each.wording for each in found.ask} & {each.wording for each in found.learn}
    assert len({each.wording for each in found.ask}) * len(PEOPLE) == len(found.ask)


def test_the_same_wordings_stay_held_out_when_more_runs_come(services: Services) -> None:
    every = kept(services)
    fewer = [each for each in every if not each.run.task.text.endswith(f"{PEOPLE[-1]}.")][:45]
    now, then = ({each.wording for each in split(some, app="crm").ask} for some in (every, fewer))
    assert now & then


def test_no_lesson_shows_a_run_its_own_wording_or_what_is_held_out(services: Services) -> None:
    asked = {each.id for each in split(kept(services), app="crm").ask}
    seen: list[set[str]] = []
    retrieve = services.retriever.context

    def spy(query: object, *, exclude: frozenset[str]) -> Context:
        context = retrieve(query, exclude=exclude)  # type: ignore[arg-type]
        seen.append({hit.item.id for hit in context.precedents} & asked)  # type: ignore[union-attr]
        return context

    services.retriever.context = spy  # type: ignore[method-assign, assignment]
    found = material(services, "crm", tenant="default", seed=0, most=400, tell=quiet)
    assert not set().union(*seen)
    assert found.runs + found.runs_held_out == len(seen) == 50
    assert len(found.train) == 3 * found.runs


def test_only_verified_runs_of_this_app_count(services: Services) -> None:
    some = services.record.memory.list("default")[0]
    failed = replace(some, id="failed", outcome=Outcome(status="failed"))
    other = replace(some, id="other", steps=(), observations=())
    for each in (failed, other):
        services.record.memory.write(each, services.embedder.embed(["x"])[0], "default")
    assert {each.id for each in kept(services)} == {f"default-{r.task.id}" for r in runs()}


@pytest.mark.parametrize(("count", "missing"), [(7, "13 more"), (0, "20 more"), (19, "1 more")])
def test_too_few_runs_are_told_with_how_many_are_needed(settings: Settings, count: int, missing: str) -> None:
    services = opened(settings)
    know(services, runs()[:count])
    with pytest.raises(TooFew, match=missing) as caught:
        train_app(services, "crm", AS_IT_WAS, tell=quiet)
    assert "20" in caught.value.message
    services.close()


def test_runs_in_one_wording_are_too_few(settings: Settings) -> None:
    services = opened(settings)
    know(services, [run(n, CLOSE.id, f"Close the account of {name}.", name) for n, name in enumerate(5 * PEOPLE)])
    with pytest.raises(TooFew, match="wordings"):
        train_app(services, "crm", AS_IT_WAS, tell=quiet)
    services.close()


def test_an_app_that_is_not_known_is_told(services: Services) -> None:
    with pytest.raises(NotFound, match="mail"):
        train_app(services, "mail", AS_IT_WAS, tell=quiet)


# ---- trained, compared, promoted


def test_what_does_better_is_taken_into_use_and_told_as_json(taught: Taught) -> None:
    assert taught.printed.exit_code == 0, taught.printed.output
    told = taught.told
    assert (told["app"], told["version"], told["promoted"]) == ("crm", 1, True)
    assert told["held-out steps"]["after"] > told["held-out steps"]["before"]
    assert told["runs"] + told["runs_held_out"] == 50
    assert told["examples"] == 3 * told["runs"]


def test_the_card_says_what_it_was_trained_on_and_why_it_won(taught: Taught, learned: Services) -> None:
    version, told = version_of(learned), taught.told
    card = version.card
    assert (card["app"], card["training"]["runs"]) == ("crm", told["runs"])
    assert card["training"]["started_from"] == "the general adapter"
    assert card["contest"]["held-out steps"] == told["held-out steps"]
    assert (card["data"][-1]["name"], card["data"][-1]["examples"]) == ("verified runs of crm", told["examples"])
    assert "held-out steps" in (version.folder / "README.md").read_text()
    assert card["training"]["peft"] == "lora"
    assert json.loads((version.folder / "curves.json").read_text())["losses"]
    assert (version.folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert not any((version.folder.parent / "training").iterdir())


def test_what_does_not_do_better_is_kept_but_not_used(services: Services) -> None:
    told: list[Forecast] = []
    made = train_app(services, "crm", AS_IT_WAS, tell=quiet, forecast=told.append)
    assert told[0].steps > 0 < told[0].seconds
    assert not made.contest.wins
    assert not made.version.in_use
    assert "wins nothing" in made.contest.why
    assert [v.number for v in services.app_adapters.registry("default").versions("crm")] == [1]
    assert services.app_adapters.registry("default").in_use("crm") is None


def test_the_next_version_starts_from_the_one_in_use(taught: Taught, learned: Services) -> None:
    made = train_app(learned, "crm", AS_IT_WAS, tell=quiet)
    assert str(made.before) == "version 1"
    assert made.version.number == 2
    assert made.contest.whole.before == taught.told["held-out steps"]["after"]
    assert version_of(learned).number == 1


def test_the_card_names_the_runs_it_learned_from_and_those_of_the_version_before(learned: Services) -> None:
    ids = {each.id for each in split(kept(learned), app="crm").learn}
    assert set(version_of(learned).card["training"]["learned_from"]) == ids
    later = [replace(each, task=replace(each.task, id=f"late-{each.task.id}")) for each in runs()]
    for each in learned.record.memory.list("default"):
        learned.record.memory.forget(each.id)
    know(learned, later)
    made = train_app(learned, "crm", AS_IT_WAS, tell=quiet)
    learned_from = {*made.version.card["training"]["learned_from"]}
    assert learned_from == ids | {each.id for each in split(kept(learned), app="crm").learn}


def test_a_killed_training_goes_on(services: Services) -> None:
    heard: list[int] = []

    class Killed(Exception):
        pass

    def listen(progress: Progress) -> None:
        heard.append(progress.step)
        if len(heard) == 3:
            raise Killed

    plan = replace(AS_IT_WAS, epochs=1.0, rate=1e-3)
    with pytest.raises(Killed):
        train_app(services, "crm", plan, tell=quiet, listen=listen)
    assert services.app_adapters.registry("default").versions("crm") == []
    made = train_app(services, "crm", plan, tell=quiet, listen=listen)
    assert heard[:4] == [1, 2, 3, 4]
    assert made.version.number == 1


# ---- used


def test_the_apps_tasks_are_its_own_adapters_and_rolling_back_takes_them_away(learned: Services) -> None:
    at = situation("Close the account of Ann Lee.")
    general = learned.lam.choose(at)
    own = PointerLAM.load(version_of(learned).folder).choose(at)
    lam = learned.runner().lam
    assert isinstance(lam, PerAppLAM)
    assert lam.choose(at) == own != general
    elsewhere = tuple(replace(hit, item=replace(hit.item, app="x")) for hit in at.context.actions)  # type: ignore[type-var]
    other = lam.choose(replace(at, context=Context(actions=elsewhere)))
    assert other.ranked[0].probability == general.ranked[0].probability
    learned.app_adapters.registry("default").roll_back("crm")
    assert learned.runner().lam is learned.lam
    assert lam.choose(at) == own  # a run under way keeps what it began with


def test_another_tenant_does_not_see_it(learned: Services) -> None:
    know(learned, [], tenant="south")
    assert learned.runner("south").lam is learned.lam


def test_a_model_from_elsewhere_is_not_replaced(learned: Services) -> None:
    elsewhere = Services(learned.settings, lam=learned.lam, embedder=BagEmbedder())
    assert elsewhere.runner().lam is learned.lam
    elsewhere.close()


@pytest.mark.parametrize("damage", ["heads.safetensors", "promoted.json"])
def test_an_adapter_that_cannot_be_loaded_is_done_without_and_told(
    learned: Services, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    configure("warning")
    folder = version_of(learned).folder
    path = next(path for path in (folder / damage, folder.parent / damage) if path.exists())
    path.write_bytes(path.read_bytes()[:10])
    at = situation("Close the account of Ann Lee.")
    assert learned.runner().lam.choose(at) == learned.lam.choose(at)
    told = capsys.readouterr().err
    for words in ("adapter of crm", "general one", "lamp adapters"):
        assert words in told


# ---- said at the command line


def test_the_registry_at_the_command_line(learned: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(*words: str) -> Result:
        return lamp(learned.settings, monkeypatch, "adapters", *words)

    assert "crm" in said("list").output
    shown = json.loads(said("show", "crm").output)
    assert (shown["version"], shown["in_use"], shown["app"]) == (1, True, "crm")
    assert "the general adapter" in said("rollback", "crm").output
    assert [said(*words).exit_code for words in (("rollback", "crm"), ("show", "crm"), ("promote", "crm", "7"))] == [
        2
    ] * 3
    assert "in use now" in said("promote", "crm", "1").output
    (version_of(learned).folder / "heads.safetensors").write_bytes(b"")
    refused = said("promote", "crm", "1")
    assert refused.exit_code == 2
    assert "damaged" in refused.output


def test_too_few_runs_at_the_command_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    services = opened(settings)
    know(services, runs()[:3])
    services.close()
    ran = lamp(settings, monkeypatch, "train", "app", "crm")
    assert ran.exit_code == 2
    assert "17 more" in ran.output
