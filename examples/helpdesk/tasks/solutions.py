"""How the expert solves each family."""

from examples.helpdesk.tasks.oracle import Expert, Record, Solve, ask, escalate, refuse


def unlock_account(expert: Expert) -> None:
    expert.do("unlock_account", username=expert.enabled_person()["username"])


def reset_password(expert: Expert) -> None:
    expert.do("reset_password", username=expert.enabled_person()["username"])


def reset_mfa(expert: Expert) -> None:
    expert.do("reset_mfa", username=expert.enabled_person()["username"])


def disable_account(expert: Expert) -> None:
    username = expert.person()["username"]
    if expert.task.telling or expert.attempt("disable_account", username=username) == "not_manager":
        refuse("only the manager or Human Resources may ask")


def disable_leaver(expert: Expert) -> None:
    expert.do("disable_account", username=expert.person()["username"])


def enable_returner(expert: Expert) -> None:
    expert.do("enable_account", username=expert.person()["username"])


def unlock_or_reset(expert: Expert) -> None:
    account = expert.enabled_person()
    expert.do("unlock_account" if account["status"] == "locked" else "reset_password", username=account["username"])


def unlock_and_vpn(expert: Expert) -> None:
    username = expert.enabled_person()["username"]
    expert.do("unlock_account", username=username)
    expert.do("grant_vpn_access", username=username, until=expert.task.values["until"])


def grant_vpn(expert: Expert) -> None:
    username = expert.enabled_person()["username"]
    expert.do("grant_vpn_access", username=username, until=expert.task.values["until"])


def vpn_too_long(expert: Expert) -> None:
    username = expert.enabled_person()["username"]
    until = expert.task.values["until"]
    if expert.task.telling or expert.attempt("grant_vpn_access", username=username, until=until):
        refuse("VPN for at most 90 days")


def vpn_without_end(expert: Expert) -> None:
    expert.enabled_person()
    ask("until when")


def revoke_vpn(expert: Expert) -> None:
    expert.do("revoke_vpn_access", username=expert.person()["username"])


def move_person(expert: Expert) -> None:
    username = expert.person()["username"]
    changes = {"title": expert.task.spans.get("job"), "department": expert.task.values.get("department")}
    expert.do("update_account", username=username, **{name: value for name, value in changes.items() if value})


def add_group_member(expert: Expert) -> None:
    username = expert.person()["username"]
    expert.do("add_group_member", group=expert.group()["group"], username=username)


def remove_group_member(expert: Expert) -> None:
    username = expert.person()["username"]
    expert.do("remove_group_member", group=expert.group()["group"], username=username)


def request_restricted_access(expert: Expert) -> None:
    username = expert.person()["username"]
    group = expert.group()
    assert group["restricted"], "an open group needs no access request"
    expert.do("create_access_request", username=username, group=group["group"], reason=expert.task.spans["reason"])


def approve_access(expert: Expert) -> None:
    request_id = expert.task.spans["request"]
    if expert.do("get_access_request", request_id=request_id)["approver"] != expert.task.requester:
        refuse("only the group's owner decides, never on an own request")
    expert.do("approve_access_request", request_id=request_id)


def reject_access(expert: Expert) -> None:
    request_id = expert.task.spans["request"]
    expert.do("get_access_request", request_id=request_id)
    expert.do("reject_access_request", request_id=request_id)


def assign_licence(expert: Expert) -> None:
    username = expert.enabled_person()["username"]
    _licensed(expert, username)


def _licensed(expert: Expert, username: str) -> None:
    licence = expert.licence()
    if licence["available"] < 1:
        escalate("procurement")
    expert.do("assign_licence", product=licence["product"], username=username)


def release_licence(expert: Expert) -> None:
    username = expert.person()["username"]
    expert.do("release_licence", product=expert.licence()["product"], username=username)


def group_and_licence(expert: Expert) -> None:
    username = expert.person()["username"]
    expert.do("add_group_member", group=expert.group()["group"], username=username)
    _licensed(expert, username)


def assign_device(expert: Expert) -> None:
    username = expert.person()["username"]
    asset_tag = expert.task.spans["tag"]
    expert.do("get_device", asset_tag=asset_tag)
    expert.do("assign_device", asset_tag=asset_tag, username=username)


def lock_lost_device(expert: Expert) -> None:
    username = expert.person()["username"]
    found = expert.do("list_devices", owner=username, kind=expert.task.values["kind"])
    if found["count"] != 1:
        ask("which device")
    asset_tag = found["devices"][0]["asset_tag"]
    expert.do("report_device_lost", asset_tag=asset_tag)
    expert.do("lock_device", asset_tag=asset_tag)


def wipe_lost_device(expert: Expert) -> None:
    asset_tag = expert.task.spans["tag"]
    assert expert.do("get_device", asset_tag=asset_tag)["status"] in ("lost", "locked")
    expert.do("wipe_device", asset_tag=asset_tag)


def add_mailbox_delegate(expert: Expert) -> None:
    username = expert.person()["username"]
    address = expert.task.spans["mailbox"]
    expert.do("get_mailbox", address=address)
    expert.do("add_mailbox_delegate", address=address, username=username)


