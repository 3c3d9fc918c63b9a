"""What profiles say."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from seeknal.plugin import option


def _positive(instance: object, attribute: Any, value: int) -> None:
    if value < 1:
        raise ValueError(f"{attribute.name} is at least 1, not {value}")


@frozen(kw_only=True)
class ProfileParams:
    """``profile.params:``"""

    max_top_values: int = option(5, summary="most frequent values to keep", validator=_positive)


@frozen(kw_only=True)
class ProfileKeys:
    """``profile:``"""

    columns: tuple[str, ...] = option((), summary="all when absent")
    params: ProfileParams = option(factory=ProfileParams, summary="how it is measured")


@frozen(kw_only=True)
class ProfileOptions:
    """The keys of a profile."""

    profile: ProfileKeys = option(factory=ProfileKeys, summary="what is measured")
