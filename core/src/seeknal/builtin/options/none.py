"""What nodes say that are of a kind without keys of its own."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class NoOptions:
    """A kind without keys of its own."""
