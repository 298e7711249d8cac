"""An app's own adapter: learned from its verified runs, promoted if it does better, used for its tasks, taken back."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from api_world import BagEmbedder
from app_toy import ACTIONS, PEOPLE, SPECS, know, runs, tiny_adapter
from typer.testing import CliRunner, Result

import api.app_training
import api.wiring
import models.general
from api import cli
from api.app_lessons import Lived, lived, material, split
from api.app_training import Plan, train_app
from api.commands import train
from api.commands import train_app as train_app_command
from api.logs import configure
from api.settings import Settings
from api.wiring import Services
from knowledge.errors import NotFound, TooFew
from knowledge.types import Context, Hit, Outcome
from models.lam import Situation
from models.per_app import PerAppLAM
from models.pointer import PointerLAM
from models.train import Progress

QUICK = Plan(layers=2, epochs=6, rate=1e-2)
AS_IT_WAS = Plan(layers=1, epochs=0.3, rate=0.0)


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_adapter(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    few = models.general.sample()[:6]
    monkeypatch.setattr(models.general, "sample", lambda: few)
    monkeypatch.setattr(api.app_training, "CHECKPOINT_EVERY_S", 0.0)


@pytest.fixture
def settings(tmp_path: Path, untrained: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", adapter=untrained)


def opened(settings: Settings) -> Services:
    return Services(settings, embedder=BagEmbedder())


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    made = opened(settings)
    know(made, runs())
    yield made
    made.close()


@pytest.fixture
def lamp(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`lamp` on the same data."""
    monkeypatch.setattr(api.wiring, "build", lambda found: Services(found, embedder=BagEmbedder()))
    before = ["--data-dir", str(settings.data_dir), "--adapter", str(settings.adapter)]
    return lambda *words: CliRunner().invoke(_app(), [*before, *words])


def _app() -> typer.Typer:
    """`lamp` with `lamp train app`, also where `lamp train` is no group yet."""
    if hasattr(train, "app"):
        return cli.app
    made, group = typer.Typer(cls=cli._Group, pretty_exceptions_enable=False), typer.Typer()
    made.callback()(cli.main_options)
    group.command("app")(train_app_command.command)
    group.callback()(lambda: None)
    made.add_typer(group, name="train")
    return made


def quiet(*_: object) -> None:
    pass


def trained(services: Services, plan: Plan = QUICK) -> api.app_training.Trained:
    return train_app(services, "crm", plan, tell=quiet)


def situation(services: Services, text: str) -> Situation:
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
        trained(services)
    assert "20" in caught.value.message
    services.close()


def test_runs_in_one_wording_are_too_few(settings: Settings) -> None:
    services = opened(settings)
    know(services, [replace(r, task=replace(r.task, text="Close the account of Ann Lee.")) for r in runs()[:25]])
    with pytest.raises(TooFew, match="wordings"):
        trained(services)
    services.close()


def test_an_app_that_is_not_known_is_told(services: Services) -> None:
    with pytest.raises(NotFound, match="mail"):
        train_app(services, "mail", QUICK, tell=quiet)


# ---- trained, compared, promoted


def test_what_does_better_is_taken_into_use_and_says_why(services: Services) -> None:
    made = trained(services)
    assert made.contest.wins
    assert made.version.in_use
    card = made.version.card
    assert (card["app"], card["training"]["runs"], card["training"]["started_from"]) == (
        "crm",
        made.material.runs,
        "the general adapter",
    )
    assert card["contest"]["held-out steps"]["after"] > card["contest"]["held-out steps"]["before"]
    assert card["data"][-1] == {**card["data"][-1], "name": "verified runs of crm", "examples": 3 * made.material.runs}
    assert "held-out steps" in (made.version.folder / "README.md").read_text()
    assert not any((made.version.folder.parent / "training").iterdir())


def test_what_does_not_do_better_is_kept_but_not_used(services: Services) -> None:
    made = trained(services, AS_IT_WAS)
    assert not made.contest.wins
    assert not made.version.in_use
    assert "wins nothing" in made.contest.why
    assert services.app_adapters.registry("default").in_use("crm") is None


def test_the_next_version_starts_from_the_one_in_use(services: Services) -> None:
    first, second = trained(services), trained(services, AS_IT_WAS)
    assert str(second.before) == "version 1"
    assert second.version.number == 2
    assert second.contest.whole.before == first.contest.whole.after
    assert services.app_adapters.registry("default").in_use("crm") == first.version


