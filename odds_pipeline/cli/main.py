"""The `odds` command: its commands put together, and how it ends.

Belongs here: the application, exit codes and the one line an error becomes. Does not belong here:
any command (one file each).

Exit codes: 0 done · 1 failed unexpectedly · 2 wrong use or setting, or a file refused · 3 not
found · 4 database · 5 provider · 6 credits · 7 already running · 8 not confirmed · 9 alert not
sent · 128 + n ended by signal n.
"""

import errno
import os
import sys
import traceback

import typer

from odds_pipeline.catalog.plain_text import require_plain
from odds_pipeline.cli import (
    alerts,
    backfill,
    backtest,
    best,
    compare,
    config,
    dataset,
    db,
    doctor,
    edges,
    env,
    events,
    execute,
    explain,
    export,
    fetch,
    import_files,
    line_movement,
    merge,
    monitor,
    quality,
    quota,
    review,
    scheduler,
    serve,
    show_odds,
    simulator,
    status,
    up,
    validate,
    void,
)
from odds_pipeline.cli.screen import complain
from odds_pipeline.cli.signals import orderly_exit
from odds_pipeline.errors import DatabaseUnavailable, NotFound, OddsPipelineError, UsageError

UNEXPECTED = 1
LONGEST = 4_096  # characters of an argument, as of a path
_PIPE_CLOSED = 141

app = typer.Typer(
    name="odds",
    help="Collect sportsbook odds, keep every observation, and see what was on offer when.",
    epilog="Start with: odds up",
    no_args_is_help=True,
    add_completion=True,
    # Neither is used; a rich traceback would print local variables, and with them the key.
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)
for each in (
    *(
        up,
        serve,
        fetch,
        backfill,
        scheduler,
        status,
        monitor,
        quota,
        events,
        show_odds,
        line_movement,
        best,
        compare,
        edges,
        dataset,
        explain,
        backtest,
        env,
        execute,
    ),
    *(import_files, review, merge, export, doctor),
    *(validate, quality, void, alerts, config, db, simulator),
):
    each.register(app)


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; every failure becomes one line on standard error and a code."""
    try:
        _require_text(arguments)
        with orderly_exit():
            code = app(arguments, prog_name="odds", standalone_mode=False)
            sys.stdout.flush()
    except OddsPipelineError as failure:
        _log(failure)
        complain(failure)
        return failure.exit_code
    except typer.TyperException as wrong:
        return _misused(wrong)
    except typer.Abort:
        complain("stopped: nothing was answered")
        return UNEXPECTED
    except BrokenPipeError:
        # Whoever read us has left; the interpreter must not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except OSError as refused:
        if refused.errno != errno.ENAMETOOLONG:
            return _unexpected(refused)
        complain("an argument is longer than the name of a file may be")
        return UsageError.exit_code
    except Exception as fault:  # the last line of defence: a person sees one line
        return _unexpected(fault)
    return code if isinstance(code, int) else 0


def _require_text(arguments: list[str]) -> None:
    """Refuse what nobody means and no database keeps; another program's words are its own.

    A file may be called anything: what is there is taken as it is.

    Raises:
        UsageError: an argument without end, with control characters, or that is not UTF-8.
    """
    for argument in arguments if arguments[:1] != ["exec"] else ():
        value = argument.partition("=")[2] if argument.startswith("--") else argument
        try:
            require_plain(argument, LONGEST, allowed="\n\t")
        except ValueError as wrong:
            if len(argument) > LONGEST or not os.path.lexists(value):
                raise UsageError(f"an argument {wrong}") from None


def _log(failure: OddsPipelineError) -> None:
    """What failed for another reason than how it was asked, if the log is open."""
    import logging

    if isinstance(failure, UsageError | NotFound) or not logging.getLogger().handlers:
        return
    level = logging.CRITICAL if isinstance(failure, DatabaseUnavailable) else logging.ERROR
    told = {"kind": type(failure).__name__, "why": str(failure)}
    logging.getLogger("odds").log(level, "command_failed", extra=told)


def _misused(wrong: typer.TyperException) -> int:
    message = wrong.format_message()
    if type(wrong).__name__ == "NoArgsIsHelpError":
        if message:
            sys.stderr.write(f"{message}\n")
        return wrong.exit_code
    context = getattr(wrong, "ctx", None)
    command = context.command_path if context is not None else "odds"
    complain(f"{message} (see `{command} --help`)")
    return wrong.exit_code


def _unexpected(fault: Exception) -> int:
    from odds_pipeline.log_file import log_path
    from odds_pipeline.redaction import install, redact
    from odds_pipeline.settings import load_settings

    try:
        settings = load_settings()
    except OddsPipelineError:
        complain(f"unexpected {type(fault).__name__}: {fault}")
        return UNEXPECTED
    import logging

    install(settings)
    logging.getLogger("odds").critical("unexpected", exc_info=fault)
    if settings.log_level == "DEBUG":
        sys.stderr.write(redact("".join(traceback.format_exception(fault))))
    first = (str(fault).strip().splitlines() or [""])[0]
    complain(f"unexpected {type(fault).__name__}: {first} (log: {log_path(settings)})")
    return UNEXPECTED
