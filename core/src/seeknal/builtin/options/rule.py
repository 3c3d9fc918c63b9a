"""What rules say."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from seeknal.plugin import option


@frozen(kw_only=True)
class RuleOptions:
    """The keys of a rule beside its ``audits:``."""

    rule: Mapping[str, object] | tuple[Mapping[str, object], ...] | None = option(
        None, summary="checks as seeknal 2.x writes them"
    )
