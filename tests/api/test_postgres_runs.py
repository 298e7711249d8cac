"""Record and workflows on PostgreSQL: a run outlives the process there, too."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_world import NAME, SCRIPTS, USERNAME, BagEmbedder, Desk, LamByRequest, wait_for, wait_until_asked

from api.apps import Access, add_app
from api.forgetting import forget
from api.sessions import Sessions, new_task
from api.settings import Settings
from api.wiring import Services, build
from knowledge.names import Names
from tests.postgres import postgres

WIPE = "Wipe the lost device NH-20463."


@pytest.fixture
def there(tmp_path: Path, desk: Desk) -> Iterator[Services]:
    with postgres() as url:
        settings = Settings(data_dir=tmp_path / "data", database_url=url, worker="here", requester="npetrov")
        services = build(settings, lam=LamByRequest(SCRIPTS), embedder=BagEmbedder())
        services.secrets.lend(desk.server.token)
        access = Access(base_url=desk.server.url, secret_name="helpdesk", on_behalf_of_header="X-On-Behalf-Of")
        add_app(services, f"{desk.server.url}/openapi.json", app="helpdesk", access=access)
        yield services
        services.close()


def test_a_run_that_waits_is_taken_up_by_the_next_process(there: Services, desk: Desk) -> None:
    assert there.settings.workflows == there.settings.database_url
    with Sessions(there) as first:
        live = first.start(new_task(there, WIPE))
        asked = wait_until_asked(live)
    with Sessions(there) as second:
        again = wait_for(lambda: second.live(live.run_id))
        wait_until_asked(again)
        again.decide(approved=True, call_hash=asked.call_hash)
        assert again.finished.wait(60)
    outcome = there.record.runs.get(live.run_id).outcome
    assert outcome
    assert outcome.status == "verified"
    assert desk.writes() == 1


def test_a_person_is_forgotten_there_too(there: Services) -> None:
    with Sessions(there) as sessions:
        live = sessions.start(new_task(there, f"Unlock the account of {NAME}."))
        assert live.finished.wait(60)
    done = forget(there, Names([USERNAME, NAME]), tenant="default")
    assert done.found.count > 0
    assert done.proved
    assert there.record.runs.list(9) == []
    assert there.record.memory.list("default") == []
