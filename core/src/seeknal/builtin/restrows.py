"""The rows of a REST source: each page is written down as it came, then all are read as JSON."""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from hashlib import blake2b
from typing import IO, TYPE_CHECKING, Any

from attrs import evolve

from seeknal.builtin.declared import no_records
from seeknal.builtin.options.json import JsonOptions
from seeknal.builtin.options.rest import RestConnection
from seeknal.builtin.restclient import Client
from seeknal.builtin.restjson import Around, PageFault, read_page
from seeknal.builtin.restkinds import Kinds
from seeknal.builtin.restpages import Page, check_other, way_through
from seeknal.builtin.restsince import since
from seeknal.builtin.resturls import is_secret, joined, pairs_of, shown, split, with_params
from seeknal.builtin.restwire import Unusable
from seeknal.plugin import NodeError, column_help, scrub

if TYPE_CHECKING:
    from seeknal.builtin.options.rest import RestOptions
    from seeknal.builtin.restwire import Answer
    from seeknal.plugin import Context, Rows, Source

_LARGEST = 128 * 2**20
"""Bytes of a file of records, so that a line of it is found again for a message."""
_MOST_EMPTY = 1_000
"""Pages without records one after the other: a server that gives more never comes to an end."""
_QUIET = 10.0
"""Seconds after which it is said how far the pages have been read."""
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""Behind an even number of backslashes: others escape the first of these."""
_PLACE = re.compile(r"\S*records-(\d+)\.jsonl(?:(?:,| line) (?:line |record )?([\d,]*\d))?")


def read(source: Source, options: RestOptions, context: Context) -> Rows:
    """All rows of all pages.

    Raises ConnectionFailed where the API gives no page, and NodeError, which names page, record
    and key, where a page is not what it should be.
    """
    connection = connection_of(source, context)
    address = address_of(source, options, connection)
    client = Client(connection, options.headers, context.log)
    landed = Landed(context, {spec.name.lower() for spec in source.columns if spec.type}, options)
    try:
        with context.cancelled_by(client.stop):
            _land(client, address, options, landed)
    finally:
        client.close()
        landed.close()
    if landed.records == 0:
        if options.incremental is None:
            context.log.warning("%s gives no records", shown(address))
        return no_records(source, context)
    if options.incremental is not None:
        _check_incremental(options.incremental.column, landed)
    return _rows(source, options, landed, context)


def _check_incremental(column: str, landed: Landed) -> None:
    keys = landed.kinds.keys
    if column.lower() not in map(str.lower, keys):
        raise NodeError(
            f"no record has the key {column!r}, which incremental names",
            code="SK0796",
            help=column_help(column, keys),
        )


def connection_of(source: Source, context: Context) -> RestConnection | None:
    """The options of the source's connection, checked; None where it names none."""
    if source.connection is None:
        return None
    from seeknal.builtin.restauth import usable

    found = context.connection(source.connection, RestConnection)
    return usable(source.connection, found, context.project_root)


def address_of(source: Source, options: RestOptions, connection: RestConnection | None) -> str:
    """The address of the first page, without what the way through the pages adds.

    Raises NodeError where the source does not say one, or says what nobody may see.
    """
    if source.query is not None:
        raise NodeError(
            "an API runs no query", code="SK0798", help="table: PATH; params: {query_params: ...}"
        )
    if len(source.table) != 1:
        raise NodeError(
            "it reads several paths" if source.table else "it does not say which path it reads",
            code="SK0798",
            help="table: orders",
        )
    url = joined(connection.base_url if connection is not None else None, source.table[0])
    params = list(pairs_of(options.query_params))
    url = with_params(url, [*params, *since(source, options)])
    hidden = [name for name in options.headers if is_secret(name)]
    hidden += [part.partition("=")[0] for part in split(url).query.split("&")]
    for name in hidden:
        if is_secret(name):
            raise NodeError(
                f"it says {name} openly",
                code="SK0798",
                help="api_key: or secret_headers: of a connection of profiles.yml hold such values",
            )
    return url


