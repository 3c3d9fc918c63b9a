"""Columns of the project's nodes, by which expressions of other dialects are translated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from seeknal.plugin import SeeknalError, SqlRefused
from seeknal_semantic.importing.expressions import OURS, Expressions
from seeknal_semantic.importing.taking import ImportRefused

if TYPE_CHECKING:
    from seeknal.plugin import Command, NodeId, Outputs


@contextmanager
def expressions_of(command: Command, dialect: str | None) -> Iterator[Expressions]:
    """A reader of expressions, for the block. Raises ImportRefused for an unknown dialect."""
    if dialect in (None, OURS):
        yield Expressions(dialect=dialect)
        return
    assert dialect is not None
    _check(dialect)
    with ExitStack() as stack:
        outputs = _outputs(command, stack)

        def columns(node: NodeId) -> dict[str, str] | None:
            try:
                found = outputs.relation(node).columns if outputs else ()
            except SeeknalError:
                return None
            return {each.name: each.type for each in found} or None

        yield Expressions(dialect=dialect, columns=columns)


def _check(dialect: str) -> None:
    from seeknal.plugin import translate

    try:
        translate("SELECT 1 AS x", dialect, OURS, {})
    except SqlRefused as error:
        raise ImportRefused(str(error)) from None


def _outputs(command: Command, stack: ExitStack) -> Outputs | None:
    """None in a project that has not run."""
    try:
        return stack.enter_context(command.outputs())
    except SeeknalError:
        return None
