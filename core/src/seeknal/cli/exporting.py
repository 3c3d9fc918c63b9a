"""``schedule export``: schedules as files of other programs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command, said
from seeknal.cli.common import (
    environment_option,
    explicit,
    project_options,
    project_root,
    request,
)
from seeknal.cli.exported_files import write_files
from seeknal.cli.streams import say
from seeknal.host import clock
from seeknal.kernel.command_options import format_option, output_option
from seeknal.values.errors import ProjectError, UsageError
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.scheduling.export.formats import Format
    from seeknal.scheduling.export.jobs import Export

NAMES = ("crontab", "systemd", "airflow", "github-actions", "kubernetes")
_OF_SOME = ("user", "timezone", "image", "storage", "secrets")
"""Options that only some formats take."""
_FORMS = {
    "user": (r"[a-z_][a-z0-9_.-]*\$?", "the name of a user"),
    "image": (r"[a-z0-9][A-Za-z0-9_.:/@-]*", "the name of an image"),
    "storage": (r"[0-9]+(\.[0-9]+)?([EPTGMk]|[EPTGMK]i)?", "a size, as 10Gi"),
    "secrets": (r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable"),
}


@click.command("export", cls=Command)
@format_option(*NAMES, shown="none")
@output_option
@environment_option
@click.option("--user", metavar="USER", help="Who runs it, of crontab and systemd.")
@click.option(
    "--cron-timezone",
    "timezone",
    metavar="ZONE",
    show_default="this machine's",
    help="The zone of the clock that cron goes by.",
)
@click.option("--image", metavar="IMAGE", help="The image with seeknal and the project.")
@click.option(
    "--storage",
    metavar="SIZE",
    default="10Gi",
    show_default=True,
    help="How much room Kubernetes gives to target/.",
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME",
    help="An environment variable that is a secret of GitHub or Kubernetes; may be repeated.",
)
@project_options
def export_command(
    format_: str | None, output: Path | None, environment: str, **options: Any
) -> None:
    """Write when nodes are due for cron, systemd, Airflow, GitHub Actions or Kubernetes.

    Each schedule becomes an entry that runs its nodes and those that run along with them, whichever
    they are by then. --output names a file, or a folder; files of an earlier export are replaced.
    """
    from seeknal.plan.session import read_project
    from seeknal.scheduling.export.formats import FORMATS, differences

    if format_ is None:
        raise UsageError(
            "--format says for which program", code="SK0250", help=f"one of {', '.join(NAMES)}"
        )
    format = FORMATS[format_]
    _check(format_, format, options)
    given = {name: options.pop(name) for name in _OF_SOME}
    given["timezone"] = _zone(given["timezone"]) if "timezone" in format.options else "UTC"
    asked = request(command="schedule", environment=environment, **options)
    loaded = read_project(project_root(), asked)
    runs = _options(environment, options, loaded, here=format.here)
    export = _export(loaded, environment, runs, given)
    _refuse_unsaid(format, export, loaded)
    files = format.render(export)
    for note in (*format.lacks(export), *differences(format, export)):
        say(f"note: {note}")
    write_files(files, output, several=format.several)


def _check(name: str, format: Format, options: dict[str, Any]) -> None:
    """Raise UsageError for an option of another format, and for what is none."""
    from seeknal.scheduling.export.formats import FORMATS

    parameters = {entry.name: entry for entry in click.get_current_context().command.params}
    for option in _OF_SOME:
        if explicit(option) and option not in format.options:
            theirs = [name for name, other in FORMATS.items() if option in other.options]
            raise UsageError(
                f"{said(parameters[option])} is of {' and '.join(theirs)}, not of {name}",
                code="SK0255",
                help="leave it out",
            )
    for option, (form, what) in _FORMS.items():
        value = options[option]
        for text in value if isinstance(value, tuple) else (value,):
            if text is not None and not re.fullmatch(form, text):
                raise UsageError(
                    f"{said(parameters[option])} {text!r} is not {what}", code="SK0250"
                )
    if "image" in format.options and options["image"] is None:
        raise UsageError(
            "--image says what Kubernetes runs",
            code="SK0250",
            help="--image registry.example.com/shop:1.0, with seeknal and the project in /project",
        )


def _export(
    loaded: Loaded, environment: str, runs: tuple[str, ...], given: dict[str, Any]
) -> Export:
    from seeknal.graph.agenda import NO_SCHEDULE, agenda_of, by_timing
    from seeknal.scheduling.export.jobs import Export, jobs_of, refuse_breaks
    from seeknal.values.secret import holds_secret

    project = loaded.project
    known = by_timing(agenda_of(project.nodes, loaded.graph))
    if not known:
        raise UsageError(NO_SCHEDULE, code="SK0306")
    program = _program()
    folder = project.root.absolute()
    told = {"the folder of the project": str(folder), "the path of seeknal": " ".join(program)}
    refuse_breaks({**told, **{f"the option {option!r}": option for option in runs}})
    if any(map(holds_secret, runs)):
        raise UsageError(
            "a secret would stand in the file for all to read",
            code="SK0297",
            help="keep it in the environment or in .env, and use ${NAME} in profiles.yml",
        )
    return Export(
        project=project.name,
        environment=environment,
        folder=folder,
        program=program,
        jobs=jobs_of(known),
        options=runs,
        now=int(clock.now().timestamp()),
        **given,
    )


def _refuse_unsaid(format: Format, export: Export, loaded: Loaded) -> None:
    """Raise ProjectError for the nodes with schedules that a program has no words for."""
    from seeknal.intervals.timings import timing_of
    from seeknal.scheduling.export.formats import unsaid
    from seeknal.values.problems import Problem
    from seeknal.values.spots import find_word

    errors = {job.timing: error for job, error in unsaid(format, export)}
    problems = [
        Problem(
            code="SK0296",
            message=f"{node.id}: {error.message}",
            location=find_word(loaded.project.root, node.location, "schedule"),
            help=error.help,
            node=node.id,
        )
        for node in loaded.project.nodes.values()
        if node.schedule is not None
        for error in [errors.get(timing_of(node.schedule))]
        if error is not None
    ]
    if problems:
        raise ProjectError(problems)


def _options(
    environment: str, options: dict[str, Any], loaded: Loaded, *, here: bool
) -> tuple[str, ...]:
    """What every run is told besides its schedule."""
    found = [] if environment == PRODUCTION else ["--env", environment]
    for variable in options["variables"]:
        found += ["--var", variable]
    profile = options["profile"]
    if profile is not None:
        root, path = loaded.project.root.resolve(), profile.resolve()
        below = path.is_relative_to(root)
        if not (here or below):
            raise UsageError(
                f"--profile {profile} is not in the project's folder, and so not where it runs",
                code="SK0250",
                help="put it there: secrets are no part of it, but names of variables",
            )
        found += ["--profile", str(path.relative_to(root) if below else path)]
    return tuple(found)


def _program() -> tuple[str, ...]:
    """What starts the seeknal that this is."""
    command = Path(sys.executable).with_name("seeknal")
    return (str(command),) if command.is_file() else (sys.executable, "-m", "seeknal")


def _zone(named: str | None) -> str:
    """By which clock cron goes. Raises UsageError for no zone, and where it is not known."""
    from seeknal.host.zone import machine_zone
    from seeknal.project.zones import zone_fault
    from seeknal.scheduling.export.clocks import same_clock

    found = named or machine_zone()
    if found is None:
        raise UsageError(
            "this machine does not say in which zone its clock is",
            code="SK0250",
            help="say it: --cron-timezone Europe/Berlin",
        )
    if fault := zone_fault(found):
        raise UsageError(f"--cron-timezone: {fault}", code="SK0250")
    same = same_clock(found, "UTC", int(clock.now().timestamp()))
    return "UTC" if same else found
