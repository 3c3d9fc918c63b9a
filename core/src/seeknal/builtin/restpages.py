"""Which page comes after which: by a link, a cursor, an offset or a number."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urljoin

from attrs import frozen

from seeknal.builtin.restjson import Around, PageFault, word_of
from seeknal.builtin.resturls import next_link, with_params
from seeknal.plugin import did_you_mean

if TYPE_CHECKING:
    from seeknal.builtin.options.rest import Pagination
    from seeknal.builtin.restwire import Answer


@frozen(kw_only=True)
class Page:
    """What a way through the pages is told of one.

    ``last`` is its last record, ``records`` how many there are, ``digest`` what they are.
    """

    answer: Answer
    around: Around
    records: int
    last: Any
    digest: bytes


class Way(Protocol):
    """A way through the pages of a source. ``param`` is the parameter that leads to others."""

    param: str | None

    def first(self, url: str) -> str:
        """The address of the first page."""

    def after(self, page: Page) -> str | None:
        """The address of the page after this one; None at the end. Raises PageFault."""


def way_through(options: Pagination | None) -> Way:
    """The way that the options describe."""
    if options is None:
        return _Unsaid()
    way: Way = _WAYS[options.type](options)
    return way


def check_other(page: Page, before: Page | None, param: str | None) -> None:
    """Raise PageFault for the very records of the page before."""
    if before is not None and page.records and page.digest == before.digest:
        asked = f"does the server know the parameter {param}? " if param else ""
        raise PageFault(
            "has the very records of the one before",
            "SK0796",
            f"{asked}where pages may be alike, pagination: {{repeats: allow}} keeps both",
        )


class _Unsaid:
    """One page, which must not be the first of several."""

    param: str | None = None

    def first(self, url: str) -> str:
        return url

    def after(self, page: Page) -> str | None:
        if next_link(page.answer.url, page.answer.headers.get_all("Link") or ()) is not None:
            raise PageFault(
                "names a next one in its Link header, and the source says no pagination",
                "SK0796",
                "params: {pagination: {type: link}} reads all pages, {type: none} this one only",
            )
        return None


class _One:
    """One page, as somebody has said."""

    param: str | None = None

    def __init__(self, options: Pagination) -> None:
        pass

    def first(self, url: str) -> str:
        return url

    def after(self, page: Page) -> str | None:
        return None


class _Seen:
    """What led to pages before: what comes twice would lead in a circle."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def add(self, text: str, what: str) -> None:
        digest = blake2b(text.encode(), digest_size=12).digest()
        if digest in self._digests:
            raise PageFault(
                f"gives {what} a second time, which leads in a circle",
                "SK0796",
                "the server has to give another one with each page",
            )
        self._digests.add(digest)


class _Links:
    """Each page has the address of the next one."""

    param: str | None = None

    def __init__(self, options: Pagination) -> None:
        self.options = options
        self.seen = _Seen()
        self.found = False

    def first(self, url: str) -> str:
        url = with_params(url, _size(self.options))
        self.seen.add(url, "its own address")
        return url

    def after(self, page: Page) -> str | None:
        url = page.answer.url
        if self.options.path is None:
            link = next_link(url, page.answer.headers.get_all("Link") or ())
        else:
            link = _text(_value(self.options, page, first=not self.found), self.options.path)
            self.found = True
            link = link and urljoin(url, link)
        if link is not None:
            self.seen.add(link, "the address of a next page")
        return link


class _Cursors:
    """Each page, or its last record, has what the next one is asked for with."""

    def __init__(self, options: Pagination) -> None:
        self.options = options
        self.param = options.param
        self.seen = _Seen()
        self.found = False
        self.url = ""

    def first(self, url: str) -> str:
        self.url = with_params(url, _size(self.options))
        return self.url

    def after(self, page: Page) -> str | None:
        options = self.options
        if options.more is not None and not _more(options.more, page):
            return None
        if options.column is not None:
            cursor = _of_last(options, page)
        else:
            value = _value(options, page, first=not self.found and options.more is None)
            self.found = True
            cursor = _text(value, options.path or "")
        if cursor is None:
            if options.more is not None:
                raise PageFault(
                    f"says that there are more ({options.more}), and gives no cursor", "SK0796"
                )
            return None
        self.seen.add(cursor, "a cursor")
        return with_params(self.url, [(options.param or "", cursor)])