def test_a_killed_training_goes_on(services: Services) -> None:
    heard: list[int] = []

    class Killed(Exception):
        pass

    def listen(progress: Progress) -> None:
        heard.append(progress.step)
        if len(heard) == 3:
            raise Killed

    with pytest.raises(Killed):
        train_app(services, "crm", QUICK, tell=quiet, listen=listen)
    assert services.app_adapters.registry("default").versions("crm") == []
    made = train_app(services, "crm", QUICK, tell=quiet, listen=listen)
    assert heard[:4] == [1, 2, 3, 4]
    assert made.version.number == 1


# ---- used


def test_the_apps_tasks_are_its_own_adapters_and_rolling_back_takes_them_away(services: Services) -> None:
    at = situation(services, "Close the account of Ann Lee.")
    general = PointerLAM.load(services.settings.adapter).choose(at)
    assert services.runner().lam is services.lam
    version = trained(services).version
    own = PointerLAM.load(version.folder).choose(at)
    lam = services.runner().lam
    assert isinstance(lam, PerAppLAM)
    assert lam.choose(at) == own != general
    other = replace(
        at, context=Context(actions=tuple(replace(h, item=replace(h.item, app="x")) for h in at.context.actions))
    )
    assert lam.choose(other).ranked[0].probability == general.ranked[0].probability
    services.app_adapters.registry("default").roll_back("crm")
    assert services.runner().lam is services.lam
    assert lam.choose(at) == own  # a run under way keeps what it began with


def test_another_tenant_does_not_see_it(services: Services) -> None:
    trained(services)
    know(services, [], tenant="south")
    assert services.runner("south").lam is services.lam


def test_a_model_from_elsewhere_is_not_replaced(settings: Settings, services: Services) -> None:
    trained(services)
    elsewhere = Services(settings, lam=services.lam, embedder=BagEmbedder())
    assert elsewhere.runner().lam is services.lam
    elsewhere.close()


@pytest.mark.parametrize("damage", ["heads", "pointer"])
def test_an_adapter_that_cannot_be_loaded_is_done_without_and_told(
    services: Services, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    configure("warning")
    folder = trained(services).version.folder
    path = folder / "heads.safetensors" if damage == "heads" else folder.parent / "promoted.json"
    path.write_bytes(path.read_bytes()[:10])
    at = situation(services, "Close the account of Ann Lee.")
    assert services.runner().lam.choose(at) == services.lam.choose(at)
    told = capsys.readouterr().err
    assert "crm" in told
    assert "general one" in told
    assert "lamp adapters" in told


# ---- said at the command line


def test_training_at_the_command_line_ends_with_one_json_line(services: Services, lamp: Callable[..., Result]) -> None:
    ran = lamp("train", "app", "crm", "--layers", "2", "--epochs", "6", "--rate", "1e-2", "--json")
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.output.strip().splitlines()[-1])
    assert (told["app"], told["version"], told["promoted"]) == ("crm", 1, True)
    assert told["held-out steps"]["after"] > told["held-out steps"]["before"]
    assert told["runs"] + told["runs_held_out"] == 50


def test_the_registry_at_the_command_line(services: Services, settings: Settings) -> None:
    version = trained(services).version
    before = ["--data-dir", str(settings.data_dir), "adapters"]

    def lamp(*words: str) -> Result:
        return CliRunner().invoke(cli.app, [*before, *words])

    assert "crm" in lamp("list").output
    shown = json.loads(lamp("show", "crm").output)
    assert (shown["version"], shown["in_use"], shown["app"]) == (1, True, "crm")
    assert "the general adapter" in lamp("rollback", "crm").output
    assert lamp("rollback", "crm").exit_code == 2
    assert lamp("show", "crm").exit_code == 2
    assert "in use now" in lamp("promote", "crm", "1").output
    assert lamp("promote", "crm", "7").exit_code == 2
    (version.folder / "heads.safetensors").write_bytes(b"")
    refused = lamp("promote", "crm", "1")
    assert refused.exit_code == 2
    assert "damaged" in refused.output


def test_too_few_runs_at_the_command_line(settings: Settings, lamp: Callable[..., Result]) -> None:
    services = opened(settings)
    know(services, runs()[:3])
    services.close()
    ran = lamp("train", "app", "crm")
    assert ran.exit_code == 2
    assert "17 more" in ran.output
