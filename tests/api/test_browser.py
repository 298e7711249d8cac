"""The page under /ui in a real browser: send a request, watch the steps, approve, deny, answer."""

import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from lamp_process import lamp
from playwright.sync_api import Browser, Page, expect, sync_playwright

from knowledge.keys import mint
from knowledge.record import Record

pytestmark = pytest.mark.browser
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
def page(browser: Browser, url: str) -> Iterator[Page]:
    """A fresh page; what goes wrong in it fails the test."""
    wrong: list[str] = []
    opened = browser.new_page(viewport={"width": 1280, "height": 860})
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
    reply = page.get_by_placeholder("Your answer")
    reply.fill((date.today() + timedelta(days=20)).isoformat())
    reply.press("Enter")
    see(page, "your answer")
    see(page, "Done and verified")


def test_each_argument_shows_its_source(page: Page) -> None:
    send(page, "Unlock the account of Amara Nyberg.")
    see(page, "result of step 1, accounts.0.username")
    page.get_by_text(re.compile("^Found")).click()
    see(page, re.compile("helpdesk.unlock_account: Unlock a locked account"))


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


@pytest.mark.xfail(strict=False, reason="since runs are workflows the step's name is not visible on a narrow page")
def test_it_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    send(page, "Unlock the account of Amara Nyberg.")
    see(page, "helpdesk.unlock_account")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


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


@pytest.mark.xfail(strict=False, reason="the button does not open the undoing yet")
def test_a_run_is_undone_at_a_click(page: Page) -> None:
    send(page, "Give Amara Nyberg VPN access.")
    reply = page.get_by_placeholder("Your answer")
    reply.fill((date.today() + timedelta(days=21)).isoformat())
    reply.press("Enter")
    see(page, "Done and verified")
    page.get_by_role("button", name="Undo").click()
    see(page, re.compile("I would: 1. "))
    page.get_by_role("button", name="Go ahead").click()
    see(page, "Undone; read back from the application.")
