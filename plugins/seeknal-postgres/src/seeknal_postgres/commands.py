"""``seeknal postgres``: the embedded server of a project."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import click

from seeknal.plugin import ConnectionFailed, connection_option, format_option, this_command

if TYPE_CHECKING:
    from seeknal_postgres.embedded import Server
    from seeknal_postgres.options import Postgres

F = TypeVar("F", bound=Callable[..., Any])


def server_options(function: F) -> F:
    """Which server is meant, and how the answer is written."""
    answer = format_option("text", "json")(function)
    return click.argument("connection", default="")(answer)


HOST = "127.0.0.1"


@click.group("postgres")
def postgres_command() -> None:
    """Start, stop and look into the embedded PostgreSQL server."""


@postgres_command.command("start")
@server_options
def start(connection: str, format_: str) -> None:
    """Start the server and let it run until it is stopped."""
    from seeknal_postgres.embedded import kept, running

    server = running(_name(connection), _root())
    kept(server).touch()
    if format_ == "json":
        this_command().print_json(_about(server))
    else:
        click.echo(f"running at {HOST}:{server.port}, process {server.pid}")


@postgres_command.command("stop")
@server_options
def stop(connection: str, format_: str) -> None:
    """Stop the server; its data stays."""
    from seeknal_postgres.embedded import kept, server_of

    server = server_of(_name(connection), _root())
    kept(server).unlink(missing_ok=True)
    stopped = server.stop()
    if format_ == "json":
        this_command().print_json({"status": "success", "running": False, "stopped": stopped})
    else:
        click.echo("stopped" if stopped else "was not running")


@postgres_command.command("status")
@server_options
def status(connection: str, format_: str) -> int:
    """Say whether the server runs; exit code 3 when it does not."""
    from seeknal_postgres.embedded import kept, server_of

    server = server_of(_name(connection), _root())
    if format_ == "json":
        this_command().print_json(_about(server))
    elif server.port is None:
        click.echo("not running")
    else:
        stays = "until it is stopped" if kept(server).exists() else "while a command uses it"
        click.echo(f"running at {HOST}:{server.port}, process {server.pid}, {stays}")
    return 3 if server.port is None else 0


def _about(server: Server) -> dict[str, Any]:
    from seeknal_postgres.embedded import kept

    running = server.port is not None
    return {
        "status": "success",
        "running": running,
        "host": HOST if running else None,
        "port": server.port,
        "process": server.pid if running else None,
        "kept": kept(server).exists(),
    }


@postgres_command.command("url")
@server_options
def url(connection: str, format_: str) -> None:
    """Print how other programs connect, with the password."""
    from seeknal_postgres.embedded import DATABASE, USER

    server = _started(connection)
    password = quote(server.password.reveal(), safe="")
    text = f"postgresql://{USER}:{password}@{HOST}:{server.port}/{DATABASE}"
    if format_ == "json":
        text = json.dumps({"schema_version": 1, "status": "success", "url": text}, indent=2)
    # Straight to the terminal's file: everything else that is printed masks the password.
    os.write(1, f"{text}\n".encode())


@postgres_command.command("psql", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@connection_option
def psql(arguments: tuple[str, ...], connection: str | None) -> int:
    """Open psql on a connection; further arguments go to psql.

    --connection is needed where there are several.
    """
    from seeknal_postgres.options import Postgres

    name, options = _one(
        connection or "", this_command().connections(Postgres), "of type postgresql"
    )
    from seeknal_postgres.connecting import parameters
    from seeknal_postgres.embedded import running
    from seeknal_postgres.psql import run_psql

    if options.embedded:
        # psql's own words are all that is printed here.
        running(name, _root())
    return run_psql(arguments, parameters(name, options, _root()))


def _started(connection: str) -> Server:
    from seeknal_postgres.embedded import running

    return running(_name(connection), _root())


def _root() -> Path:
    return this_command().project_root()


def _name(given: str) -> str:
    """The embedded connection that is meant: the only one, where none is named."""
    from seeknal_postgres.options import Postgres

    known = this_command().connections(Postgres)
    return _one(given, {k: v for k, v in known.items() if v.embedded}, "embedded")[0]


def _one(given: str, known: Mapping[str, Postgres], what: str) -> tuple[str, Postgres]:
    if given in known or (not given and len(known) == 1):
        name = given or next(iter(known))
        return name, known[name]
    if not known:
        raise ConnectionFailed(
            f"no connection of the project is {what}",
            code="SK1306",
            help="demo: {type: postgresql, embedded: true} below connections: in profiles.yml",
        )
    raise ConnectionFailed(
        f"connection {given!r} is not {what}" if given else f"several connections are {what}",
        code="SK1307",
        help=f"say which: {', '.join(known)}",
    )
