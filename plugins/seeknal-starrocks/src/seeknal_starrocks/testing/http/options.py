"""What the headers of a load say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from seeknal_starrocks.testing.ddl.words import words_of

_KNOWN = words_of(
    """
    label db table format columns column_separator row_delimiter skip_header enclose escape
    trim_space strip_outer_array ignore_json_size max_filter_ratio timeout strict_mode timezone
    partial_update compression idle_transaction_timeout prepared_timeout load_mem_limit
    log_rejected_record_num
    """
)
_OF_HTTP = words_of(
    """
    host authorization expect content-length content-type user-agent transfer-encoding accept
    accept-encoding connection
    """
)
COMPRESSIONS = ("gzip", "bzip2")
MOST_BYTES_OF_JSON = 104_857_600
OPERATION = "__op"
"""The column that says whether a row is put or deleted."""


class BadLoad(Exception):
    """A load that is not carried out, for what is asked or for its rows."""

    def __init__(self, message: str, *, rows: int = 0, filtered: int = 0) -> None:
        super().__init__(message)
        self.rows = rows
        self.filtered = filtered


@frozen(kw_only=True)
class Options:
    label: str | None
    format: Literal["csv", "json"]
    columns: tuple[str, ...] | None
    separator: str
    enclose: str
    skip_header: int
    strip_outer_array: bool
    ignore_json_size: bool
    most_filtered: float
    partial_update: bool
    compression: str | None
    timezone: str
    """Of texts that are moments: Asia/Shanghai, where it is not said."""


def options_of(headers: Mapping[str, str]) -> Options:
    """Of headers whose names are in small letters.

    Raises BadLoad for one that is unknown, which StarRocks takes no notice of.
    """
    given = headers
    if unknown := sorted(given.keys() - _KNOWN - _OF_HTTP):
        raise BadLoad(f"unknown header {', '.join(unknown)}")
    format = given.get("format", "csv").lower()
    if format not in ("csv", "json"):
        raise BadLoad(f"unknown data format: {given['format']}")
    if _signs(given.get("row_delimiter", "\\n")) != "\n":
        raise BadLoad("the stand-in has no row delimiter but \\n")
    compression = given.get("compression", "").lower() or None
    if compression not in (None, *COMPRESSIONS):
        raise BadLoad(f"the stand-in does not know the compression {compression}")
    if given.get("escape"):
        raise BadLoad("the stand-in has no escape")
    return Options(
        label=given.get("label"),
        format="json" if format == "json" else "csv",
        columns=_columns(given.get("columns")),
        separator=_signs(given.get("column_separator", "\\t")),
        enclose=given.get("enclose", ""),
        skip_header=int(given.get("skip_header", "0")),
        strip_outer_array=_truth(given, "strip_outer_array"),
        ignore_json_size=_truth(given, "ignore_json_size"),
        most_filtered=float(given.get("max_filter_ratio", "0")),
        partial_update=_truth(given, "partial_update"),
        compression=compression,
        timezone=given.get("timezone", "Asia/Shanghai"),
    )


def _truth(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "false").lower()
    if value not in ("true", "false"):
        raise BadLoad(f"Invalid {name}: {value}")
    return value == "true"


def _signs(written: str) -> str:
    """A separator, of which signs may be written as ``\\x01``, ``\\t`` and ``\\n``."""
    plain = {"\\t": "\t", "\\n": "\n", "\\r": "\r"}
    return re.sub(
        r"\\x([0-9a-fA-F]{2})|\\[tnr]",
        lambda match: chr(int(match[1], 16)) if match[1] else plain[match[0]],
        written,
    )


def _columns(written: str | None) -> tuple[str, ...] | None:
    if not written:
        return None
    names = [name.strip() for name in written.split(",")]
    for name in names:
        if not re.fullmatch(r"`[^`]+`|\w+", name):
            raise BadLoad(f"the stand-in has no expressions in columns: {name}")
    return tuple(name.strip("`") for name in names)
