"""Expert runs of τ²-bench's telecom tasks: its gold has repairs only, the diagnostic reads are found here.

    TAU2_DATA_DIR=… python bench/telecom_experts.py TASKS.json.xz OUT.jsonl [--most 440]

Runs where the package `tau2` is installed (Python ≥ 3.12). The expert follows the troubleshooting manual that ships as
the domain's policy and knows only what the tools answered: it checks, mends what a check shows, and checks again. Some
runs take detours, a needless read or a wrong switch that then has to be mended; those calls have weight 0, for nobody
should learn them. A run is kept only if the benchmark's own evaluators accept it. One JSON object a line: `id`,
`messages` and `tools`, as OpenAI's format for fine-tuning has them. `lamp memory learn` takes them as precedents,
bench/telecom_examples.py makes training examples of them.
"""

import argparse
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chat_seam import told
from telecom_world import DONE, TRANSFER, Episode, Worlds, tasks

Call = tuple[str, dict[str, Any]]
GOALS = {"mms_issue": "can_send_mms", "mobile_data_issue": "run_speed_test", "service_issue": "check_status_bar"}
CUSTOMER, DETAILS, USAGE = "get_customer_by_phone", "get_details_by_id", "get_data_usage"
NETWORK, APN, PERMISSIONS = "check_network_status", "check_apn_settings", "check_app_permissions"
WIFI_CALLING, SAVER, VPN = "check_wifi_calling_status", "check_data_restriction_status", "check_vpn_status"
ORDER = {
    "mms_issue": (NETWORK, CUSTOMER, USAGE, WIFI_CALLING, PERMISSIONS, APN),
    "mobile_data_issue": (NETWORK, CUSTOMER, USAGE, SAVER, VPN),
    "service_issue": (NETWORK, APN, CUSTOMER),
}
MESSAGING = {"app_name": "messaging"}
RADIO = ("toggle_airplane_mode", "reseat_sim_card", "toggle_data", "toggle_roaming", "set_network_mode_preference")
SWITCHES = {"toggle_wifi_calling": WIFI_CALLING, "toggle_data_saver_mode": SAVER, "connect_vpn": VPN}
DETOURS: tuple[Call, ...] = (
    *((name, {}) for name in (NETWORK, APN, WIFI_CALLING, SAVER, VPN, "check_sim_status", "check_status_bar")),
    *((name, {}) for name in ("check_wifi_status", "check_network_mode_preference", "check_installed_apps")),
    *((name, {}) for name in ("toggle_data", "toggle_roaming", "toggle_wifi_calling", "reboot_device")),
    *((name, {}) for name in ("toggle_data_saver_mode", "connect_vpn", "can_send_mms", "run_speed_test")),
    (PERMISSIONS, MESSAGING),
)
KNOWING = 0.3  # of detours, those that take values of the ticket or of results
PHONE = r"\d{3}-\d{3}-\d{4}"


