"""``seeknal postgres``: the embedded server of a project."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import quote

import click

from seeknal.plugin import Command, ConnectionFailed
from seeknal_postgres.embedded import DATABASE, USER, Server, kept, running, server_of
from seeknal_postgres.options import Postgres

argument = click.argument("connection", default="")


@click.group("postgres")
def postgres_command() -> None:
    """Start, stop and look into the embedded PostgreSQL server."""


@postgres_command.command("start")
@argument
def start(connection: str) -> None:
    """Start the server and let it run until it is stopped."""
    server = running(_name(connection), _root())
    kept(server).touch()
    click.echo(f"running at 127.0.0.1:{server.port}, process {server.pid}")


@postgres_command.command("stop")
@argument
def stop(connection: str) -> None:
    """Stop the server; its data stays."""
    server = server_of(_name(connection), _root())
    kept(server).unlink(missing_ok=True)
    click.echo("stopped" if server.stop() else "was not running")


@postgres_command.command("status")
@argument
def status(connection: str) -> int:
    """Say whether the server runs; exit code 3 when it does not."""
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
    server = _started(connection)
    password = quote(server.password.reveal(), safe="")
    # Straight to the terminal's file: everything else that is printed masks the password.
    text = f"postgresql://{USER}:{password}@127.0.0.1:{server.port}/{DATABASE}\n"
    os.write(1, text.encode())


@postgres_command.command("psql", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option("--connection", default="", help="The connection; needed where there are several.")
def psql(arguments: tuple[str, ...], connection: str) -> int:
    """Open psql on the server; further arguments go to psql."""
    server = _started(connection)
    from seeknal_postgres.binaries import account, binaries

    environment = {
        **os.environ,
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGUSER": USER,
        "PGDATABASE": DATABASE,
        "PGPASSWORD": server.password.reveal(),
    }
    return subprocess.run([binaries(account()) / "psql", *arguments], env=environment).returncode


def _started(connection: str) -> Server:
    return running(_name(connection), _root())


def _command() -> Command:
    found: Command = click.get_current_context().obj
    return found


def _root() -> Path:
    return _command().project_root()


def _name(given: str) -> str:
    """The connection, or the only embedded one of the project."""
    known = _command().connections(Postgres)
    embedded = [name for name, options in known.items() if options.embedded]
    if given in embedded or (not given and len(embedded) == 1):
        return given or embedded[0]
    if not embedded:
        raise ConnectionFailed(
            "no connection of the project is embedded",
            code="SK1306",
            help="embedded: true below a connection in profiles.yml",
        )
    raise ConnectionFailed(
        f"connection {given!r} is not embedded" if given else "several connections are embedded",
        code="SK1307",
        help=f"say which: {', '.join(embedded)}",
    )
