"""The page under /ui in a real browser: send a request, watch the steps, approve, deny, answer."""

import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from lamp_process import lamp
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from knowledge.keys import mint
from knowledge.record import Record

pytestmark = pytest.mark.browser
DESK: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 800}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
QUIETLY = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("There is no Chromium on this machine: apt-get install chromium.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        yield started
        started.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    with lamp("run", "--port", "0", "--helpdesk-port", "0", data_dir=tmp_path_factory.mktemp("data")) as process:
        yield process.url()


@pytest.fixture
def page(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh page; what goes wrong in it fails the test. On a desk, or as large as the test's parameter says."""
    wrong: list[str] = []
    opened = browser.new_page(viewport=getattr(request, "param", DESK))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("requestfailed", lambda request: wrong.append(request.url))
    opened.goto(f"{url}/ui/")
    expect(opened.get_by_text("Every step shows where")).to_be_visible(timeout=20_000)
    yield opened
    opened.close()
    assert not [each for each in wrong if "socket.io" not in each]


def send(page: Page, text: str) -> None:
    box = page.locator("textarea").first
    box.fill(text)
    box.press("Enter")


def give_vpn_until(page: Page, *, days: int) -> None:
    """Answers what the request for VPN access leaves open, and sees it done."""
    reply = page.get_by_placeholder("Your answer")
    reply.fill((date.today() + timedelta(days=days)).isoformat())
    reply.press("Enter")
    see(page, "Done and verified")


def see(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_text(text).last).to_be_visible(timeout=20_000)


def test_a_request_is_sent_and_approved(page: Page) -> None:
    send(page, "Wipe the lost device NH-20463.")
    see(page, "It cannot be undone.")
    see(page, "your request")
    page.get_by_role("button", name="Approve").click()
    see(page, "Done and verified")
    see(page, re.compile("status: wiped"))
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def test_what_is_denied_is_not_done(page: Page) -> None:
    send(page, "Wipe the lost device NH-20463.")
    page.get_by_role("button", name="Deny").click(timeout=20_000)
    see(page, "Cancelled")


def test_a_question_is_answered(page: Page) -> None:
    send(page, "Give Amara Nyberg VPN access.")
    see(page, re.compile("What should it be"))
    give_vpn_until(page, days=20)
    see(page, "your answer")


def test_each_argument_shows_its_source(page: Page) -> None:
    send(page, "Unlock the account of Amara Nyberg.")
    see(page, "result of step 1, accounts.0.username")
    page.get_by_text(re.compile("^Found")).click()
    see(page, re.compile("helpdesk.unlock_account: Unlock a locked account"))


def test_what_was_opened_stays_open_while_steps_come(page: Page) -> None:
    send(page, "Give Amara Nyberg VPN access.")
    see(page, re.compile("What should it be"))
    page.get_by_text(re.compile("^Found")).click()
    listed = re.compile("^helpdesk.grant_vpn_access: ")
    see(page, listed)
    give_vpn_until(page, days=24)
    expect(page.get_by_text(listed)).to_be_visible()


def test_text_of_others_is_never_html(page: Page) -> None:
    send(page, "<img src=x onerror=alert(1)> Password <b>please</b>")
    see(page, "<img src=x onerror=alert(1)> Password <b>please</b>")
    see(page, "Refused")
    assert page.locator("img[src=x]").count() == 0


def test_a_run_stays_at_its_address(page: Page, url: str) -> None:
    send(page, "Tell me the Password of Amara Nyberg.")
    see(page, "Refused")
    page.locator(".ll-recent").first.click()
    expect(page).to_have_url(re.compile(f"^{url}/ui/runs/[0-9a-f]+$"))
    see(page, "Refused")
    page.goto(f"{url}/ui/runs/nope")
    see(page, "There is no run nope.")


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_it_fits_a_phone(page: Page) -> None:
    for text in ("What should be done?", "Aiko Dahl"):
        see(page, text)
    send(page, "Give Amara Nyberg VPN access.")
    give_vpn_until(page, days=22)
    for action in ("helpdesk.search_accounts", "helpdesk.grant_vpn_access"):
        expect(page.get_by_text(action, exact=True)).to_be_visible()
    see(page, "result of step 1, accounts.0.username")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Recent runs").click()
    expect(page.locator(".ll-recent").first).to_be_in_viewport()


def test_a_run_is_undone_at_a_click(page: Page) -> None:
    send(page, "Give Amara Nyberg VPN access.")
    give_vpn_until(page, days=21)
    page.get_by_role("button", name="Undo").click()
    see(page, re.compile("I would: 1. "))
    page.get_by_role("button", name="Go ahead").click()
    see(page, "Undone; read back from the application.")
    see(page, re.compile("Undone by run [0-9a-f]+-undo1"))
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_what_cannot_be_done_is_said(page: Page, url: str) -> None:
    """Another page has answered meanwhile, or somebody else has undone the run."""
    send(page, "Give Amara Nyberg VPN access.")
    give_vpn_until(page, days=23)
    page.locator(".ll-recent").first.click()
    expect(page).to_have_url(re.compile("/ui/runs/"))
    run_id = page.url.rsplit("/", 1)[1]
    page.get_by_role("button", name="Undo").wait_for()
    with httpx.Client(base_url=url, trust_env=False, timeout=20.0) as client:
        plan = client.get(f"/v1/runs/{run_id}/undo").raise_for_status().json()
        client.post(f"/v1/runs/{run_id}/undo", json={"plan_hash": plan["plan_hash"]}).raise_for_status()
    page.get_by_role("button", name="Undo").click()
    see(page, re.compile(f"Run {run_id} is (being undone|undone already)"))


def test_the_log_of_the_page_is_clean(page: Page, tmp_path: Path) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text) if message.type == "error" else None)
    page.reload()
    see(page, "Every step shows where")
    assert messages == []


# ---- with keys


def test_a_key_signs_in_and_out_and_is_over_when_revoked(browser: Browser, tmp_path: Path) -> None:
    made = [mint(tenant="default", name="a", role="requester", requester="ada") for _ in range(2)]
    with Record.open(f"sqlite:///{tmp_path / 'lamplighter.db'}") as record:
        for each in made:
            record.keys.add(each.key)
        with lamp("serve", "--port", "0", data_dir=tmp_path) as process:
            url, page = process.url(), browser.new_page()
            page.goto(f"{url}/ui/")
            expect(page).to_have_url(re.compile(f"^{url}/signin"))
            for said, seen in (
                ("lamp_not_one", "unknown, expired or revoked"),
                (made[0].said, "Every step shows where"),
            ):
                page.get_by_label("Your key").fill(said)
                page.get_by_role("button", name="Sign in").click()
                expect(page.get_by_text(seen)).to_be_visible(timeout=20_000)
            expect(page.get_by_label("Signed in as")).to_be_disabled()
            expect(page.get_by_label("Signed in as")).to_have_value("ada")
            page.get_by_role("button", name="Sign out").click()
            expect(page).to_have_url(f"{url}/signin")
            page.get_by_label("Your key").fill(made[1].said)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_text("Every step shows where")).to_be_visible(timeout=20_000)
            record.keys.revoke(made[1].key.id)
            expect(page).to_have_url(f"{url}/signin", timeout=30_000)
            page.close()
