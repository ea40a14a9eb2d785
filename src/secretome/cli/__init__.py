"""The command line: one file a command, loaded when asked for, errors in words."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from secretome import __version__
from secretome.errors import SecretomeError

# name -> (module, one line); a command is imported only when it runs, so that --help is quick
COMMANDS: dict[str, tuple[str, str]] = {
    "new": ("new", "Draft study.toml and a sample sheet from measurement files."),
    "check": ("check", "List every problem of the inputs, without running anything."),
    "run": ("run", "Make the dossier: from the files of study.toml to one folder."),
    "report": ("report", "Make the page of a dossier again."),
    "mechanism": ("mechanism", "Run, score and export the models of clearance and of the hair follicle."),
    "evidence": ("evidence", "Import, search, screen, extract and weigh papers and trials."),
    "qualify": ("qualify", "Potency, stability, comparability, specification: drafts from plain CSV files."),
    "knowledge": ("knowledge", "Show, check and update the tables that results stand on."),
    "demo": ("demo", "Run a simulated laboratory with known truth through everything."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in pipeline order, not by letter."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"secretome.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """One line a command, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.version_option(__version__, prog_name="secretome")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
@click.pass_context
def group(ctx: click.Context, debug: bool) -> None:
    """Characterise conditioned medium and vesicles of mesenchymal stromal cells, from flask to dossier."""
    ctx.obj = {"debug": debug}
    if ctx.invoked_subcommand is None:
        from .overview import print_overview

        print_overview()


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    # Thousands of small matrices: threads of the linear algebra only wait for each other, and may change
    # the last digit. numpy reads this when it is first imported, which no command has done yet.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """The exit code of a command line: 0 done, 1 the input says no, 2 usage, 3 unreadable."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = group.main(args=given, prog_name="secretome", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped. What was there before is untouched.", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except SecretomeError as error:
        if "--debug" in given:
            raise
        click.echo(f"Error: {error}", err=True)
        return error.exit_code
    except OSError as error:
        if "--debug" in given:
            raise
        click.echo(
            f"Error: {error.filename or ''}: {error.strerror or error}. Nothing was changed.", err=True
        )
        return 3
    except Exception as error:
        if "--debug" in given:
            raise
        click.echo(
            f"Error: {type(error).__name__}: {error}. This is a fault of secretome, not of your data; "
            "nothing was changed. Run `secretome --debug …` again and report what it prints.",
            err=True,
        )
        return 1
    return code if isinstance(code, int) else 0