class Landed:
    """The records of all pages in files of the work folder, a line each."""

    def __init__(self, context: Context, declared: set[str], options: RestOptions) -> None:
        self.context = context
        self.kinds = Kinds(declared, options.maximum_depth)
        self.keeps_nul = options.nul == "keep"
        self.files: list[str] = []
        self.starts: list[int] = []
        """How many records are in the files before each."""
        self.ends: list[int] = []
        """How many records there are up to the end of each page."""
        self.records = 0
        self._file: IO[bytes] | None = None
        self._size = 0

    def take(self, answer: Answer, records: str | None) -> tuple[Around, int, Any, bytes]:
        """Write the records of one page. Raises PageFault; nothing of it is read then."""
        self.kinds.page = len(self.ends) + 1
        before, last, digest = self.records, None, blake2b(digest_size=12)

        def write(value: Any, text: str) -> None:
            nonlocal last
            try:
                self.kinds.learn(value)
            except PageFault as fault:
                fault.record = self.records - before + 1
                raise
            # Line breaks stand between values only: within texts they are written as \n.
            line = _in_one_line(text if self.keeps_nul else _NUL.sub(r"\1", text))
            digest.update(line)
            self._write(line)
            last = value

        around = read_page(answer.text(), records, write)
        self.ends.append(self.records)
        return around, self.records - before, last, digest.digest()

    def _write(self, line: bytes) -> None:
        if self._file is None or self._size >= _LARGEST:
            self.close()
            path = self.context.workdir / f"records-{len(self.files)}.jsonl"
            self._file, self._size = path.open("wb"), 0
            self.files.append(str(path))
            self.starts.append(self.records)
        self._size += self._file.write(line)
        self.records += 1

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def place(self, file: int, number: int) -> str:
        """A record of a file, from 1, as people know it."""
        record = self.starts[file] + number
        page = bisect_left(self.ends, record)
        return f"page {page + 1:,}, record {record - (self.ends[page - 1] if page else 0):,}"


def _in_one_line(text: str) -> bytes:
    if "\n" in text or "\r" in text:
        text = text.replace("\r", " ").replace("\n", " ")
    return text.encode() + b"\n"


def _land(client: Client, address: str, options: RestOptions, landed: Landed) -> None:
    way = way_through(options.pagination)
    url: str | None = way.first(address)
    number = empty = 0
    before: Page | None = None
    said = time.monotonic()
    while url is not None:
        if time.monotonic() - said >= _QUIET:
            said = time.monotonic()
            read = f"{number:,} pages read, {landed.records:,} records"
            landed.context.log.info("%s: %s so far", shown(address), read)
        number += 1
        answer = client.get(url)
        try:
            page = _page(answer, options, landed)
            if options.pagination is not None and options.pagination.repeats == "error":
                check_other(page, before, way.param)
            before = page
            following = way.after(page)
            empty = 0 if page.records else empty + 1
            if empty > _MOST_EMPTY and following is not None:
                text = f"is empty, as the {_MOST_EMPTY:,} pages before it, and leads on"
                raise PageFault(text, "SK0796")
        except PageFault as fault:
            where = "" if fault.record is None else f", record {fault.record:,}"
            raise NodeError(
                scrub(f"{shown(address)}, page {number:,}{where} {fault}"),
                code=fault.code,
                help=fault.help and scrub(fault.help),
            ) from None
        if following is not None:
            following = client.credentials.public(following)
            client.check_way(url, following, "its next page is on")
        url = following


def _page(answer: Answer, options: RestOptions, landed: Landed) -> Page:
    try:
        if answer.status == 204:
            landed.ends.append(landed.records)
            return Page(answer=answer, around=Around(), records=0, last=None, digest=b"")
        around, records, last, digest = landed.take(answer, options.records)
    except Unusable as error:
        raise PageFault(str(error), "SK0793") from None
    if around.lacks is not None and not (options.missing_records == "empty" and around.lacks.empty):
        raise around.lacks
    return Page(answer=answer, around=around, records=records, last=last, digest=digest)


def _rows(source: Source, options: RestOptions, landed: Landed, context: Context) -> Rows:
    from seeknal.builtin.jsonrows import json_rows
    from seeknal.builtin.readeroptions import check_options
    from seeknal.builtin.readers import reading

    json = JsonOptions(
        format="newline_delimited",
        dateformat=options.dateformat,
        timestampformat=options.timestampformat,
        maximum_depth=options.maximum_depth,
        hive_partitioning=False,
    )
    check_options(json, context)
    source = evolve(source, options=json, table=tuple(landed.files))
    try:
        return json_rows(source, reading("read_json", landed.files, source, context), context)
    except NodeError as error:
        # What a file may be read with, a page may not.
        help = None if "ignore_errors" in (error.help or "") else error.help
        placed, kept = _placed(error.message, landed), _placed(error.kept, landed)
        raise NodeError(placed, code=error.code, help=help, kept=kept) from error


def _placed(message: str, landed: Landed) -> str:
    """A message about a file of records as one about a page."""

    def place(match: re.Match[str]) -> str:
        if match[2] is None:
            return "the records"
        return landed.place(int(match[1]), int(match[2].replace(",", "")))

    return _PLACE.sub(place, message)
