"""Whatever a server does between its pages: all records come once, in order, or the read fails."""

import gzip
import json
import random

import pytest
from tests.core.files.restserver import Reply, page

from seeknal.values.errors import SeeknalError

pytestmark = [pytest.mark.inside, pytest.mark.versions]


class Moody:
    """Serves records in pages of random size, and fails at random, at most twice in a row."""

    def __init__(self, seed, way):
        self.random = random.Random(seed)
        self.way = way
        self.records = [self.record(n) for n in range(self.random.randrange(60))]
        self.failed = 0

    def record(self, number):
        record = {"id": number, "n": self.random.choice([None, number, number + 0.5])}
        if self.random.random() < 0.3:
            record["to"] = {"city": "x\u2028\n" * self.random.randrange(3), "zip": number}
        return record

    def __call__(self, request):
        if self.failed < 2 and self.random.random() < 0.3:
            self.failed += 1
            return self.failure(self.page(request))
        self.failed = 0
        return self.page(request)

    def failure(self, good):
        cut = self.random.randrange(max(len(good.body) - 1, 1))
        return self.random.choice(
            [
                page({}, status=self.random.choice([408, 429, 500, 502, 503, 504])),
                page({}, status=429, Retry_After="0"),
                Reply(hang_up=True),
                Reply(body=good.body, headers=good.headers, cut=cut),
                Reply(body=good.body, headers=good.headers, chunked=True, cut=cut),
                Reply(body=gzip.compress(good.body)[:-9], headers=PACKED),
            ]
        )

    def page(self, request):
        start = int(request.params.get("at", 0)) if self.way != "page" else 0
        size = self.random.randrange(0 if self.way in ("cursor", "link") else 1, 9)
        if self.way == "page":
            size, start = 7, (int(request.params["page"]) - 1) * 7
        found = self.records[start : start + size]
        after = start + len(found)
        more = after < len(self.records)
        body = {"items": found}
        headers = {}
        if self.way == "cursor":
            # An empty page leads on too, with a cursor of its own.
            number = int(request.params.get("try", "0").split("-")[-1]) + 1
            body["next"] = f"{after}-{number}" if more else None
        elif self.way == "link" and more:
            number = int(request.params.get("n", 0)) + 1
            headers["Link"] = f'</items?at={after}&n={number}>; rel="next"'
        text = json.dumps(body, indent=self.random.choice([None, 1]))
        if self.random.random() < 0.3:
            packed = Reply(body=gzip.compress(text.encode()), headers=PACKED)
            return packed if not headers else page(text.encode(), **headers)
        good = page(text.encode(), **headers)
        if self.random.random() < 0.3:
            return Reply(body=good.body, headers=good.headers, chunked=True)
        return good


PACKED = (("Content-Encoding", "gzip"),)
WAYS = {
    "page": {"type": "page"},
    "offset": {"type": "offset", "param": "at"},
    "cursor": {"type": "cursor", "path": "next", "param": "try"},
    "link": {"type": "link"},
}


class Cursors(Moody):
    """The cursor says where the next page begins, and which one it is."""

    def page(self, request):
        at = request.params.get("try", "0-0").split("-")[0]
        request.params["at"] = at
        return super().page(request)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(12))
def test_records_come_once_each_and_in_order(rest, seed, way):
    rest.connect(retries=2)
    moody = (Cursors if way == "cursor" else Moody)(f"{seed}-{way}", way)
    rest.api.on("/items", moody)

    columns, rows = rest.read(
        records="items",
        pagination=WAYS[way],
        columns={"id": "BIGINT"} if not moody.records else None,
    )

    found = [dict(zip(columns, row, strict=True)) for row in rows]
    expected = [
        {"id": record["id"], "n": record["n"], "to": record.get("to")} for record in moody.records
    ]
    assert [{"n": None, "to": None, **row} for row in found] == expected


@pytest.mark.parametrize("seed", range(40))
def test_a_page_with_a_byte_that_is_not_its_own_is_read_as_it_is_or_refused(rest, seed):
    rest.connect(retries=0)
    drawn = random.Random(seed)
    body = bytearray(json.dumps([{"id": n, "t": f"é{n}"} for n in range(5)]).encode())
    body[drawn.randrange(len(body))] = drawn.randrange(256)
    rest.api.on("/items", page(bytes(body)))

    try:
        columns, rows = rest.read()
    except SeeknalError:
        return

    meant = json.loads(bytes(body))
    assert [dict(zip(columns, row, strict=True)) for row in rows] == [
        {name: record.get(name) for name in columns} for record in meant
    ]