def set_forwarding_internal(expert: Expert) -> None:
    owner, target = expert.person(), expert.person("target")
    expert.do("set_mailbox_forwarding", address=owner["email"], forward_to=target["email"])


def raise_quota(expert: Expert) -> None:
    address = expert.person()["email"]
    expert.do("get_mailbox", address=address)
    expert.do("set_mailbox_quota", address=address, quota_gb=expert.task.values["quota"])


def add_list_member(expert: Expert) -> None:
    username = expert.person()["username"]
    expert.do("add_list_member", list=expert.mailing_list()["list"], username=username)


def remove_list_member(expert: Expert) -> None:
    username = expert.person()["username"]
    expert.do("remove_list_member", list=expert.mailing_list()["list"], username=username)


def create_ticket(expert: Expert) -> None:
    requester = expert.person()["username"]
    said = expert.task.values
    expert.do(
        "create_ticket",
        title=expert.task.spans["title"],
        requester=requester,
        priority=said["priority"],
        team=said["team"],
    )


def comment_ticket(expert: Expert) -> None:
    ticket_id = _ticket(expert)["ticket_id"]
    expert.do("add_ticket_comment", ticket_id=ticket_id, text=expert.task.spans["text"])


def route_ticket(expert: Expert) -> None:
    expert.do("assign_ticket", ticket_id=_ticket(expert)["ticket_id"], team=expert.task.values["team"])


def resolve_ticket(expert: Expert) -> None:
    expert.do("set_ticket_status", ticket_id=_ticket(expert)["ticket_id"], status="resolved")


def _ticket(expert: Expert) -> Record:
    return expert.do("get_ticket", ticket_id=expert.task.spans["ticket"])


def handle_ticket(expert: Expert) -> None:
    ticket = _ticket(expert)
    operation = {"password": "reset_password", "locked_account": "unlock_account", "mfa": "reset_mfa"}
    expert.do(operation[ticket["category"]], username=ticket["affected_user"])
    expert.do("set_ticket_status", ticket_id=ticket["ticket_id"], status="resolved")


def close_resolved_tickets(expert: Expert) -> None:
    username = expert.person()["username"]
    for ticket in expert.do("list_tickets", requester=username, status="resolved")["tickets"]:
        expert.do("set_ticket_status", ticket_id=ticket["ticket_id"], status="closed")


def password_never_told(expert: Expert) -> None:
    refuse("passwords are never told or chosen")


def mail_stays_inside(expert: Expert) -> None:
    refuse("mail is never forwarded outside the company")


def incident(expert: Expert) -> None:
    escalate("security")


def nobody_named(expert: Expert) -> None:
    ask("which person")


def changing_account(expert: Expert) -> None:
    """Whatever is asked for: the search shows an executive, a disabled account, or several people."""
    expert.enabled_person()


def nothing_named(expert: Expert) -> None:
    expert.person()
    ask("which group or product")


def know_account(expert: Expert) -> None:
    expert.person()


def know_vpn(expert: Expert) -> None:
    expert.do("get_vpn_access", username=expert.person()["username"])


def know_devices(expert: Expert) -> None:
    expert.do("list_devices", owner=expert.person()["username"])


def know_group(expert: Expert) -> None:
    expert.do("list_group_members", group=expert.group()["group"])


def know_licence(expert: Expert) -> None:
    expert.licence()


def know_ticket(expert: Expert) -> None:
    _ticket(expert)


def nothing_wanted(_: Expert) -> None:
    ask("what is to be done")


SOLUTIONS: dict[str, Solve] = {
    **{
        solve.__name__: solve
        for solve in (
            *(unlock_account, reset_password, reset_mfa, disable_leaver, enable_returner, grant_vpn, revoke_vpn),
            *(add_group_member, remove_group_member, request_restricted_access, approve_access, reject_access),
            *(assign_licence, release_licence, assign_device, lock_lost_device, wipe_lost_device),
            *(add_mailbox_delegate, set_forwarding_internal, raise_quota, add_list_member, remove_list_member),
            *(create_ticket, comment_ticket, route_ticket, resolve_ticket, unlock_or_reset, unlock_and_vpn),
            *(group_and_licence, handle_ticket, close_resolved_tickets, move_person),
            *(know_account, know_vpn, know_devices, know_group, know_licence, know_ticket),
        )
    },
    "refuse_password_disclosure": password_never_told,
    "refuse_external_forwarding": mail_stays_inside,
    "refuse_vpn_too_long": vpn_too_long,
    "refuse_not_owner": approve_access,
    "refuse_disable_not_manager": disable_account,
    "escalate_vip": changing_account,
    "escalate_vip_mfa": changing_account,
    "escalate_disabled": changing_account,
    "escalate_phishing": incident,
    "escalate_pool_empty": assign_licence,
    "ask_missing_date": vpn_without_end,
    "ask_missing_person": nobody_named,
    "ask_ambiguous_person": changing_account,
    "ask_which_device": lock_lost_device,
    "ask_missing_group_or_product": nothing_named,
    **{f"leave_{thing}": nothing_wanted for thing in ("account", "vpn", "device", "group", "licence", "ticket")},
}
