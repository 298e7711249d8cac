"""The command `lamp`. Commands import what they need when they run: `lamp --help` answers at once."""

import importlib
import os
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from api.commands import (
    adapters,
    apps,
    chat,
    compensations,
    forget,
    ingest,
    keys,
    memory,
    plan,
    policy,
    run,
    runs,
    serve,
    undo,
)
from api.commands.common import Overrides, complain
from api.errors import no_practice
from knowledge.errors import LamplighterError


class _Group(TyperGroup):
    """Errors raised on purpose are told, with exit code 2; anything else is a bug and shows its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except LamplighterError as error:
            complain(error)
            raise typer.Exit(2) from error
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "examples":
                raise
            complain(no_practice())
            raise typer.Exit(2) from error


app = typer.Typer(
    cls=_Group,
    name="lamp",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Lamplighter: say what should be done; documentation and precedents ground the plan; it is carried out.",
)


@app.callback()
def main_options(
    context: typer.Context,
    data_dir: Annotated[str | None, typer.Option(help="Folder of database and indexes. [env: LAMP_DATA_DIR]")] = None,
    adapter: Annotated[str | None, typer.Option(help="Adapter folder of the model. [env: LAMP_ADAPTER]")] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose knowledge to use. [env: LAMP_TENANT]")] = None,
) -> None:
    context.obj = Overrides(data_dir=data_dir, adapter=adapter, tenant=tenant)


app.command("run")(run.command)
app.command("chat")(chat.command)
app.command("plan")(plan.command)
app.command("undo")(undo.command)
app.command("ingest")(ingest.command)
app.add_typer(apps.app, name="apps")
app.add_typer(runs.app, name="runs")
app.add_typer(memory.app, name="memory")
app.add_typer(adapters.app, name="adapters")
app.add_typer(compensations.app, name="compensations")
app.add_typer(policy.app, name="policy")
app.add_typer(keys.app, name="keys")
app.command("forget")(forget.command)
app.command("serve")(serve.command)

_ANY = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def _later(name: str, module: str, text: str) -> None:
    """A command whose options are read only when it runs; `module` has a function `command`, or an `app` of several."""

    @app.command(name, context_settings=dict(_ANY), help=text, add_help_option=False)
    def later(context: typer.Context) -> None:
        found = importlib.import_module(module)
        group = getattr(found, "app", None)
        if group is None:
            group = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
            group.command(name, help=text)(found.command)
        typer.main.get_command(group).main(
            args=list(context.args), prog_name=f"lamp {name}", standalone_mode=False, obj=context.obj
        )


_later("data", "api.commands.data", "Make a data set of public dialogues, experts' work and own verified runs.")
_later("train", "api.commands.train", "Train the model's adapter from trajectories.")
_later("calibrate", "api.commands.calibrate", "Fit how sure a choice has to be before it is acted on unasked.")
_later("eval", "api.commands.evaluate", "Measure: tasks carried out closed-loop, or single decisions.")


def main() -> None:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # Spinning threads are slow where cores are shared.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    app()


if __name__ == "__main__":
    main()
