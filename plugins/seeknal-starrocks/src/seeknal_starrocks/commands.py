"""``seeknal starrocks``: lets StarRocks read the tables of an Iceberg catalog."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seeknal.plugin import (
    ConnectionFailed,
    connection_option,
    format_option,
    this_command,
)

if TYPE_CHECKING:
    from seeknal_starrocks.externalcatalog import ExternalCatalog

T = TypeVar("T")

_ICEBERG = "iceberg"


@click.group("starrocks")
def starrocks_command() -> None:
    """Let StarRocks read the tables of an Iceberg catalog."""


@starrocks_command.command("setup-catalog")
@click.option("--name", metavar="NAME", help="What StarRocks calls it, else as its connection is.")
@click.option("--iceberg", metavar="NAME", help="The connection to Iceberg, where several are.")
@click.option("--uri", metavar="URL", help="Of the REST catalog, in place of the connection's.")
@click.option("--warehouse", metavar="NAME", help="Of the catalog, in place of the connection's.")
@click.option("--s3-endpoint", metavar="URL", help="As StarRocks reaches the store.")
@click.option("--s3-region", metavar="REGION", help="Of the store.")
@click.option("--execute", is_flag=True, help="Make it there, and look whether it answers.")
@click.option("--show-secrets", is_flag=True, help="Print tokens and keys as they are.")
@connection_option
@format_option("text", "json")
def setup_catalog(
    name: str | None,
    iceberg: str | None,
    uri: str | None,
    warehouse: str | None,
    s3_endpoint: str | None,
    s3_region: str | None,
    execute: bool,
    show_secrets: bool,
    connection: str | None,
    format_: str,
) -> None:
    """Print the CREATE EXTERNAL CATALOG of an Iceberg REST catalog, or carry it out.

    What it says is taken from the connection to Iceberg of profiles.yml. A catalog that is there
    is compared, and neither changed nor dropped.
    """
    replaced = {
        **{"uri": uri, "warehouse": warehouse},
        **{"s3_endpoint": s3_endpoint, "s3_region": s3_region},
    }
    given = {key: value for key, value in replaced.items() if value is not None}
    for key in ("uri", "s3_endpoint"):
        _refuse_secret(f"--{key.replace('_', '-')}", given.get(key, ""))
    catalog = _catalog(name, iceberg, given)
    if not execute:
        _show(catalog, show_secrets, format_, {})
        return
    from seeknal_starrocks.options import StarRocks
    from seeknal_starrocks.settingup import set_up

    known = this_command().connections(StarRocks, connection)
    chosen = _one(connection, known, "starrocks", "--connection")
    done = set_up(catalog, chosen, known[chosen])
    _show(
        catalog,
        show_secrets,
        format_,
        {"connection": chosen, "made": done.made, "databases": list(done.databases)},
    )


def _refuse_secret(option: str, address: str) -> None:
    """Raise ConnectionFailed for an address that has more to it than where it leads."""
    if "@" in address or "?" in address:
        raise ConnectionFailed(
            f"{option} takes where it is and nothing else: a password, a key or a token in it"
            " shows in the list of processes",
            code="SK1606",
            help="token:, credential: and keys of S3 stand in the connection to Iceberg",
        )


def _catalog(name: str | None, iceberg: str | None, given: Mapping[str, str]) -> ExternalCatalog:
    """Of the connection to Iceberg, unless all that has to be known is ``given``."""
    from seeknal_starrocks.externalcatalog import catalog_of

    if iceberg is None and "uri" in given and name is not None:
        return catalog_of(name, given)
    known = this_command().options_of(_ICEBERG, iceberg)
    chosen = _one(iceberg, known, _ICEBERG, "--iceberg")
    options = known[chosen]
    if others := options.get("properties"):
        assert isinstance(others, Mapping)
        click.echo(
            f"properties of connection {chosen} are PyIceberg's, and left out: {', '.join(others)}",
            err=True,
        )
    return catalog_of(name or chosen, {**options, **given})


def _one(given: str | None, known: Mapping[str, T], type: str, option: str) -> str:
    """Which connection is meant, of those ``known``. Raises ConnectionFailed."""
    if len(known) == 1:
        return next(iter(known))
    if given is not None:
        message = f"connection {given!r} is not of type {type}"
        help = "seeknal connection list shows which are"
    elif known:
        message, help = f"several connections are of type {type}", f"{option} {' or '.join(known)}"
    else:
        message = f"no connection of the project is of type {type}"
        help = f"NAME: {{type: {type}, ...}} below connections: in profiles.yml"
        help += "; or say --name and --uri" if type == _ICEBERG else ""
    raise ConnectionFailed(message, code="SK1965", help=help)


def _show(
    catalog: ExternalCatalog, show_secrets: bool, format_: str, done: Mapping[str, Any]
) -> None:
    statement = catalog.statement(revealed=show_secrets)
    answer = {"status": "success", "name": catalog.name, "sql": statement, **done}
    if format_ == "json":
        if show_secrets:
            _write_as_it_is(json.dumps({"schema_version": 1, **answer}, indent=2))
        else:
            this_command().print_json(answer)
        return
    if show_secrets:
        _write_as_it_is(f"{statement};")
    else:
        click.echo(f"{statement};")
    if done:
        made = "was made" if done["made"] else "is there as it should be"
        seen = ", ".join(done["databases"]) or "none yet"
        click.echo(f"catalog {catalog.name} {made}; databases: {seen}", err=True)
    elif not show_secrets and "***" in statement:
        click.echo("secrets are masked; --show-secrets shows them, --execute uses them", err=True)


def _write_as_it_is(text: str) -> None:
    """To standard output: what is printed in any other way is masked."""
    os.write(1, f"{text}\n".encode())


older_spelling = click.Command(
    "starrocks-setup-catalog",
    params=setup_catalog.params,
    callback=setup_catalog.callback,
    help=setup_catalog.help,
    hidden=True,
)
"""What seeknal 2.x calls it."""
