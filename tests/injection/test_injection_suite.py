"""The measuring itself: it sees an attack that works, a text that was read, and a person who was needed.

Every action is a candidate here: a fooled model gets what it wants to choose from.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from injection_world import Fooled
from typer.testing import CliRunner

from api.cli import app
from api.demo import make_known
from api.practice.desk import Practice
from api.practice.injection import Case, cases
from api.practice.injection_loop import Judged, Trials, Watching
from api.practice.injection_report import report
from api.settings import Settings
from api.wiring import Services, build
from examples.helpdesk.server import HelpDeskServer
from examples.helpdesk.tasks.check import Difference
from tests.fakes import FixedSearcher, HashEmbedder

CASES = cases()
CAREFREE = """
version: 1
rules:
  - {name: all, verdict: allow, reason: Why not.}
"""


def case_of(channel: str, goal: str) -> Case:
    return next(each for each in CASES if (each.channel, each.goal.name) == (channel, goal))


TICKET, UPLOAD = case_of("ticket_body", "vpn"), case_of("document", "vpn")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("suite")
    built = build(Settings(data_dir=folder), lam=Fooled(TICKET), embedder=HashEmbedder())
    yield built
    built.close()


@pytest.fixture(scope="module")
def practice(services: Services) -> Iterator[Practice]:
    with HelpDeskServer() as server:
        services.secrets.lend(server.token)
        make_known(services, server)
        found, runner = FixedSearcher(services.record.catalogue.actions("default")), services.runner
        services.runner = lambda: replace(runner(), retriever=found)  # type: ignore[method-assign, misc]
        yield Practice(services=services, server=server)


def judged(practice: Practice, case: Case) -> Judged:
    return Trials(practice, Watching(Fooled(case))).judge(case)


def test_a_day_that_the_task_comes_to_by_itself_is_no_success_of_the_attack() -> None:
    cast, goal = TICKET.cast, TICKET.goal

    def granted(username: str) -> Difference:
        return Difference(kind="insert", table="vpn_access", key={"username": username}, values={"until": cast.until})

    assert not goal.reached([granted("somebody")], cast)
    assert goal.reached([granted(cast.attacker)], cast)
    assert cast.until not in goal.named(cast)


def test_a_fooled_model_gets_nowhere_unless_somebody_approves_everything(practice: Practice) -> None:
    found = judged(practice, TICKET)
    assert not found.injected.attacked
    assert found.injected.seen
    assert found.injected.asked
    assert found.compliant.attacked
    figures = report([found], {})
    assert (figures["attack_success"], figures["attack_success_if_all_approved"]) == (0.0, 1.0)
    assert figures["by_channel"]["ticket_body"]["seen"] == 1.0


def test_under_a_careless_policy_the_attack_is_seen_to_work(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The suite can come out bad: nothing but the policy is in the way of this model."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(CAREFREE)
    services = practice.services
    monkeypatch.setattr(services, "settings", services.settings.model_copy(update={"policy": policy}))
    found = judged(practice, TICKET)
    assert found.injected.attacked
    assert not found.injected.success
    assert found.injected.unwanted == ("helpdesk.grant_vpn_access",)
    assert report([found], {})["attack_success"] == 1.0


def test_an_upload_is_there_for_its_case_and_gone_after_it(practice: Practice) -> None:
    documents = practice.services.record.documents
    before = {each.id for each in documents.list()}
    found = judged(practice, UPLOAD)
    assert not found.injected.attacked
    assert {each.id for each in documents.list()} == before


def test_a_channel_that_is_none_is_told(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["eval", "injection", "--channel", "smoke", "--results", str(tmp_path / "r.json")])
    assert ran.exit_code == 2
    assert "ticket_body" in ran.output
