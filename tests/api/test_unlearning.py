"""Whoever is forgotten is forgotten by the adapters too: those that learned from runs about them go as a whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_world import BagEmbedder
from app_toy import know, runs, tiny_adapter
from typer.testing import CliRunner

from api.cli import app
from api.forgetting import forget
from api.settings import Settings
from api.unlearning import LEARNED
from api.wiring import Services
from knowledge.names import Names
from models import adapter
from models.fit import SET_ASIDE
from models.registry import Registry

ANN, BOB = "Ann Lee", "Bob Stone"
HERS = Names([ANN])


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_adapter(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def services(tmp_path: Path, untrained: Path) -> Iterator[Services]:
    """Of an app that ran fifty times, ten times for each of five people."""
    made = Services(Settings(data_dir=tmp_path / "data", adapter=untrained), embedder=BagEmbedder())
    know(made, runs())
    yield made
    made.close()


@pytest.fixture
def registry(services: Services) -> Registry:
    return services.app_adapters.registry("default")


def about(services: Services, name: str) -> list[str]:
    return [each.id for each in services.record.memory.list("default") if name in each.task.text]


def taught(registry: Registry, untrained: Path, learned: list[str] | None) -> int:
    """A version that says what it learned from, and is in use."""

    def write(folder: Path) -> None:
        training = {} if learned is None else {LEARNED: learned}
        for each in untrained.iterdir():
            (folder / each.name).write_bytes(each.read_bytes())
        adapter.write_card(folder, {**adapter.read_card(untrained), "training": training})

    number = registry.add("crm", write).number
    registry.promote("crm", number)
    return number


def test_an_adapter_that_learned_from_her_runs_goes_and_the_one_before_is_in_use(
    services: Services, registry: Registry, untrained: Path
) -> None:
    kept = taught(registry, untrained, about(services, BOB))
    gone = taught(registry, untrained, [*about(services, BOB), about(services, ANN)[0]])
    folder = registry.version("crm", gone).folder
    services.app_adapters.lam("default")
    done = forget(services, HERS, tenant="default")
    assert done.proved
    assert done.adapters == (f"crm version {gone}",)
    assert done.left["adapters"] == 0
    assert not folder.exists()
    assert [(each.number, each.in_use) for each in registry.versions("crm")] == [(kept, True)]


def test_one_that_does_not_say_what_it_learned_from_goes_too(
    services: Services, registry: Registry, untrained: Path
) -> None:
    taught(registry, untrained, None)
    (damaged,) = [registry.version("crm", taught(registry, untrained, [])).folder]
    (damaged / "card.json").write_text("{")
    assert forget(services, HERS, tenant="default").adapters == ("crm version 1", "crm version 2")
    assert registry.versions("crm") == []
    assert registry.in_use("crm") is None


def test_others_stay_and_so_do_those_of_other_tenants(services: Services, registry: Registry, untrained: Path) -> None:
    taught(registry, untrained, about(services, BOB))
    south = services.app_adapters.registry("south")
    taught(south, untrained, about(services, ANN))  # the same ids, which mean nothing there
    assert forget(services, HERS, tenant="default").adapters == ()
    assert (len(registry.versions("crm")), len(south.versions("crm"))) == (1, 1)


def test_nobody_found_drops_nothing(services: Services, registry: Registry, untrained: Path) -> None:
    taught(registry, untrained, None)
    done = forget(services, Names(["Nobody Known"]), tenant="default")
    assert done.proved
    assert len(registry.versions("crm")) == 1


def test_a_training_that_did_not_end_is_thrown_away(services: Services, registry: Registry) -> None:
    checkpoint = registry.work("crm") / "upper-3" / "checkpoint.pt"
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(b"half of it")
    before = checkpoint.with_name(SET_ASIDE)
    before.write_bytes(b"half of another")
    assert forget(services, HERS, tenant="default").proved
    assert not checkpoint.exists()
    assert not before.exists()


def test_a_version_that_gets_the_number_of_one_that_went_is_loaded_anew(
    services: Services, registry: Registry, untrained: Path
) -> None:
    taught(registry, untrained, about(services, ANN))
    services.app_adapters.warm("default")
    (before,) = services.app_adapters._loaded.values()
    forget(services, HERS, tenant="default")
    assert taught(registry, untrained, about(services, BOB)) == 1
    services.app_adapters.warm("default")
    (after,) = services.app_adapters._loaded.values()
    assert after is not before


def test_the_command_says_which(services: Services, registry: Registry, untrained: Path) -> None:
    taught(registry, untrained, about(services, ANN))
    services.close()
    words = ["--data-dir", str(services.settings.data_dir), "forget", ANN]
    dry = CliRunner().invoke(app, [*words, "--dry-run"])
    assert "Adapters that learned from these runs would go" in dry.output
    assert "crm version 1" in dry.output
    assert len(registry.versions("crm")) == 1
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "Adapters that learned from these runs are gone" in done.output
    assert registry.versions("crm") == []
