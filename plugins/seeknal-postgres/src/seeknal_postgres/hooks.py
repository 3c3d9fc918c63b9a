"""Statements of a project's in the transaction of a delivery, before its rows and after them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from seeknal.plugin import DeliveryError, quote_literal, with_this
from seeknal_postgres.connecting import kept_of, told
from seeknal_postgres.keeping import number
from seeknal_postgres.statements import fault_of, may_change_rows, place_of

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


@frozen(kw_only=True)
class _Hook:
    """A statement of a delivery's, and which it is of several, 0 where it is the only one."""

    work: Work
    when: When
    text: str
    number: int

    @property
    def place(self) -> Location | None:
        """Where it stands in the project's files."""
        work = self.work
        return place_of(work.context.project_root, work.target, self.when, self.text)


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


def _run(server: Server, work: Work, when: When, texts: Sequence[str]) -> None:
    for at, text in enumerate(texts, 1):
        _run_one(server, _Hook(work=work, when=when, text=text, number=at if len(texts) > 1 else 0))


def _run_one(server: Server, hook: _Hook) -> None:
    import psycopg

    if (fault := fault_of(hook.text)) is not None:
        raise _failed(hook, fault)
    try:
        statement = with_this(hook.text, hook.work.table.quoted)
    except ValueError as error:
        raise _failed(hook, str(error)) from None
    mine = _transaction(server)
    try:
        # By the protocol that takes one statement alone: what follows another could end ours.
        server.execute(statement.encode(), binary=True)
    except psycopg.Error as error:
        if isinstance(error, psycopg.OperationalError) and (server.closed or server.broken):
            raise
        raise _refused(hook, error) from None
    if server.closed or _transaction(server) != mine:
        raise _failed(hook, "it has ended the transaction of the delivery")


def _transaction(server: Server) -> int:
    return number(server, "SELECT txid_current()")


def _refused(hook: _Hook, error: psycopg.Error) -> DeliveryError:
    private = hook.work.private
    hint = None if private else error.diag.message_hint
    return _failed(hook, told(error, private), hint=hint, kept=kept_of(error))


def _failed(
    hook: _Hook, text: str, *, hint: str | None = None, kept: str | None = None
) -> DeliveryError:
    table, place = hook.work.table, hook.place
    name = f"{hook.when} {hook.number}" if hook.number else hook.when
    at = f" ({place.file}:{place.line})" if place is not None and place.line else ""
    return DeliveryError(
        f"{name} of {table}{at} failed, and nothing was changed: {text}",
        code="SK1371",
        location=place,
        help=hint or "mend the statement; the rows are delivered by the next run",
        kept=f"{name} of {table}: {kept or text}",
    )
