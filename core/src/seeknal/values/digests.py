"""One hash over several texts."""

from __future__ import annotations

from hashlib import sha256


def digest(*parts: str) -> str:
    """A hash (hex SHA-256) of texts that no other split of the same characters has."""
    return sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()
