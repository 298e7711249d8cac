"""`lamp eval SUITE`: each suite prints one JSON object as its last line."""

import typer

from api.commands import evaluate_helpdesk, evaluate_injection, evaluate_offices, evaluate_services, evaluate_star

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command("helpdesk")(evaluate_helpdesk.command)
app.command("injection")(evaluate_injection.command)
app.command("offices")(evaluate_offices.command)
app.command("services")(evaluate_services.command)
app.command("star")(evaluate_star.command)
