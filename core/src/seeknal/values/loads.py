"""Rows that are loaded without a project: what is asked of a source, what a warehouse is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LoadMode = Literal["append", "full", "upsert"]
SchemaChange = Literal["evolve", "freeze", "fail"]

SOURCE_FILE = "_source_file"
LOADED_AT = "_loaded_at"
"""The columns that a load adds: the file of the lake, and the moment (``DEFAULT now()``)."""


@frozen(kw_only=True)
class Since:
    """Of a source's rows those whose ``column`` is at least ``value``, or has no place in its
    order: NULL and infinite ones. ``value`` is a text that the column's type is read from.
    """

    column: str
    value: str


@frozen(kw_only=True)
class Horizon:
    """How far a source's rows were settled at one moment.

    ``value``: the largest of the column then, as text; None where nothing is settled. ``open``
    names what was at work then and may yet bring smaller ones. ``unseen`` says, for people, what
    may be at work that nobody can see: then rows are read only with a lag for what it brings.
    """

    value: str | None = None
    open: tuple[str, ...] = ()
    unseen: str | None = None


@frozen(kw_only=True)
class Load:
    """One load as a warehouse is asked for it.

    ``table`` is as it was written, or the load's name. ``files`` are those of the lake, as
    ``_source_file`` names them. ``types`` are types of columns in the words of ``protocol``, as
    far as they are known. ``landed``: the files lay there before, so that they may have been
    loaded; ``force`` loads them all the same.
    """

    run_id: str
    pipeline: str
    name: str
    protocol: str
    table: str
    mode: LoadMode = "append"
    keys: tuple[str, ...] = ()
    schema_change: SchemaChange = "evolve"
    files: tuple[str, ...] = ()
    types: Mapping[str, str] = field(factory=dict)
    landed: bool = False
    force: bool = False
    started_at: datetime


@frozen(kw_only=True)
class Loaded:
    """What a warehouse did: the rows it took, and what people want to know of it."""

    rows: int
    detail: str = ""
