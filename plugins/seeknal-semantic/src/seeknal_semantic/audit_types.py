"""The audit types of declared keys."""

from __future__ import annotations

from seeknal.plugin import AuditType

TYPES = (
    AuditType(
        name="entity_key",
        options="seeknal_semantic.key_options:EntityKey",
        summary="each row has a key, and no key occurs twice; what semantic models declare",
    ),
    AuditType(
        name="entity_reference",
        options="seeknal_semantic.key_options:EntityReference",
        summary="each key that is given is found elsewhere; what semantic models declare",
    ),
)
