"""Files behind http(s) URLs: fetched whole, with time-outs and retries."""

from __future__ import annotations

import shutil
import time
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from seeknal.builtin.resturls import shown
from seeknal.plugin import ConnectionFailed, scrub

if TYPE_CHECKING:
    from seeknal.plugin import Context

TIMEOUT = 30.0
ATTEMPTS = 3
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
_ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".gz", ".zst")
_BY_TYPE = {
    "application/json": ".json",
    "application/x-ndjson": ".ndjson",
    "application/jsonl": ".jsonl",
    "application/vnd.apache.parquet": ".parquet",
}
_PRIVATE = ("authorization", "cookie", "proxy-authorization")


class _Partial(Exception):
    """The server promised more than it sent."""


def fetch(url: str, headers: Mapping[str, str], context: Context, number: int) -> Path:
    """Download ``url`` into the work folder. Raises ConnectionFailed after the last attempt."""
    path = context.workdir / f"download-{number}"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _download(url, headers, path)
        except Exception as error:
            # The error itself would keep its socket open for as long as we remember it.
            getattr(error, "close", lambda: None)()
            reason = _said(error)
            if not _worth_another(error):
                break
        if attempt < ATTEMPTS:
            time.sleep(0.2 * 2**attempt)
    raise ConnectionFailed(
        scrub(f"{shown(url)} could not be read: {reason}"),
        code="SK0724",
        help="check the address and that the server is up; --retries tries the node again",
    )


def version_of_url(url: str, headers: Mapping[str, str]) -> list[str] | None:
    """ETag, date and length that the server gives for ``url``; None when it gives neither of
    the first two, or does not answer."""
    try:
        with _open(url, headers, "HEAD") as answer:
            tag, date = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
            length = answer.headers.get("Content-Length")
    except Exception as error:
        # Whatever is wrong is reported when the file is fetched.
        getattr(error, "close", lambda: None)()
        return None
    return [shown(url), tag or "", date or "", length or ""] if tag or date else None


def _download(url: str, headers: Mapping[str, str], path: Path) -> Path:
    with _open(url, headers, "GET") as answer:
        path = path.with_name(path.name + _ending(url, answer.headers.get_content_type()))
        with path.open("wb") as file:
            shutil.copyfileobj(answer, file, 2**20)
            size = file.tell()
        expected = answer.headers.get("Content-Length")
    if expected is not None and size != int(expected):
        raise _Partial(f"{size:,} of {int(expected):,} bytes arrived")
    return path


def _ending(url: str, content_type: str) -> str:
    """What shows a file's format: its name's endings, else what the server says it is."""
    suffixes = PurePosixPath(urlsplit(url).path.lower()).suffixes
    known = [suffix for suffix in suffixes[-2:] if suffix in _ENDINGS]
    return "".join(known) or _BY_TYPE.get(content_type, "")


def _open(url: str, headers: Mapping[str, str], method: str) -> Any:
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Redirects(HTTPRedirectHandler):
        """What was meant for one host is not sent on to another."""

        def redirect_request(self, request: Request, *rest: Any) -> Request | None:
            following = super().redirect_request(request, *rest)
            if following is not None and _origin(following.full_url) != _origin(request.full_url):
                for name in [*following.headers]:
                    if name.lower() in _PRIVATE:
                        following.remove_header(name)
            return following

    sent = {"User-Agent": "seeknal", **_credentials(url), **headers}
    request = Request(_without_user(url), headers=sent, method=method)
    return build_opener(Redirects).open(request, timeout=TIMEOUT)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _credentials(url: str) -> dict[str, str]:
    """The header for a user and password that stand in a URL."""
    user, found, _ = urlsplit(url).netloc.rpartition("@")
    if not found:
        return {}
    name, _, password = user.partition(":")
    pair = f"{unquote(name)}:{unquote(password)}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _worth_another(error: Exception) -> bool:
    from http.client import HTTPException, InvalidURL

    if isinstance(error, InvalidURL):
        return False
    code = getattr(error, "code", None)
    passing = isinstance(error, OSError | HTTPException | _Partial)
    return passing and (code is None or code in _PASSING)


def _said(error: Exception) -> str:
    if type(error).__name__ == "InvalidURL":
        # Its words quote what it takes for a port, which may be of a password with a bare "/".
        return "it is no valid address (in a password, %40 stands for the at sign, %2F for a slash)"
    reason = getattr(error, "reason", None)
    code = getattr(error, "code", None)
    if code is not None:
        return f"the server answers {code} {reason or ''}".strip()
    return str(reason or error) or type(error).__name__


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
