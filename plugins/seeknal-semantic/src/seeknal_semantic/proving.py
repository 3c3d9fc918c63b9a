"""Whether each key that a query joins by is in one row, before it is answered.

Audits say so of rows that a run has looked at since the key was declared, where they are not left
out. Here the rows themselves are asked, those that are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.keys import severity_of, validity_of
from seeknal_semantic.options import SemanticModelKeys
from seeknal_semantic.telling import counted

if TYPE_CHECKING:
    from sqlglot import exp

    from seeknal.plugin import Node, NodeId
    from seeknal_semantic.compiler import CompiledQuery, MetricCompiler
    from seeknal_semantic.compiling.refusing import QueryRefused
    from seeknal_semantic.compiling.used_keys import UsedKey

Answer = Callable[["CompiledQuery"], tuple[list[str], list[tuple[Any, ...]]]]


class Proving:
    """Answers queries over rows that stay as they are, of which each key is asked about once."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._found: dict[exp.Select, tuple[int, int]] = {}

    def answer(
        self, compiler: MetricCompiler, query: CompiledQuery
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names and the rows of an answer. Raises as ``prove`` does."""
        self.prove(compiler, query)
        return self._answer(query)

    def prove(self, compiler: MetricCompiler, query: CompiledQuery) -> None:
        """Raise QueryRefused where a key that the query joins by is in several rows."""
        for key in query.keys:
            if key.question not in self._found:
                _, ((several, missing),) = self._answer(compiler.question(key, query))
                self._found[key.question] = (int(several or 0), int(missing or 0))
            found = self._found[key.question]
            if any(found):
                raise _doubled(key, *found)


def _doubled(key: UsedKey, several: int, missing: int) -> QueryRefused:
    said = []
    if several:
        verb = "is" if several == 1 else "are"
        said.append(f"{counted(several, 'value')} {verb} in several rows")
    if missing:
        said.append(f"{counted(missing, 'row')} {'has' if missing == 1 else 'have'} none")
    return refused(
        "SK1526",
        f"the query joins by {key}, which is no key of {key.rows}: {'; '.join(said)}",
        help="values would be counted twice: mend the rows, or what is declared of them",
    )


def refuse_unaudited(keys: tuple[UsedKey, ...], nodes: Mapping[NodeId, Node]) -> None:
    """Raise QueryRefused for a key of which no audit holds rows back that are not as declared."""
    for key in keys:
        options = nodes[key.owner].options
        if not isinstance(options, SemanticModelKeys):
            continue
        for entry in options.entities:
            has_validity = validity_of(options) is not None
            if entry.name == key.name and severity_of(entry, has_validity) != "error":
                raise refused(
                    "SK1527",
                    f"the query joins by {key}, and no audit of that key holds rows back",
                    help="audit: error on the entity, or leave audit out",
                )
