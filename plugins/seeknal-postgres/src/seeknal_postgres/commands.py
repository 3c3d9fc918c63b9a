"""``seeknal postgres``: the embedded server of a project."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from seeknal.plugin import Command, ConnectionFailed
from seeknal_postgres.options import Postgres

if TYPE_CHECKING:
    from seeknal_postgres.embedded import Server

argument = click.argument("connection", default="")


@click.group("postgres")
def postgres_command() -> None:
    """Start, stop and look into the embedded PostgreSQL server."""


@postgres_command.command("start")
@argument
def start(connection: str) -> None:
    """Start the server and let it run until it is stopped."""
    from seeknal_postgres.embedded import kept, running

    server = running(_name(connection), _root())
    kept(server).touch()
    click.echo(f"running at 127.0.0.1:{server.port}, process {server.pid}")


@postgres_command.command("stop")
@argument
def stop(connection: str) -> None:
    """Stop the server; its data stays."""
    from seeknal_postgres.embedded import kept, server_of

    server = server_of(_name(connection), _root())
    kept(server).unlink(missing_ok=True)
    click.echo("stopped" if server.stop() else "was not running")


@postgres_command.command("status")
@argument
def status(connection: str) -> int:
    """Say whether the server runs; exit code 3 when it does not."""
    from seeknal_postgres.embedded import kept, server_of

    server = server_of(_name(connection), _root())
    if server.port is None:
        click.echo("not running")
        return 3
    stays = "until it is stopped" if kept(server).exists() else "while a command uses it"
    click.echo(f"running at 127.0.0.1:{server.port}, process {server.pid}, {stays}")
    return 0


@postgres_command.command("url")
@argument
def url(connection: str) -> None:
    """Print how other programs connect, with the password."""
    from seeknal_postgres.embedded import DATABASE, USER

    server = _started(connection)
    password = quote(server.password.reveal(), safe="")
    # Straight to the terminal's file: everything else that is printed masks the password.
    text = f"postgresql://{USER}:{password}@127.0.0.1:{server.port}/{DATABASE}\n"
    os.write(1, text.encode())


@postgres_command.command("psql", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--connection", default="", help="The connection; needed where there are several.")
def psql(arguments: tuple[str, ...], connection: str) -> int:
    """Open psql on a connection; further arguments go to psql."""
    name, options = _one(connection, _command().connections(Postgres), "of type postgresql")
    from seeknal_postgres.connecting import parameters
    from seeknal_postgres.psql import run_psql

    return run_psql(arguments, parameters(name, options, _root()))


def _started(connection: str) -> Server:
    from seeknal_postgres.embedded import running

    return running(_name(connection), _root())


def _command() -> Command:
    found: Command = click.get_current_context().obj
    return found


def _root() -> Path:
    return _command().project_root()


def _name(given: str) -> str:
    """The embedded connection that is meant: the only one, where none is named."""
    known = _command().connections(Postgres)
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
