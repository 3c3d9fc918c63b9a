"""What is checked of a node's rows, and what a check found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.values.later import Later, value_of

if TYPE_CHECKING:
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.problems import Severity


@frozen(kw_only=True)
class Audit:
    """One check on a node's rows; ``options`` is of its audit type's class, or a `Later` one."""

    type: str
    _options: object = field(eq=value_of)
    node: NodeId
    severity: Severity = "error"
    warn_if: str | None = None
    error_if: str | None = None
    message: str | None = None
    name: str | None = None
    """What it is called, for people."""
    where: str | None = None
    """A condition, checked: only rows that it is true for are audited."""
    declared_by: NodeId | None = None
    kept_as: str = ""
    """The declared type that ``options`` are of, where ``type`` is one of the project's own."""
    location: Location | None = None

    @property
    def options(self) -> object:
        """What it is given: an instance of its audit type's options class."""
        return value_of(self._options)

    @property
    def plain_options(self) -> object | None:
        """What its options are made of, where they are not made yet."""
        return self._options.plain if isinstance(self._options, Later) else None

    @property
    def declared_type(self) -> str:
        return self.kept_as or self.type


@frozen(kw_only=True)
class AuditResult:
    """What one audit found. ``failing_rows`` = 0 is a pass."""

    audit_type: str
    columns: tuple[str, ...] = ()
    passed: bool
    failing_rows: int
    severity: Severity = "error"
    message: str = ""
    duration_ms: float = 0.0
    sample: str | None = None
    name: str | None = None
    """The audit's own, which core fills in."""

    @property
    def title(self) -> str:
        """``unique(id)``, and what the audit is called where it has a name."""
        columns = f"({', '.join(self.columns)})" if self.columns else ""
        return f"{self.audit_type}{columns}" + (f' "{self.name}"' if self.name else "")