@dataclass
class Expert:
    """Decides the next call from what was called and answered."""

    kind: str
    ticket: str
    calls: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)

    @property
    def abroad(self) -> bool:
        return "abroad" in self.ticket

    def decide(self) -> Call:
        goal: Call = (GOALS[self.kind], {})
        if not self.calls:
            return goal
        name, given, answer = self.calls[-1]
        if name == TRANSFER or (name == goal[0] and self._reached(answer)):
            return DONE, {}
        found = self._after_repair(name, answer, goal) or self._shown(name, given, answer) or self._pending()
        return found or self._next_check() or (goal if name != goal[0] else (TRANSFER, {"summary": self.ticket}))

    # ---- what is known

    def last(self, name: str) -> str:
        """The latest answer of a tool, "" if there is none."""
        return next((answer for each, _, answer in reversed(self.calls) if each == name), "")

    def _since(self, name: str) -> list[str]:
        """Names of the calls after the last one of that name; all of them if there was none."""
        names = [each for each, _, _ in self.calls]
        return names[len(names) - names[::-1].index(name) :] if name in names else names

    def _reached(self, answer: str) -> bool:
        if self.kind == "mms_issue":
            return "can send" in answer
        return "Excellent" in answer if self.kind == "mobile_data_issue" else "📶" in answer

    def _customer(self) -> dict[str, Any]:
        return dict(json.loads(self.last(CUSTOMER)))

    def _lines(self) -> list[dict[str, Any]]:
        read = [answer for name, given, answer in self.calls if name == DETAILS and given["id"].startswith("L")]
        return [json.loads(answer) for answer in read]

    def _line(self) -> dict[str, Any] | None:
        """The latest reading of the line that the ticket's number belongs to."""
        return next((line for line in reversed(self._lines()) if line["phone_number"] in self.ticket), None)

    def _ids(self) -> dict[str, Any]:
        line = self._line()
        return {"customer_id": self._customer()["customer_id"], "line_id": line["line_id"] if line else ""}

    def astray(self, rng: random.Random) -> Call:
        """A call that nothing asks for now, with values that are known already."""
        known: list[Call] = [(CUSTOMER, {"phone_number": _found(PHONE, self.ticket)})]
        if self.last(CUSTOMER):
            known += [(DETAILS, {"id": each}) for each in self._customer()["line_ids"]]
        if self._line():
            known += [(name, self._ids()) for name in (USAGE, "enable_roaming")]
            known.append(("refuel_data", {**self._ids(), "gb_amount": 2.0}))
        return rng.choice(known if rng.random() < KNOWING else DETOURS)

    # ---- after a repair: look at what it did

    def _after_repair(self, name: str, answer: str, goal: Call) -> Call | None:
        if name in RADIO:
            return NETWORK, {}
        if name in SWITCHES and (name == "connect_vpn" or "is now ON" in answer):
            return SWITCHES[name], {}
        if name == "grant_app_permission":
            return self._missing_permission() or goal
        follow = {
            "reset_apn_settings": "reboot_device",
            "send_payment_request": "check_payment_request",
            "check_payment_request": "make_payment",
            "resume_line": "reboot_device",
        }
        if name in follow:
            return follow[name], {}
        if name == "make_payment":
            return DETAILS, {"id": self._overdue()}
        mends = ("reboot_device", "refuel_data", "enable_roaming", "disconnect_vpn", *SWITCHES)
        return goal if name in mends else None

    def _missing_permission(self) -> Call | None:
        listed = self.last(PERMISSIONS)
        granted = [given["permission"] for name, given, _ in self.calls if name == "grant_app_permission"]
        for permission in ("storage", "sms"):
            if permission not in listed and permission not in granted:
                return "grant_app_permission", {**MESSAGING, "permission": permission}
        return None

    def _overdue(self) -> str:
        bills = json.loads(self.last("get_bills_for_customer"))
        return next((str(bill["bill_id"]) for bill in bills if bill["status"] == "Overdue"), "")

    # ---- after a check: mend what it shows

    def _shown(self, name: str, given: dict[str, Any], answer: str) -> Call | None:
        simple = {
            WIFI_CALLING: ("turned ON", "toggle_wifi_calling"),
            SAVER: ("is ON", "toggle_data_saver_mode"),
            VPN: ("ON and connected", "disconnect_vpn"),
        }
        if name in simple:
            return (simple[name][1], {}) if simple[name][0] in answer else None
        special: dict[str, Callable[[], Call | None]] = {
            NETWORK: lambda: self._network(answer),
            APN: lambda: ("reset_apn_settings", {}) if self._apn_is_wrong(answer) else None,
            PERMISSIONS: self._missing_permission,
            CUSTOMER: self._next_line,
            DETAILS: lambda: self._detailed(given["id"], answer),
            USAGE: lambda: self._used(answer),
            "get_bills_for_customer": lambda: (
                "send_payment_request",
                {"customer_id": self._ids()["customer_id"], "bill_id": self._overdue()},
            ),
        }
        return special[name]() if name in special else None

    def _network(self, answer: str) -> Call | None:
        says = dict(line.split(": ", 1) for line in answer.splitlines())
        if says["Airplane Mode"] == "ON":
            return "toggle_airplane_mode", {}
        if says["SIM Card Status"] == "missing":
            return "reseat_sim_card", {}
        if says["SIM Card Status"].startswith("locked"):
            return TRANSFER, {"summary": self.ticket}
        if self.kind == "service_issue":
            return (GOALS[self.kind], {}) if says["Cellular Connection"] == "connected" else None
        if says["Mobile Data Enabled"] == "No":
            return "toggle_data", {}
        if self.abroad and says["Data Roaming Enabled"] == "No":
            return "toggle_roaming", {}
        if says["Cellular Network Type"] in ("2G", "3G"):
            return "set_network_mode_preference", {"mode": "4g_5g_preferred"}
        return None

    def _apn_is_wrong(self, answer: str) -> bool:
        return "Name: broken" in answer or (self.kind == "mms_issue" and "Not Set" in answer)

    def _next_line(self) -> Call | None:
        if self._line():
            return None
        read = {line["line_id"] for line in self._lines()}
        return next(((DETAILS, {"id": each}) for each in self._customer()["line_ids"] if each not in read), None)

    def _detailed(self, wanted: str, answer: str) -> Call | None:
        if wanted.startswith("B"):
            return "resume_line", self._ids()
        line = self._line()
        if line is None:
            return self._next_line()
        if line["status"] == "Suspended":
            ended = line["contract_end_date"] < "2025-02-25"
            who = {"customer_id": self._ids()["customer_id"]}
            return (TRANSFER, {"summary": self.ticket}) if ended else ("get_bills_for_customer", who)
        if self.abroad and not line["roaming_enabled"]:
            return "enable_roaming", self._ids()
        return None

    def _used(self, answer: str) -> Call | None:
        usage = json.loads(answer)
        left = float(usage["data_limit_gb"]) + float(usage["data_refueling_gb"]) - float(usage["data_used_gb"])
        return ("refuel_data", {**self._ids(), "gb_amount": 2.0}) if left <= 0 else None

    def _pending(self) -> Call | None:
        """What an earlier check showed and nobody has mended since: a detour came between."""
        if "reset_apn_settings" in self._since("reboot_device"):
            return "reboot_device", {}
        for check in (NETWORK, CUSTOMER, DETAILS, USAGE, WIFI_CALLING, SAVER, VPN, PERMISSIONS, APN):
            found = [(given, answer) for name, given, answer in self.calls if name == check]
            repair = self._shown(check, *found[-1]) if found else None
            if repair and (check == CUSTOMER or repair[0] not in self._since(check)):
                return repair
        return None

    # ---- what was not looked at yet

    def _next_check(self) -> Call | None:
        for check in ORDER[self.kind]:
            stale = {NETWORK: RADIO, WIFI_CALLING: SWITCHES, SAVER: SWITCHES, VPN: SWITCHES}.get(check, ())
            if self.last(check) and not {*stale} & {*self._since(check)} - self._own(check):
                continue
            if check == CUSTOMER:
                return CUSTOMER, {"phone_number": _found(PHONE, self.ticket)}
            return check, {USAGE: self._ids() if check == USAGE else {}, PERMISSIONS: MESSAGING}.get(check, {})
        return None

    def _own(self, check: str) -> set[str]:
        """A switch that is off says so itself, and other checks' switches change nothing here."""
        return {name for name, of in SWITCHES.items() if of != check or "is now OFF" in self.last(name)}


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match.group() if match else ""


