"""The telecom expert decides by what the tools answered; the environment that judges it is not installed here."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"
TICKET = "The user cannot send MMS messages. phone number: 555-123-2002, current location: abroad in France."
FINE = """Airplane Mode: OFF
SIM Card Status: active
Cellular Connection: connected
Cellular Network Type: 5G
Mobile Data Enabled: Yes
Data Roaming Enabled: Yes"""
LINE = {"line_id": "L1002", "phone_number": "555-123-2002", "status": "Active", "roaming_enabled": True}
USAGE = {"data_used_gb": "8.7", "data_limit_gb": "15.0", "data_refueling_gb": "0.0"}


@pytest.fixture
def experts(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCH))
    import telecom_experts

    return telecom_experts


def decided(experts: Any, *calls: tuple[str, str], kind: str = "mms_issue") -> str:
    """The name of the expert's next call after these, each with what it answered."""
    expert = experts.Expert(kind=kind, ticket=TICKET)
    for name, answer in calls:
        given = {"id": "L1002"} if name == "get_details_by_id" else {}
        expert.calls.append((name, given, answer))
    return str(expert.decide()[0])


def test_it_begins_and_ends_with_what_the_ticket_is_about(experts: Any) -> None:
    assert decided(experts) == "can_send_mms"
    assert decided(experts, ("can_send_mms", "Your messaging app can send MMS messages.")) == "done"


@pytest.mark.parametrize(
    ("line", "repair"),
    [
        ("Airplane Mode: ON", "toggle_airplane_mode"),
        ("SIM Card Status: missing", "reseat_sim_card"),
        ("SIM Card Status: locked_pin", "transfer_to_human_agents"),
        ("Mobile Data Enabled: No", "toggle_data"),
        ("Data Roaming Enabled: No", "toggle_roaming"),
        ("Cellular Network Type: 2G", "set_network_mode_preference"),
    ],
)
def test_it_mends_what_a_check_shows_and_checks_again(experts: Any, line: str, repair: str) -> None:
    key = line.split(":")[0]
    shown = "\n".join(line if each.startswith(key) else each for each in FINE.splitlines())
    before = (("can_send_mms", "cannot send"), ("check_network_status", shown))
    assert decided(experts, *before) == repair
    if repair != "transfer_to_human_agents":
        assert decided(experts, *before, (repair, "done")) == "check_network_status"


def test_it_reads_the_line_before_it_refuels_and_asks_the_app_last(experts: Any) -> None:
    customer = json.dumps({"customer_id": "C1001", "line_ids": ["L1002"]})
    known = (("can_send_mms", "cannot send"), ("check_network_status", FINE), ("get_customer_by_phone", customer))
    assert decided(experts, *known) == "get_details_by_id"
    read = (*known, ("get_details_by_id", json.dumps(LINE)))
    assert decided(experts, *read) == "get_data_usage"
    spent = json.dumps({**USAGE, "data_used_gb": "15.1"})
    assert decided(experts, *read, ("get_data_usage", spent)) == "refuel_data"
    assert decided(experts, *read, ("get_data_usage", json.dumps(USAGE))) == "check_wifi_calling_status"
    calling = (*read, ("get_data_usage", json.dumps(USAGE)), ("check_wifi_calling_status", "is turned ON."))
    assert decided(experts, *calling) == "toggle_wifi_calling"


def test_a_detour_uses_only_what_is_known_already(experts: Any) -> None:
    import random

    rng, expert = random.Random(0), experts.Expert(kind="mms_issue", ticket=TICKET)
    early = {name for name, _ in (expert.astray(rng) for _ in range(300))}
    assert "get_customer_by_phone" in early
    assert not early & {"get_details_by_id", "get_data_usage", "refuel_data"}
    customer = {"customer_id": "C1", "line_ids": ["L1002"]}
    expert.calls.append(("get_customer_by_phone", {}, json.dumps(customer)))
    expert.calls.append(("get_details_by_id", {"id": "L1002"}, json.dumps(LINE)))
    late = [expert.astray(rng) for _ in range(300)]
    assert ("refuel_data", {"customer_id": "C1", "line_id": "L1002", "gb_amount": 2.0}) in late


