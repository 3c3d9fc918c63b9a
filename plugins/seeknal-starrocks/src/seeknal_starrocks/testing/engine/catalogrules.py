"""What an external catalog has to say of where it leads."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seeknal_starrocks.testing.refusing import analysis

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,1022}")
_METASTORES = ("hive", "glue", "rest", "jdbc")
_OAUTH2 = ("iceberg.catalog.oauth2.token", "iceberg.catalog.oauth2.credential")


def judge_catalog(name: str, properties: Mapping[str, str]) -> None:
    """Raises Refused."""
    if not _NAME.fullmatch(name):
        raise analysis(f"Incorrect catalog name '{name}'")
    kind = properties.get("iceberg.catalog.type", "").lower()
    if kind and kind not in _METASTORES:
        raise analysis(f"iceberg.catalog.type is of an unknown type: {kind}")
    if kind in ("rest", "jdbc") and not properties.get("iceberg.catalog.uri"):
        raise analysis("iceberg.catalog.uri is missing")
    security = properties.get("iceberg.catalog.security", "none").lower()
    if security not in ("none", "oauth2", "jwt"):
        raise analysis(f"iceberg.catalog.security is of an unknown type: {security}")
    if security == "oauth2" and not any(properties.get(key) for key in _OAUTH2):
        raise analysis("iceberg.catalog.security by OAuth2 needs a token or a credential")
