"""Names of types as trees, and what each value has to look like to be one of the type."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from seeknal.sql.own import own_duckdb
from seeknal.sql.typetree import type_tree

if TYPE_CHECKING:
    import duckdb

    from seeknal.sql.typetree import TypeTree

FLOATS = ("FLOAT", "DOUBLE")


class Types:
    """Asks DuckDB, from the first question on, what types and texts are."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._trees: dict[str, TypeTree] = {}
        self._texts: dict[tuple[str, str], str | None] = {}

    def __enter__(self) -> Types:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def duckdb(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = self._open.enter_context(own_duckdb())
            self._connection.execute("SET TimeZone = 'UTC'")
        return self._connection

    def tree(self, text: str) -> TypeTree:
        """The type of a name, as DuckDB writes it. Raises ValueError with what it says of it."""
        if text not in self._trees:
            import duckdb

            try:
                self._trees[text] = type_tree(str(self.duckdb.type(text)))
            except duckdb.Error as error:
                raise ValueError(str(error).partition("\n")[0]) from None
        return self._trees[text]

    def refusal(self, text: str, type: str) -> str | None:
        """Why a text is no value of a type, as DuckDB says it; None where it is one."""
        key = (text, type)
        if key not in self._texts:
            import duckdb

            try:
                self.duckdb.execute(f"SELECT CAST(? AS {type})", [text])
                self._texts[key] = None
            except duckdb.Error as error:
                self._texts[key] = str(error).partition("\n")[0].partition(": ")[2]
        return self._texts[key]