def test_a_switch_turned_wrongly_is_looked_at_again(experts: Any) -> None:
    before = (("can_send_mms", "cannot send"), ("toggle_wifi_calling", "Wi-Fi Calling is now ON."))
    assert decided(experts, *before) == "check_wifi_calling_status"


class World:
    """Stands in for the benchmark's environment: `accepted` are the tasks it says were solved."""

    tools: tuple[Any, ...] = ()

    def __init__(self, accepted: tuple[str, ...] = ()) -> None:
        self.accepted = accepted

    def system(self, task: Any) -> str:
        return f"Ticket of {task.id}"

    def begin(self, task: Any) -> "Episode":
        return Episode(self, task)


class Episode:
    def __init__(self, worlds: World, task: Any) -> None:
        self.worlds, self.task, self.made = worlds, task, list[str]()

    @property
    def over(self) -> bool:
        return "done" in self.made

    def calls(self, wanted: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
        self.made += [name for _, name, _ in wanted]
        return [f"answer to {id}" for id, _, _ in wanted]

    def call(self, name: str, **arguments: Any) -> str:
        return self.calls([("c", name, arguments)])[0]

    def solved(self) -> bool:
        return self.task.id in self.worlds.accepted


def test_only_runs_that_the_environment_accepts_are_kept(
    experts: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = [SimpleNamespace(id=f"[mms_issue]fault{n}", ticket=TICKET) for n in range(3)]
    monkeypatch.setattr(experts, "tasks", lambda _: many)
    monkeypatch.setattr(experts, "Worlds", lambda: World(accepted=(many[1].id,)))
    monkeypatch.setattr(experts, "run", lambda episode, **_: [{"name": episode.task.id}])
    monkeypatch.setattr("sys.argv", ["x", "tasks.json", str(tmp_path / "out.jsonl"), "--every-kind", "0"])
    experts.main()
    kept = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [run["id"] for run in kept] == [f"{many[1].id}#0.1", f"{many[1].id}#0.2"]
    assert kept[0]["messages"][0] == {"role": "system", "content": f"Ticket of {many[1].id}"}
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["tasks"], told["solved"], told["runs"], told["kept"]) == (3, 1, 6, 2)


def test_detours_stay_in_the_story_and_weigh_nothing(experts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import random

    class Works(Episode):
        def call(self, name: str, **arguments: Any) -> str:
            super().call(name, **arguments)
            return "Your messaging app can send MMS messages."

    episode = Works(World(), SimpleNamespace(id="[mms_issue]x", ticket=TICKET))
    monkeypatch.setattr(experts.Expert, "astray", lambda *_: ("reboot_device", {}))
    monkeypatch.setattr(random.Random, "random", lambda _: 0.05 if not episode.made else 0.5)
    said = experts.run(episode, detours=0.1, rng=random.Random(0))
    calls = [(m["tool_calls"][0]["function"]["name"], m.get("weight")) for m in said if m["role"] == "assistant"]
    assert calls == [("reboot_device", 0), ("can_send_mms", None), ("done", None)]
    assert [each["role"] for each in said] == ["assistant", "tool", "assistant", "tool", "assistant"]


def test_a_ticket_is_worked_on_call_by_call_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    import telecom

    seen: list[list[dict[str, Any]]] = []

    class Scripted:
        def turn(self, messages: list[dict[str, Any]], tools: Any, **more: Any) -> dict[str, Any]:
            assert more == {"tool_choice": "required", "parallel_tool_calls": False}
            seen.append(list(messages))
            name = ("check_network_status", "toggle_data", "done")[len(seen) - 1]
            call = {"id": f"call_{len(seen)}", "function": {"name": name, "arguments": "{}"}}
            return {"role": "assistant", "content": None, "tool_calls": [call]}

    episode = World().begin(SimpleNamespace(id="one", ticket=TICKET))
    messages = telecom.run(episode, Scripted())
    assert episode.made == ["check_network_status", "toggle_data", "done"]
    assert [len(each) for each in seen] == [1, 3, 5]
    assert messages[0] == {"role": "system", "content": "Ticket of one"}
    assert messages[2] == {"role": "tool", "tool_call_id": "call_1", "content": "answer to call_1"}


def test_a_reply_without_a_call_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    import telecom

    class Silent:
        def turn(self, *_: Any, **__: Any) -> dict[str, Any]:
            return {"role": "assistant", "content": "Nothing to do."}

    episode = World().begin(SimpleNamespace(id="one", ticket=TICKET))
    assert len(telecom.run(episode, Silent())) == 2
    assert episode.made == []


# ---- WorkBench


def test_gold_calls_and_docstrings_of_workbench_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    import workbench

    def search_emails(query: str = "", date_min: str | None = None) -> str:
        """
        Searches for emails.

        Parameters
        ----------
        query : str, optional
            Search query.
        date_min : str, optional
            Lower limit. Format: "YYYY-MM-DD"

        Returns
        -------
        emails : list
            Emails.
        """
        return query + str(date_min)

    assert workbench._call('email.delete_email.func(email_id="00000479")') == (
        "email.delete_email",
        {"email_id": "00000479"},
    )
    function = workbench.definition("email.search_emails", search_emails)["function"]
    assert function["description"] == "Searches for emails."
    assert function["parameters"]["required"] == []
    assert function["parameters"]["properties"] == {
        "query": {"type": "string", "description": "Search query."},
        "date_min": {"type": "string", "format": "date", "description": 'Lower limit. Format: "YYYY-MM-DD"'},
    }


def test_shares_have_wilson_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from chat_seam import share, wilson

    assert (share(8, 74), wilson(8, 74)) == (0.1081, (0.0558, 0.1991))
    assert wilson(0, 0) == (0.0, 1.0)


# ---- what both print, and what a turn that fails costs


def test_the_reports_have_the_named_figures_with_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    import telecom
    import workbench

    made = telecom.report([True, False, True, True], [True, True], [False, True, False, False])
    assert (made["success"], made["success_fix_tasks"], made["escalate_always"]) == (0.75, 1.0, 0.25)
    assert (made["n"], made["n_fix_tasks"]) == (4, 2)
    assert made["intervals"]["success_fix_tasks"] == (0.3424, 1.0)
    other = workbench.report([True, False], [False, True], [False, False])
    assert (other["success"], other["side_effects"], other["do_nothing"]) == (0.5, 0.5, 0.0)
    assert set(other["intervals"]) == {"success", "side_effects", "do_nothing"}


@pytest.fixture
def seam(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A seam to a service of which the answers are scripted."""
    import httpx

    monkeypatch.syspath_prepend(str(BENCH))
    import chat_seam

    def answering(*answers: httpx.Response) -> Any:
        coming = iter(answers)
        monkeypatch.setattr(httpx, "post", lambda *_, **__: next(coming))
        monkeypatch.setattr(chat_seam.time, "sleep", lambda _: None)
        return chat_seam.Seam("http://127.0.0.1:1")

    return answering


def test_a_turn_that_the_service_cannot_answer_costs_one_task_only(seam: Any) -> None:
    import httpx

    said = {"choices": [{"message": {"role": "assistant", "content": "Done."}}]}
    good = httpx.Response(200, json=said)
    asked = seam(httpx.Response(429, headers={"Retry-After": "2"}), good, httpx.Response(400, text="too long"), good)
    assert asked.turn([], [])["content"] == "Done."
    assert asked.turn([], []) == {"role": "assistant", "content": None}
    assert asked.turn([], [])["content"] == "Done."
    assert asked.failed == 1


def test_a_service_that_lets_nobody_in_ends_the_script(seam: Any) -> None:
    import httpx

    with pytest.raises(SystemExit, match="401"):
        seam(httpx.Response(401, text="a key is needed")).turn([], [])