def kind(task: Any) -> str:
    return _found(r"(?<=\[)\w+", task.id)


def run(episode: Episode, *, detours: float, rng: random.Random) -> list[dict[str, Any]]:
    """The assistant's and the tools' messages up to the end of the episode."""
    expert = Expert(kind=kind(episode.task), ticket=episode.task.ticket)
    made: list[dict[str, Any]] = []
    while not episode.over:
        astray = rng.random() < detours and not expert.last(TRANSFER)
        name, given = expert.astray(rng) if astray else expert.decide()
        answer, id = episode.call(name, **given), f"call_{len(expert.calls)}"
        function = {"name": name, "arguments": json.dumps(given)}
        calls = [{"id": id, "type": "function", "function": function}]
        made.append({"role": "assistant", "content": None, "tool_calls": calls} | ({"weight": 0} if astray else {}))
        if name != DONE:
            expert.calls.append((name, given, answer))
            made.append({"role": "tool", "tool_call_id": id, "content": answer})
    return made


def sampled(all_tasks: Sequence[Any], *, most: int, rng: random.Random) -> list[Any]:
    """Evenly by kind of ticket and number of faults: one of each in turn."""
    groups: dict[tuple[str, int, bool], list[Any]] = defaultdict(list)
    for task in rng.sample(list(all_tasks), len(all_tasks)):
        groups[kind(task), task.id.count("|"), "abroad" in task.ticket].append(task)
    return list(_in_turn(list(groups.values())))[:most]


def _in_turn(groups: list[list[Any]]) -> Iterator[Any]:
    while any(groups):
        yield from (group.pop() for group in groups if group)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--most", type=int, default=440, help="tasks")
    parser.add_argument("--every-kind", type=int, default=40, help="runs of each kind of ticket at least, with detours")
    parser.add_argument("--detours", type=float, default=0.1, help="how often a call is a detour")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    chosen = sampled(tasks(given.tasks), most=given.most, rng=rng)
    worlds, solved, kept = Worlds(), set[str](), 0
    runs = [(task, 0.0) for task in chosen] + [(task, given.detours) for task in repeated(chosen, given.every_kind)]
    with given.out.open("w", encoding="utf-8") as file:
        for task, detours in told(runs, "run"):
            episode = worlds.begin(task)
            said = run(episode, detours=detours, rng=rng)
            if not episode.solved():
                continue
            solved, kept = solved | {task.id}, kept + 1
            messages = [{"role": "system", "content": worlds.system(task)}, *said]
            line = {"id": f"{task.id}#{given.seed}.{kept}", "messages": messages, "tools": worlds.tools}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    tried = len({task.id for task in chosen})
    print(json.dumps({"tasks": tried, "solved": len(solved), "runs": len(runs), "kept": kept}))


def repeated(chosen: Sequence[Any], least: int) -> list[Any]:
    """Each task once more, and those of rare kinds until their kind has `least` runs."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for task in chosen:
        groups[kind(task)].append(task)
    return [group[i % len(group)] for group in groups.values() for i in range(max(len(group), least))]


if __name__ == "__main__":
    main()
