"""Statements of a project's in the transaction of a delivery, before its rows and after them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from seeknal.plugin import DeliveryError, find_in_text, quote_literal, with_this
from seeknal_postgres.connecting import kept_of, told
from seeknal_postgres.statements import fault_of, may_change_rows

if TYPE_CHECKING:
    import psycopg

    from seeknal.plugin import Location
    from seeknal_postgres.work import Work

    Server = psycopg.Connection[Any]
    When = Literal["pre_hook", "post_hook"]

_MEANING = (
    *("TimeZone", "DateStyle", "IntervalStyle", "bytea_output", "extra_float_digits"),
    *("client_encoding", "standard_conforming_strings", "array_nulls", "xmloption", "search_path"),
    *("lc_monetary", "transform_null_equals", "synchronize_seqscans"),
)
"""Settings on which it depends how values are read that are sent."""
_TRANSACTION = "SELECT txid_current()"


def before_rows(server: Server, work: Work) -> None:
    """Run the statements before the rows. Raises DeliveryError for one that fails."""
    hooks = work.options.pre_hook
    if not hooks:
        return
    settings = _settings(server)
    _run(server, work, "pre_hook", hooks)
    values = ", ".join(
        f"set_config({quote_literal(name)}, {quote_literal(value)}, false)"
        for name, value in settings
    )
    server.execute(f"SELECT {values}".encode())


def after_rows(server: Server, work: Work) -> None:
    """Run the statements after the rows. Raises DeliveryError for one that fails."""
    _run(server, work, "post_hook", work.options.post_hook)


def counted_anew(work: Work) -> bool:
    """Whether only the table itself tells how many rows it has after its hooks."""
    return any(map(may_change_rows, (*work.options.pre_hook, *work.options.post_hook)))


def _settings(server: Server) -> list[tuple[str, str]]:
    wanted = ", ".join(f"current_setting({quote_literal(name)}, true)" for name in _MEANING)
    row = server.execute(f"SELECT {wanted}".encode()).fetchone()
    assert row is not None
    known = zip(_MEANING, row, strict=True)
    return [(name, value) for name, value in known if value is not None]


def _run(server: Server, work: Work, when: When, hooks: Sequence[str]) -> None:
    for number, hook in enumerate(hooks, 1):
        _run_one(server, work, when, hook, number if len(hooks) > 1 else 0)


def _run_one(server: Server, work: Work, when: When, hook: str, number: int) -> None:
    import psycopg

    if (fault := fault_of(hook)) is not None:
        raise _failed(work, when, hook, number, fault)
    try:
        statement = with_this(hook, work.table.quoted)
    except ValueError as error:
        raise _failed(work, when, hook, number, str(error)) from None
    mine = _transaction(server)
    try:
        # By the protocol that takes one statement alone: what follows another could end ours.
        server.execute(statement.encode(), binary=True)
    except psycopg.OperationalError as error:
        if server.closed or server.broken:
            raise
        raise _refused(work, when, hook, number, error) from None
    except psycopg.Error as error:
        raise _refused(work, when, hook, number, error) from None
    if server.closed or _transaction(server) != mine:
        raise _failed(work, when, hook, number, "it has ended the transaction of the delivery")


def _transaction(server: Server) -> int:
    row = server.execute(_TRANSACTION).fetchone()
    assert row is not None
    return int(row[0])


def _refused(work: Work, when: When, hook: str, number: int, error: psycopg.Error) -> DeliveryError:
    hint = None if work.private else error.diag.message_hint
    text, kept = told(error, work.private), kept_of(error)
    return _failed(work, when, hook, number, text, hint=hint, kept=kept)


def _failed(
    work: Work,
    when: When,
    hook: str,
    number: int,
    text: str,
    *,
    hint: str | None = None,
    kept: str | None = None,
) -> DeliveryError:
    name = f"{when} {number}" if number else when
    place = _place(work, when, hook)
    at = f" ({place.file}:{place.line})" if place is not None and place.line else ""
    return DeliveryError(
        f"{name} of {work.table}{at} failed, and nothing was changed: {text}",
        code="SK1371",
        location=place,
        help=hint or "mend the statement; the rows are delivered by the next run",
        kept=f"{name} of {work.table}: {kept or text}",
    )


def _place(work: Work, when: When, hook: str) -> Location | None:
    start = work.target.location
    if start is None:
        return None
    keys = (when, when.replace("_", "-"))
    return find_in_text(work.context.project_root, start, hook, (0, 0), *keys)
