"""Refusing a query: what it asks for has no exact answer here."""

from __future__ import annotations

from seeknal.plugin import SeeknalError


class QueryRefused(SeeknalError):
    """A query that means nothing, or whose answer would not be exact."""

    exit_code = 2
    default_code = "SK1515"


def reason_of(error: Exception) -> str:
    """What DuckDB says is wrong: its first line without the error's kind."""
    return str(error).splitlines()[0].partition(": ")[2] or str(error)


def refused(code: str, message: str, help: str | None = None) -> QueryRefused:
    return QueryRefused(message, code=code, help=help)
