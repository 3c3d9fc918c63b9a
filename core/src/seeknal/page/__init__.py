"""The lineage page: one HTML file that needs neither a server nor a network."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seeknal.host.files import write_text
from seeknal.values.errors import SeeknalError

_FOLDER = Path(__file__).parent
_UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def write_page(document: Mapping[str, Any], path: Path) -> None:
    """Write the page of a lineage document, replacing ``path`` atomically.

    ``document`` is what ``seeknal lineage --format json`` prints. Raises SeeknalError (SK0007) when
    the package was installed without the page's bundle.
    """
    write_text(path, page_of(document))


def page_of(document: Mapping[str, Any]) -> str:
    """The page as text. Nothing in ``document`` can become markup, script or a request."""
    script, style = _bundled("bundle.js"), _bundled("bundle.css")
    parts = {
        "policy": _policy(script, style),
        "style": style,
        "script": script,
        "document": _embeddable(document),
    }
    template = (_FOLDER / "template.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def _bundled(name: str) -> str:
    try:
        return (_FOLDER / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SeeknalError(
            f"the lineage page cannot be written: {name} is missing in {_FOLDER}",
            code="SK0007",
            help="install seeknal again; in a checkout: python core/hatch_build.py",
        ) from None


def _policy(script: str, style: str) -> str:
    """Only our own script and style, and pictures that the page itself makes."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _embeddable(document: Mapping[str, Any]) -> str:
    """JSON with every character escaped that could end the element it stands in."""
    try:
        text = _json(document)
    except ValueError:
        text = _json(_finite(document))
    return text.translate(_UNSAFE).encode("utf-8", "replace").decode()


def _json(document: Any) -> str:
    return json.dumps(
        document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str
    )


def _finite(value: Any) -> Any:
    """``value`` with NaN and infinities, which JSON does not have, as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
