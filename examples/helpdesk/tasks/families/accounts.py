"""Directory accounts: normal families."""

from typing import get_args

from examples.helpdesk.models import Department
from examples.helpdesk.tasks.families.family import Family, Goal
from examples.helpdesk.tasks.families.scene import Scene, account_updated, deleted, inserted, updated
from examples.helpdesk.tasks.task import Change, Value

DEPARTMENTS: tuple[str, ...] = get_args(Department)


def unlock_account(scene: Scene) -> Goal:
    return (account_updated(scene.person(status="locked"), status="active"),)


def reset_password(scene: Scene) -> Goal:
    return (inserted("password_resets", username=scene.person()["username"]),)


def reset_mfa(scene: Scene) -> Goal:
    return (account_updated(scene.person(mfa_enrolled=True), mfa_enrolled=False),)


def disable_leaver(scene: Scene) -> Goal:
    person = scene.person(where=lambda row: row["manager"] is not None)
    if not scene.says("manager", "hr"):
        scene.requester = scene.rng.choice([str(person["manager"]), scene.human_resources()])
    return (account_updated(person, status="disabled"),)


def enable_returner(scene: Scene) -> Goal:
    person = scene.person(status="disabled", where=lambda row: row["manager"] is not None)
    if not scene.says("manager", "hr"):
        scene.requester = scene.human_resources()
    return (account_updated(person, status="active"),)


def unlock_or_reset(scene: Scene) -> Goal:
    if scene.rng.random() < 0.5:
        return unlock_account(scene)
    return reset_password(scene)


def unlock_and_vpn(scene: Scene) -> Goal:
    person = scene.person(status="locked")
    return (account_updated(person, status="active"), vpn_granted(scene, person["username"], scene.until()))


def grant_vpn(scene: Scene) -> Goal:
    return (vpn_granted(scene, scene.person()["username"], scene.until()),)


def vpn_granted(scene: Scene, username: Value, until: str) -> Change:
    grant = scene.world.rows("vpn_access", username=username)
    if not grant:
        return inserted("vpn_access", username=username, until=until)
    if grant[0]["until"] == until:
        scene.patch("vpn_access", {"username": username}, None)
        return inserted("vpn_access", username=username, until=until)
    return updated("vpn_access", {"username": username}, until=until)


def revoke_vpn(scene: Scene) -> Goal:
    person = scene.person(where=lambda row: _vpn_lasts(scene, row["username"]))
    return (deleted("vpn_access", username=person["username"]),)


def _vpn_lasts(scene: Scene, username: Value) -> bool:
    return any(
        str(grant["until"]) > scene.now.isoformat() for grant in scene.world.rows("vpn_access", username=username)
    )


def move_person(scene: Scene) -> Goal:
    person = scene.person()
    changes: dict[str, Value] = {}
    if "department" in scene.wording.slots:
        others = [name for name in DEPARTMENTS if name not in (person["department"], "Executive Office")]
        changes["department"] = scene.option("department", *others)
    if "job" in scene.wording.slots:
        changes["title"] = scene.text("job", but=person["title"])
    return (account_updated(person, **changes),)


FAMILIES = (
    Family(name="unlock_account", build=unlock_account, writes=("unlock_account",)),
    Family(name="reset_password", build=reset_password, writes=("reset_password",)),
    Family(name="reset_mfa", build=reset_mfa, writes=("reset_mfa",)),
    Family(name="disable_leaver", build=disable_leaver, writes=("disable_account",)),
    Family(name="enable_returner", build=enable_returner, writes=("enable_account",)),
    Family(name="grant_vpn", build=grant_vpn, writes=("grant_vpn_access",)),
    Family(name="revoke_vpn", build=revoke_vpn, writes=("revoke_vpn_access",)),
    Family(name="unlock_or_reset", build=unlock_or_reset, writes=("unlock_account", "reset_password")),
    Family(name="unlock_and_vpn", build=unlock_and_vpn, writes=("unlock_account", "grant_vpn_access")),
    Family(name="move_person", build=move_person, writes=("update_account",)),
)