class _Offsets:
    """Each page begins after the records that were read."""

    def __init__(self, options: Pagination) -> None:
        self.options = options
        self.param = options.param or "offset"
        self.before = options.start or 0
        self.offset = self.before
        self.url = ""

    def first(self, url: str) -> str:
        self.url = with_params(url, _size(self.options))
        return with_params(self.url, [(self.param, str(self.offset))])

    def after(self, page: Page) -> str | None:
        # A server may give fewer records than it is asked for: what counts is what came.
        self.offset += page.records
        came = self.offset - self.before
        total = _number(self.options.total, page)
        # Records may be counted from the beginning or from ``start`` on, and ``start`` may be the
        # first record's number: only where nothing is missing in any reading is this the end.
        if total is not None and came >= total:
            return None
        if page.records == 0:
            if total is not None and self.offset < total:
                raise PageFault(
                    f"is empty, and {came:,} of {total:,} records came ({self.options.total})",
                    "SK0796",
                    f"does the server go on from {self.param}? records may have changed meanwhile",
                )
            return None
        return with_params(self.url, [(self.param, str(self.offset))])


class _Numbers:
    """Pages are counted."""

    def __init__(self, options: Pagination) -> None:
        self.options = options
        self.param = options.param or "page"
        self.start = 1 if options.start is None else options.start
        self.number = self.start
        self.url = ""

    def first(self, url: str) -> str:
        self.url = with_params(url, _size(self.options))
        return with_params(self.url, [(self.param, str(self.number))])

    def after(self, page: Page) -> str | None:
        self.number += 1
        total = _number(self.options.total, page)
        if total is None and page.records == 0:
            return None
        if total is not None and self.number - self.start >= total:
            return None
        return with_params(self.url, [(self.param, str(self.number))])


_WAYS: dict[str, Any] = {
    "none": _One,
    "link": _Links,
    "cursor": _Cursors,
    "offset": _Offsets,
    "page": _Numbers,
}


def _size(options: Pagination) -> list[tuple[str, str]]:
    return [] if options.size_param is None else [(options.size_param, str(options.size))]


def _value(options: Pagination, page: Page, *, first: bool) -> Any:
    """What stands at ``path``. Only the first page has to have it."""
    path = options.path or ""
    found, value = page.around.at(path)
    if not found and first and options.missing == "error":
        raise _missing(
            path,
            page,
            "params: {pagination: {missing: end}} takes that for the only page;"
            f" {page.around.keys()}",
        )
    return value


def _missing(path: str, page: Page, help: str | None = None) -> PageFault:
    value = page.around.value
    near = did_you_mean(path, value) if isinstance(value, dict) else None
    return PageFault(f"has no {path!r}", "SK0796", near or help or page.around.keys())


def _text(value: Any, path: str) -> str | None:
    """A cursor as it is sent: a text or a whole number; None for null and an empty text."""
    if value is None or value == "":
        return None
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise PageFault(f"has {word_of(value)} at {path!r}, no text", "SK0796")


def _more(path: str, page: Page) -> bool:
    found, value = page.around.at(path)
    if not found:
        raise _missing(path, page)
    if not isinstance(value, bool):
        raise PageFault(f"has {word_of(value)} at {path!r}, neither true nor false", "SK0796")
    return value


def _of_last(options: Pagination, page: Page) -> str | None:
    """The value of the last record that the next page is asked for with."""
    if page.records == 0:
        return None
    name = options.column or ""
    if name not in page.last:
        help = did_you_mean(name, page.last) or f"it has {', '.join(list(page.last)[:20])}"
        raise PageFault(f"has no {name!r} in its last record", "SK0796", help)
    cursor = _text(page.last[name], name)
    if cursor is None:
        raise PageFault(f"has no value of {name!r} in its last record", "SK0796")
    return cursor


def _number(path: str | None, page: Page) -> int | None:
    if path is None:
        return None
    found, value = page.around.at(path)
    if not found:
        raise _missing(path, page)
    if not isinstance(value, int) or isinstance(value, bool):
        raise PageFault(f"has {word_of(value)} at {path!r}, no whole number", "SK0796")
    return value
