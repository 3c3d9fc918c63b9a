"""What an options class says that its options are: where a connection leads, which table, ..."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seeknal.kernel.options import fields_of

if TYPE_CHECKING:
    from seeknal.kernel.options import Field, Role


def with_role(cls: type, role: Role) -> tuple[Field, ...]:
    """The options of that role that a class declares."""
    return tuple(entry for entry in fields_of(cls) if entry.role == role)


def values_of(options: object, role: Role) -> Iterator[object]:
    """The values of the options of that role, without those that are None.

    ``options`` is None where something has none, such as a function that gives a source's rows.
    """
    if options is None:
        return
    for entry in with_role(type(options), role):
        value = getattr(options, entry.name)
        if value is not None:
            yield value


def texts_of(options: object, role: Role) -> tuple[str, ...]:
    """The texts that the options of that role hold, singly or in lists."""
    return tuple(
        text
        for value in values_of(options, role)
        for text in ([value] if isinstance(value, str) else _list(value))
        if isinstance(text, str) and text
    )


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) else ()
