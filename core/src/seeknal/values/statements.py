"""Statements that a project has run where its rows are delivered."""

from __future__ import annotations

THIS = "{{ this }}"
"""What stands in a hook of a target for the table that is written."""


def with_this(hook: str, name: str) -> str:
    """A hook with the quoted ``name`` of the table for ``{{ this }}``.

    Raises ValueError for a name with a quote in it that could end a text of the hook's.
    """
    if THIS in hook and "'" in name:
        raise ValueError(f"the name {name} has a quote in it, which may end a text")
    return hook.replace(THIS, name)
