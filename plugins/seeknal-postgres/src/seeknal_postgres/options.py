"""What project files and profiles may say about PostgreSQL."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.plugin import Duration, Secret, option


@frozen(kw_only=True)
class Postgres:
    """A connection of type ``postgresql``: libpq's keywords, a URL, or a private server."""

    url: Secret | None = option(
        None,
        role="location",
        summary="postgresql://host:5432/database, user and password before host",
    )
    embedded: bool = option(
        False, role="location", summary="a private server below .seeknal/postgres/, without a url"
    )
    host: str | None = option(
        None, role="location", summary="else libpq's PGHOST, or a local socket"
    )
    port: int | str | None = option(
        None, role="location", summary="5432 when nothing says otherwise"
    )
    dbname: str | None = option(
        None, aliases=("database",), role="location", summary="the database"
    )
    user: str | None = option(None, aliases=("username",), summary="the role to log in as")
    password: Secret | None = option(None, summary="else PGPASSWORD or ~/.pgpass")
    schema: str | None = option(
        None, role="schema", summary="where a table without a schema is; else public"
    )
    delivery_schema: str = option("seeknal", summary="holds the table of deliveries")
    online_schema: str = option("seeknal_online", summary="holds what is kept online")
    statement_timeout: Duration = option(
        Duration(1, "hour"), summary="the longest that one statement of a source may take"
    )
    lock_timeout: Duration = option(
        Duration(1, "minute"), summary="how long a delivery waits for another one's lock"
    )
    connect_timeout: int | str | None = option(10, summary="seconds")
    sslmode: str | None = option(None, summary="disable, prefer, require, verify-full, ...")
    sslrootcert: str | None = option(None, summary="file of the authorities to trust")
    sslcert: str | None = option(None, summary="file of the client's certificate")
    sslkey: str | None = option(None, summary="file of the client's key")
    sslpassword: Secret | None = option(None, summary="of the client's key")
    sslcrl: str | None = option(None, summary="file of revoked certificates")
    sslcrldir: str | None = option(None, summary="folder of revoked certificates")
    sslsni: str | None = option(None, summary="1 sends the host's name in TLS")
    sslcompression: str | None = option(None, summary="1 compresses")
    sslnegotiation: str | None = option(None, summary="postgres or direct")
    sslcertmode: str | None = option(None, summary="disable, allow or require")
    ssl_min_protocol_version: str | None = option(None, summary="TLSv1.2")
    ssl_max_protocol_version: str | None = option(None, summary="TLSv1.3")
    gssencmode: str | None = option(None, summary="disable, prefer or require")
    krbsrvname: str | None = option(None, summary="Kerberos service name")
    gsslib: str | None = option(None, summary="GSS library")
    gssdelegation: str | None = option(None, summary="1 forwards credentials")
    hostaddr: str | None = option(
        None, role="location", summary="address of the host, without a look-up"
    )
    passfile: str | None = option(None, summary="password file instead of ~/.pgpass")
    service: str | None = option(None, role="location", summary="an entry of pg_service.conf")
    options: str | None = option(
        None, role="location", summary="server settings: -c search_path=sales"
    )
    application_name: str | None = option("seeknal", summary="as pg_stat_activity shows it")
    fallback_application_name: str | None = option(None, summary="where no other is given")
    client_encoding: str | None = option(None, summary="only UTF8 is read and written")
    require_auth: str | None = option(None, summary="scram-sha-256 refuses weaker ones")
    channel_binding: str | None = option(None, summary="disable, prefer or require")
    requirepeer: str | None = option(None, summary="system user that a socket must belong to")
    target_session_attrs: str | None = option(None, summary="read-write, standby, ...")
    load_balance_hosts: str | None = option(None, summary="disable or random")
    keepalives: int | None = option(None, summary="0 switches keep-alives off")
    keepalives_idle: int | None = option(None, summary="seconds")
    keepalives_interval: int | None = option(None, summary="seconds")
    keepalives_count: int | None = option(None, summary="lost ones that end a connection")
    tcp_user_timeout: int | None = option(None, summary="milliseconds")


OURS = (
    *("url", "embedded", "schema", "delivery_schema", "online_schema"),
    *("statement_timeout", "lock_timeout"),
)
"""Options that libpq does not know."""


@frozen(kw_only=True)
class PostgresSource:
    """``params:`` of a postgresql source; a connection's values may be given in place."""

    host: str | None = option(None, summary="in place of the connection's")
    port: int | str | None = option(None, summary="in place of the connection's")
    dbname: str | None = option(None, aliases=("database",), summary="in place of the connection's")
    user: str | None = option(None, aliases=("username",), summary="in place of the connection's")
    schema: str | None = option(None, summary="where a table without a schema is")
    sslmode: str | None = option(None, summary="in place of the connection's")
    on_nan: Literal["error", "null"] = option(
        "error", summary="what a numeric that is NaN or infinite becomes"
    )
    statement_timeout: Duration | None = option(None, summary="in place of the connection's")
    transport: Literal["auto", "adbc", "duckdb"] = option(
        "auto", summary="duckdb: its postgres extension, where it is installed"
    )


@frozen(kw_only=True)
class PostgresTarget:
    """A target of type ``postgresql``."""

    table: str | None = option(None, role="table", summary="schema.name; else the node's name")
    time_column: str | None = option(None, summary="incremental_by_time: the column of time")
    lookback: Duration | int | None = option(
        None, summary="incremental_by_time: how far before the interval rows are replaced"
    )
    unique_keys: tuple[str, ...] = option(
        (),
        aliases=("unique_key", "key", "keys"),
        role="key",
        summary="upsert_by_key: what makes a row one",
    )
    cascade: bool = option(
        False, summary="full: a change of columns may drop the views that need the old ones"
    )
    create_table: bool = option(True, summary="false: the table has to be there")
    schema_change: Literal["fail", "evolve"] = option(
        "fail", summary="evolve: new columns are added to the table"
    )
    pre_hook: tuple[str, ...] = option(
        (),
        aliases=("pre-hook",),
        role="hook",
        summary="statements before the rows, in their transaction; {{ this }} is the table",
    )
    post_hook: tuple[str, ...] = option(
        (),
        aliases=("post-hook",),
        role="hook",
        summary="statements after the rows, in their transaction: GRANT SELECT ON {{ this }} TO x",
    )
