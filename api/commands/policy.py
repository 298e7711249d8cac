"""`lamp policy`: is the policy file in order, and what would it say to a call?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.common import opened, settings_of, stdout

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from api.wiring import Services
    from knowledge.types import ActionSpec
    from planner.policy import Explanation, FilePolicy
    from planner.policy_rules import Facts, Rules

app = typer.Typer(no_args_is_help=True, help="What may run without a person, and why.")

FILE_HELP = "Policy file. [default: LAMP_POLICY, else the shipped one]"


@app.command()
def check(
    context: typer.Context, file: Annotated[Path | None, typer.Argument(help=FILE_HELP, show_default=False)] = None
) -> None:
    """Check a policy file: exit code 0 if it can be used, 1 if not. Warns of rules that are never reached."""
    from planner.policy_file import BadPolicy

    console = stdout()
    try:
        rules = _rules(context, file)
    except BadPolicy as error:
        for problem in error.problems:
            where = f"{error.source}, line {problem.line}" if problem.line else error.source
            console.print(f"{where}: {problem.message} {problem.remedy}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    _report(rules, console)


def _rules(context: typer.Context, file: Path | None) -> Rules:
    from planner.policy_file import default_rules, read_policy

    path = file or settings_of(context).policy
    return read_policy(path) if path else default_rules()


def _report(rules: Rules, console: Console) -> None:
    from planner.policy_reach import never_reached

    for found in never_reached(rules.rules):
        taken = ", ".join(found.by)
        console.print(
            f"warning: {rules.source}, line {found.rule.line}: {found.rule.name} is never reached, for {taken} "
            "above decides first. Move it up, or remove it.",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
    counted = f"{len(rules.rules)} rule{'s' if len(rules.rules) != 1 else ''}"
    dry = " It is a dry run: nothing will be changed." if rules.dry_run else ""
    console.print(f"{rules.source}: {counted}, in order.{dry}", markup=False, soft_wrap=True)


@app.command()
def explain(
    context: typer.Context,
    action: Annotated[str, typer.Argument(help="Id of an action, as helpdesk.unlock_account.")],
    argument: Annotated[list[str] | None, typer.Option(help="An argument, as name=value; repeatable.")] = None,
    tainted: Annotated[
        list[str] | None, typer.Option(help="Name of an argument that comes from somebody else's text; repeatable.")
    ] = None,
    unread: Annotated[bool, typer.Option("--unread", help="An earlier result had no schema.")] = False,
    requester: Annotated[str | None, typer.Option(help="Who asks. [default: LAMP_REQUESTER]")] = None,
    role: Annotated[str | None, typer.Option(help="Their role. [default: as the policy says]")] = None,
    at: Annotated[str | None, typer.Option(help="When, as 2026-03-02T09:30+01:00; without a zone, UTC.")] = None,
    effect: Annotated[
        str | None, typer.Option(help="Effect of the action: read, write or irreversible. [default: as catalogued]")
    ] = None,
    file: Annotated[Path | None, typer.Option(help=FILE_HELP, show_default=False)] = None,
) -> None:
    """Say which rule decides about a call, and why each earlier one does not. Nothing is called."""
    from planner.policy_rules import Facts
    from planner.sensitive import sensitive_names

    given = [_pair(each) for each in argument or []]
    settings = settings_of(context, policy=file, requester=requester)
    with opened(settings) as services:
        policy = services.policy(counting=False)
        spec = _spec(services, action, effect, [*given, *(tainted or [])])
        facts = Facts(
            action=action,
            effect=spec.effect,
            at=_moment(at),
            arguments={**dict.fromkeys(given, True), **dict.fromkeys(tainted or [], False)},
            sensitive=sensitive_names(spec, policy.rules.sensitive),
            unread="an earlier step" if unread else "",
            requester=settings.requester,
            role=_role(role, policy, settings.requester),
            tenant=settings.tenant,
        )
        _tell(policy.explain(facts), facts, stdout())


def _pair(given: str) -> str:
    """The name: rules look at names and sources, not at values."""
    name, equals, _ = given.partition("=")
    if not name or not equals:
        raise typer.BadParameter(f"{given!r} is no argument; write it as name=value.", param_hint="--argument")
    return name


def _moment(given: str | None) -> datetime:
    from datetime import UTC, datetime

    try:
        at = datetime.fromisoformat(given) if given else datetime.now(UTC)
    except ValueError as error:
        hint = f"{given!r} is no time; write it as 2026-03-02T09:30+01:00."
        raise typer.BadParameter(hint, param_hint="--at") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _role(given: str | None, policy: FilePolicy, requester: str) -> str:
    from typing import get_args

    from planner.policy_rules import Role

    if given and given not in get_args(Role):
        raise typer.BadParameter(f"{given!r} is no role; write requester, operator or admin.", param_hint="--role")
    return given or policy.role_of(requester)


def _spec(services: Services, action: str, effect: str | None, names: list[str]) -> ActionSpec:
    """As catalogued, with another effect if one is given; an action not catalogued needs its effect."""
    from dataclasses import replace
    from typing import cast, get_args

    from knowledge.errors import NotFound
    from knowledge.types import ActionSpec, Effect, Parameter

    if effect and effect not in get_args(Effect):
        hint = f"{effect!r} is no effect; write read, write or irreversible."
        raise typer.BadParameter(hint, param_hint="--effect")
    try:
        found = services.record.catalogue.get(action, services.settings.tenant)
    except NotFound as error:
        if not effect:
            remedy = "See `lamp apps list`, or say --effect read, write or irreversible."
            raise NotFound(error.message, remedy=remedy) from error
        app_name, _, name = action.partition(".")
        parameters = tuple(Parameter(name=each) for each in names)
        return ActionSpec(name=name, app=app_name, description="", parameters=parameters, effect=cast(Effect, effect))
    known = [parameter.name for parameter in found.parameters]
    if unknown := [name for name in names if name not in known]:
        hint = f"{unknown[0]} is no parameter of {action}; known are {', '.join(known) or 'none'}."
        raise typer.BadParameter(hint, param_hint="--argument")
    return replace(found, effect=cast(Effect, effect)) if effect else found


def _tell(explained: Explanation, facts: Facts, console: Console) -> None:
    asked = f"{facts.action} ({facts.effect}) for {facts.requester or 'nobody named'}, {facts.role}"
    console.print(f"{asked}, at {facts.at:%a %Y-%m-%d %H:%M %Z}", style="dim", markup=False, soft_wrap=True)
    for number, each in enumerate(explained.considered, 1):
        said = f"not: {each.miss}" if each.miss else f"fits: {each.rule.verdict}"
        style = "dim" if each.miss else ""
        console.print(f"{number:>3}. {each.rule.name}  {said}", style=style, markup=False, soft_wrap=True)
    decision = explained.decision
    colour = {"allow": "green", "ask": "yellow", "deny": "red"}[decision.verdict]
    told = f"{decision.verdict} ({decision.rule}): {decision.reason}"
    console.print(told, style=colour, markup=False, soft_wrap=True)
