"""What snapshots say."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from seeknal.plugin import option


@frozen(kw_only=True)
class SnapshotOptions:
    """The keys of a snapshot."""

    unique_key: tuple[str, ...] = option(
        aliases=("unique_keys",), summary="the columns that identify what has versions"
    )
    strategy: Literal["timestamp", "check"] = option(
        summary="timestamp: a later updated_at makes a version; check: another value does"
    )
    updated_at: str | None = option(
        None, summary="with timestamp: the column that says since when a row holds"
    )
    check_columns: tuple[str, ...] = option(
        (), aliases=("check_cols",), summary="with check: the columns that are compared, or all"
    )
    hard_deletes: Literal["ignore", "invalidate", "new_record"] | None = option(
        None,
        summary="of keys that the input no longer has: ignore (the default) leaves their version"
        " current, invalidate ends it, new_record adds one that says so",
    )
    invalidate_hard_deletes: bool = option(
        False, summary="dbt's older word for hard_deletes: invalidate"
    )

    @property
    def when(self) -> str | None:
        """The column that says since when a row holds; None where the moment of a run does."""
        return self.updated_at if self.strategy == "timestamp" else None

    @property
    def checks_all(self) -> bool:
        """Whether every column is compared."""
        return self.check_columns == ("all",)

    @property
    def may_change(self) -> bool:
        """Whether any of the columns that are compared can be another for the same key."""
        keys = {name.lower() for name in self.unique_key}
        return self.checks_all or not keys.issuperset(name.lower() for name in self.check_columns)

    @property
    def deletes(self) -> Literal["ignore", "invalidate", "new_record"]:
        """What becomes of keys that the input no longer has."""
        old = "invalidate" if self.invalidate_hard_deletes else "ignore"
        return self.hard_deletes or old  # type: ignore[return-value]

    @property
    def told_apart_by(self) -> tuple[str, ...]:
        """The columns of which no two rows of an input may have the same values."""
        return (*self.unique_key, *([] if self.when is None else [self.when]))
