"""What the server says of the columns of a result."""

from __future__ import annotations

from typing import Any

from attrs import frozen

BINARY = 63
"""The charset of what is no text."""
_UNSIGNED = 32


@frozen(kw_only=True)
class Field:
    """A column as the wire tells of it; ``declared``: its type as the table has it, where known."""

    name: str
    code: int
    length: int
    charset: int
    scale: int
    flags: int = 0
    declared: str | None = None

    @property
    def unsigned(self) -> bool:
        return bool(self.flags & _UNSIGNED)

    @property
    def binary(self) -> bool:
        return self.charset == BINARY


def fields_of(cursor: Any) -> list[Field]:
    """Those of the result that a cursor of pymysql's has begun."""
    return [
        Field(
            name=field.name,
            code=field.type_code,
            length=field.length,
            charset=field.charsetnr,
            scale=field.scale,
            flags=field.flags,
        )
        for field in cursor._result.fields
    ]


TINY, SHORT, LONG, FLOAT, DOUBLE, NULL, TIMESTAMP, LONGLONG, INT24 = 1, 2, 3, 4, 5, 6, 7, 8, 9
DATE, TIME, DATETIME, YEAR, NEWDATE, VARCHAR, BIT = 10, 11, 12, 13, 14, 15, 16
JSON, NEWDECIMAL, ENUM, SET = 245, 246, 247, 248
TINY_BLOB, MEDIUM_BLOB, LONG_BLOB, BLOB, VAR_STRING, STRING, GEOMETRY = range(249, 256)
TEXTS = (VARCHAR, ENUM, SET, TINY_BLOB, MEDIUM_BLOB, LONG_BLOB, BLOB, VAR_STRING, STRING)
WIDEST = 38
"""Digits of the widest DECIMAL of DuckDB's."""
DATES, MOMENTS = (DATE, NEWDATE), (DATETIME, TIMESTAMP)
