"""Files behind http(s) URLs: fetched whole, with time-outs and retries."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from seeknal.plugin import ConnectionFailed, Context, scrub

TIMEOUT = 30.0
ATTEMPTS = 3
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))


def fetch(url: str, headers: Mapping[str, str], context: Context, number: int) -> Path:
    """Download ``url`` into the work folder. Raises ConnectionFailed after the last attempt."""
    from urllib.parse import urlsplit

    suffixes = "".join(PurePosixPath(urlsplit(url).path).suffixes[-2:])
    path = context.workdir / f"download-{number}{suffixes}"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with _open(url, headers, "GET") as answer, path.open("wb") as file:
                shutil.copyfileobj(answer, file)
                expected = answer.headers.get("Content-Length")
            if expected is None or path.stat().st_size == int(expected):
                return path
            reason = f"{path.stat().st_size:,} of {int(expected):,} bytes arrived"
        except OSError as error:
            # The error itself would keep its socket open for as long as we remember it.
            reason = str(error)
            getattr(error, "close", lambda: None)()
            if not _worth_another(error):
                break
        if attempt < ATTEMPTS:
            time.sleep(0.2 * 2**attempt)
    raise ConnectionFailed(
        scrub(f"{_public(url)} could not be read: {reason}"),
        code="SK0724",
        help="check the address and that the server is up; --retries tries the node again",
    )


def version(url: str, headers: Mapping[str, str]) -> tuple[str, ...] | None:
    """ETag, date and length that the server gives for ``url``; None when it gives neither of
    the first two, or does not answer."""
    try:
        with _open(url, headers, "HEAD") as answer:
            tag, date = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
            length = answer.headers.get("Content-Length")
    except OSError as error:
        getattr(error, "close", lambda: None)()
        return None
    return (url, tag or "", date or "", length or "") if tag or date else None


def _open(url: str, headers: Mapping[str, str], method: str) -> Any:
    from urllib.request import Request, urlopen

    request = Request(url, headers={"User-Agent": "seeknal", **headers}, method=method)
    return urlopen(request, timeout=TIMEOUT)


def _worth_another(error: OSError) -> bool:
    code = getattr(error, "code", None)
    return code is None or code in _PASSING


def _public(url: str) -> str:
    """A URL without the user and password that it may hold."""
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
