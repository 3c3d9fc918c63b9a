"""What sources and warehouses say of nodes, in the words of ``seeknal ingest``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.errors import SeeknalError
    from seeknal.values.sources import Source

_SQL = "in the node's SQL"
_NUL = f"replace(column, chr(0), '') {_SQL}"
_EVERYWHERE = (("; --retries tries the node again", ", and run again"), ("unique_keys", "--keys"))
_WITHOUT_QUERY = (
    (
        f"filter or change them {_SQL}, or cast the column",
        "change them in the source, or --column-type NAME=VARCHAR reads their text",
    ),
    (f"cast it {_SQL}: CAST(... AS VARCHAR)", "--column-type NAME=VARCHAR reads its text"),
    (f"cast the column {_SQL}", "--column-type NAME=TYPE reads the column as another type"),
    (f"cast it {_SQL}", "--column-type NAME=TYPE reads it as another type"),
    (_SQL, "in the source"),
)


def reword(error: SeeknalError, source: Source | None, plugins: Plugins) -> None:
    """Give an error the options that a load has in place of those of a node."""
    error.message = _replaced(error.message, _EVERYWHERE)
    error.kept = _replaced(error.kept, _EVERYWHERE)
    if error.help is None:
        return
    asks = source is not None and (source.query is not None or source.type in plugins.engines)
    pairs = [(_SQL, "with --query")] if asks else [(_NUL, _without_nul(source)), *_WITHOUT_QUERY]
    error.help = _replaced(error.help, [*_EVERYWHERE, *pairs])


def _without_nul(source: Source | None) -> str:
    if source is not None and hasattr(source.options, "nul"):
        return "--param nul=remove reads texts without such characters"
    return "take it out of the source"


def _replaced(text: str, pairs: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> str:
    for nodes, loads in pairs:
        text = text.replace(nodes, loads)
    return text
