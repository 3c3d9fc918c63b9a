"""From a connection's options to an open psycopg connection."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, fields

from seeknal.plugin import ConnectionFailed, Secret, scrub, without_values
from seeknal_postgres.options import OURS, Postgres, PostgresSource

if TYPE_CHECKING:
    import psycopg

SETTINGS = (
    "SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, YMD', false),"
    " set_config('IntervalStyle', 'postgres', false), set_config('bytea_output', 'hex', false),"
    " set_config('extra_float_digits', '1', false), set_config('client_min_messages', 'warning',"
    " false), set_config('synchronize_seqscans', 'off', false)"
)
"""What texts of values and the order of a scan depend on; poolers would not pass options."""
_URL = re.compile(
    r"postgres(?:ql)?://(?:[^@/]*@)?(?:[\w.,%~-]|\[[^\]@]*\]|:\d*(?=[,/?]|$))*(?:/[^@?]*)?(?:\?.*)?",
    re.DOTALL,
)
"""What libpq reads as it was meant. With a bare ``@`` or ``/`` in the password it would take the
rest of that for a host, a port or a database, and show it."""
_HELP = (
    (r"password authentication failed|no password supplied", "check user and password"),
    (r"database \"[^\"]*\" does not exist", "check database:"),
    (r"role \"[^\"]*\" does not exist", "check user:"),
    (r"could not translate host|Name or service not known|resolve host", "check host:"),
    (r"Connection refused|No such file or directory", "is a server running there?"),
    (r"timeout expired|timed out", "is the host reachable? connect_timeout is in seconds"),
    (r"server does not support SSL", "sslmode: prefer or disable"),
    (r"no pg_hba.conf entry", "the server's pg_hba.conf does not let this user in from here"),
)


def connect(name: str, options: Postgres, root: Path) -> psycopg.Connection[Any]:
    """An open connection that speaks UTF-8 and UTC. Raises ConnectionFailed."""
    import psycopg

    try:
        connection = psycopg.connect(**parameters(name, options, root), autocommit=True)
    except psycopg.Error as error:
        raise failed(name, error) from None
    connection.execute(SETTINGS)
    return connection


def parameters(name: str, options: Postgres, root: Path) -> dict[str, Any]:
    """What libpq is given, as keywords: a string of them could turn up in a message."""
    given = {
        field.name: value.reveal() if isinstance(value, Secret) else value
        for field in fields(Postgres)
        if field.name not in OURS and (value := getattr(options, field.name)) is not None
    }
    base = {}
    if options.url and options.url.reveal():
        base = _of_url(name, options.url)
    elif options.embedded:
        from seeknal_postgres.embedded import running

        base = running(name, root, told=True).parameters()
    # UTF-8 both ways: what another encoding cannot hold would be changed or refused.
    return {**base, **given, "client_encoding": "UTF8"}


def check(name: str, options: Postgres) -> None:
    """Raise ConnectionFailed for a URL that is not understood; nothing is connected to."""
    if options.url is None or not (text := options.url.reveal()):
        return
    # Only a query or an escape can be wrong in another way, and the driver is slow to import.
    if set("%?") & set(text) or not _URL.fullmatch(text):
        _of_url(name, options.url)


def _of_url(name: str, url: Secret) -> dict[str, Any]:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    text = url.reveal()
    try:
        if not _URL.fullmatch(text):
            raise ProgrammingError
        found = dict(conninfo_to_dict(text))
    except (ProgrammingError, UnicodeError):
        # The driver's words quote a piece of the URL, which may be of the password.
        raise ConnectionFailed(
            f"the url of connection {name!r} is not understood",
            code="SK1301",
            help="percent-encode the password: %40 for the at sign, %2F for a slash, %3A for a"
            " colon; or give host, port, user, password and database as keys of their own",
        ) from None
    if "password" in found:
        Secret(str(found["password"]))
    return found


def inline(options: Postgres, given: PostgresSource) -> Postgres:
    """``options`` with what a source gives in its place."""
    shared = {field.name for field in fields(Postgres)} & {
        field.name for field in fields(PostgresSource)
    }
    values = {name: getattr(given, name) for name in shared}
    return evolve(options, **{name: value for name, value in values.items() if value is not None})


def failed(name: str, error: Exception) -> ConnectionFailed:
    """What the server or libpq said, once, without what it says about our own attempts."""
    text = scrub(said(error))
    help = next((help for pattern, help in _HELP if re.search(pattern, text)), None)
    kept = f"connection {name!r}: {kept_of(error)}"
    return ConnectionFailed(f"connection {name!r}: {text}", code="SK1302", help=help, kept=kept)


def told(error: psycopg.Error, private: Collection[str]) -> str:
    """As `said`; where it may quote a row with values of ``private`` columns, only what it is."""
    if not private or (error.sqlstate or "08").startswith(_ABOUT_NO_ROW):
        return said(error)
    broken = error.diag.constraint_name
    return without_values(error, private) + (f" (constraint {broken})" if broken else "")


_ABOUT_NO_ROW = ("08", "28", "3D", "40", "42", "53", "55", "57", "58")
"""Classes of what befalls names, a connection, a lock or the machine, whatever the rows are."""


def kept_of(error: Exception) -> str:
    """As `said`, without what may be a value of a row or of a query: its kind, and what of the
    table is meant."""
    state = getattr(error, "sqlstate", None)
    diagnosed = getattr(error, "diag", None)
    if state is None or diagnosed is None or (state[:2] in _ABOUT_NO_ROW and state != _SYNTAX):
        return said(error)
    column, broken = diagnosed.column_name, diagnosed.constraint_name
    told = [
        f"{type(error).__name__} ({state})",
        f"column {column}" if column else "",
        f"constraint {broken}" if broken else "",
    ]
    return ", ".join(part for part in told if part)


_SYNTAX = "42601"
"""Its message quotes the query."""
_WHOLE_ROW = ("23502", "23514")
"""Where a value is missing or a check fails, the detail is all of the row, and the message names
column and constraint."""


def said(error: Exception) -> str:
    """The server's message and its detail, on one line."""
    diagnosed = getattr(error, "diag", None)
    if diagnosed is not None and diagnosed.message_primary:
        detail = None if diagnosed.sqlstate in _WHOLE_ROW else diagnosed.message_detail
        parts = (diagnosed.message_primary, detail)
        return scrub(". ".join(part for part in parts if part))
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    wanted = [line for line in lines if not line.startswith(("Multiple connection", "- host"))]
    return scrub((wanted or lines or [type(error).__name__])[0])
