"""Every audit type of this plugin by the class of its options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal_audits import rowwise, uniqueness, wholes

if TYPE_CHECKING:
    from seeknal.plugin import Audit
    from seeknal_audits.entries import Entry

ENTRIES: tuple[Entry, ...] = (*rowwise.ENTRIES, uniqueness.ENTRY, *wholes.ENTRIES)
_BY_OPTIONS = {entry.type.options: entry for entry in ENTRIES}


def entry_of(audit: Audit) -> Entry:
    """The entry of an audit of ours. Raises KeyError for another plugin's."""
    return _BY_OPTIONS[type(audit.options)]


def is_ours(audit: Audit) -> bool:
    """Whether this plugin declared the audit's type."""
    return type(audit.options) in _BY_OPTIONS
