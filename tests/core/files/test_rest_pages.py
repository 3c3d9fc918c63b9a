"""All pages of an API are read, each record once, whatever leads from page to page."""

import pytest
from attrs import evolve
from tests.core.files.restserver import Reply, page

from seeknal.builtin import restrows, restsince
from seeknal.values.errors import ConnectionFailed
from seeknal.values.loads import Since

pytestmark = pytest.mark.inside

ITEMS = [{"id": number} for number in range(1, 8)]
IDS = [(number,) for number in range(1, 8)]


def by_offset(request):
    start = int(request.params.get("offset", 0))
    return page({"data": {"items": ITEMS[start : start + 3]}, "total": len(ITEMS)})


def by_number(request):
    start = (int(request.params.get("page", 1)) - 1) * 3
    return page(ITEMS[start : start + 3])


def by_cursor(request):
    start = int(request.params.get("after", 0))
    more = str(start + 3) if start + 3 < len(ITEMS) else None
    return page({"items": ITEMS[start : start + 3], "meta": {"next": more}})


def by_link(request):
    start = int(request.params.get("from", 0))
    if start + 3 >= len(ITEMS):
        return page(ITEMS[start:], Link='</items?from=0>; rel="first"')
    link = f'</items?from=0>; rel="first", </items?from={start + 3}>; title="a, b"; rel="x next"'
    return page(ITEMS[start : start + 3], Link=link)


def test_one_page_is_a_list_of_records(rest):
    rest.api.on("/items", page(ITEMS))

    assert rest.read() == (["id"], IDS)
    assert len(rest.api.requests) == 1


@pytest.mark.parametrize(
    ("records", "body"),
    [
        ("data.items", {"data": {"items": ITEMS, "x": {"items": [1]}}, "items": []}),
        ("$.data.items", {"n": [1, {"data": 2}], "data": {"n": None, "items": ITEMS}}),
        (
            "items",
            b'\xef\xbb\xbf {"items" :\r\n ['
            + b",\n".join(b'{\n"id": %d}' % i for (i,) in IDS)
            + b"] }\n",
        ),
    ],
)
def test_records_lie_where_the_path_says(rest, records, body):
    rest.api.on("/items", page(body))

    assert rest.read(records=records) == (["id"], IDS)


def test_a_page_can_be_one_record(rest):
    rest.api.on("/items", page({"id": 1, "name": "a"}))

    assert rest.read(records="$") == (["id", "name"], [(1, "a")])


@pytest.mark.parametrize(
    ("answer", "params"),
    [
        (by_link, {"pagination": {"type": "link"}}),
        (by_number, {"pagination": {"type": "page"}}),
        (
            by_cursor,
            {
                "records": "items",
                "pagination": {"type": "cursor", "path": "meta.next", "param": "after"},
            },
        ),
        (by_offset, {"records": "data.items", "pagination": {"type": "offset"}}),
        (by_offset, {"records": "data.items", "pagination": {"type": "offset", "total": "total"}}),
    ],
)
def test_every_page_is_read_once(rest, answer, params):
    rest.api.on("/items", answer)

    assert rest.read(**params) == (["id"], IDS)


def test_the_next_address_can_stand_in_the_page(rest):
    rest.api.on(
        "/items",
        [
            page({"items": ITEMS[:4], "next": f"{rest.api.url}/items?p=2"}),
            page({"items": ITEMS[4:], "next": None}),
        ],
    )

    found = rest.read(records="items", pagination={"type": "link", "path": "next"})

    assert found == (["id"], IDS)


def test_the_last_record_can_be_the_cursor(rest):
    def answer(request):
        start = int(request.params.get("starting_after", 0))
        return page({"data": ITEMS[start : start + 3], "has_more": start + 3 < len(ITEMS)})

    rest.api.on("/items", answer)
    way = {"type": "cursor", "column": "id", "param": "starting_after", "more": "has_more"}

    assert rest.read(records="data", pagination=way) == (["id"], IDS)


def test_parameters_stay_on_every_page(rest):
    rest.api.on("/items", by_number)

    rest.read(
        "items?a=1",
        query_params={"b": ["x", "y&z"], "c": True},
        pagination={"type": "page", "size": 3, "size_param": "per_page"},
    )

    kept = {"a": "1", "b": "y&z", "c": "true", "per_page": "3"}
    assert [request.params for request in rest.api.requests] == [
        {**kept, "page": str(number)} for number in (1, 2, 3, 4)
    ]


def test_a_server_that_gives_fewer_records_than_asked_loses_none(rest):
    rest.api.on("/items", by_offset)
    way = {"type": "offset", "size": 100, "size_param": "limit"}

    assert rest.read(records="data.items", pagination=way) == (["id"], IDS)


def test_an_empty_page_in_between_is_no_end_where_a_cursor_goes_on(rest):
    rest.api.on(
        "/items",
        [
            page({"items": ITEMS[:2], "next": "a"}),
            page({"items": [], "next": "b"}),
            page({"items": [], "next": "c"}),
            page({"items": ITEMS[2:], "next": ""}),
        ],
    )
    way = {"type": "cursor", "path": "next", "param": "cursor"}

    assert rest.read(records="items", pagination=way) == (["id"], IDS)


def test_an_empty_page_in_between_is_no_end_where_the_number_of_pages_is_known(rest):
    rest.api.on(
        "/items",
        [
            page({"items": ITEMS[:2], "pages": 3}),
            page({"items": [], "pages": 3}),
            page({"items": ITEMS[2:], "pages": 3}),
        ],
    )
    way = {"type": "page", "total": "pages"}

    assert rest.read(records="items", pagination=way) == (["id"], IDS)
    assert len(rest.api.requests) == 3


def test_no_content_is_an_empty_page(rest):
    rest.api.on("/items", Reply(status=204))

    assert rest.read(columns={"id": "BIGINT"}) == (["id"], [])


def test_no_records_are_none_of_the_declared_columns(rest):
    rest.api.on("/items", page([]))

    assert rest.read(columns={"id": "BIGINT"}) == (["id"], [])
    assert rest.files.warnings == [f"{rest.api.url}/items gives no records"]


@pytest.mark.parametrize("columns", [{}, {"id": "BIGINT"}])
def test_of_no_records_it_is_said_that_nobody_knows_their_columns(rest, columns):
    rest.api.on("/items", [page([]), page(ITEMS)])
    source = rest.files.source("rest_api", "items", connection="api", columns=columns)

    none = rest.files.hooks.load_source(source=source, context=rest.files.context())
    some = rest.files.hooks.load_source(source=source, context=rest.files.context())

    assert none.nameless
    assert not some.nameless


def test_a_page_without_its_records_is_empty_where_that_is_said(rest):
    rest.api.on(
        "/items", [page({"items": None, "next": 1}), page({"next": 2}), page({"items": ITEMS})]
    )
    way = {"type": "cursor", "path": "next", "param": "cursor"}

    found = rest.read(records="items", missing_records="empty", pagination=way)

    assert found == (["id"], IDS)


@pytest.mark.parametrize(
    ("replies", "way"),
    [
        ([page({"next": "a"}), page({"next": "b"}), page({"next": "a"})], "cursor"),
        ([page({"next": "a"})], "cursor"),
        ([page({"next": "/items?p=2"}), page({"next": "/items?p=2"})], "link"),
        ([page({"next": "/items"})], "link"),
    ],
)
def test_a_circle_of_pages_is_refused(rest, replies, way):
    rest.api.on("/items", replies)
    options = {"type": way, "path": "next"} | ({"param": "c"} if way == "cursor" else {})

    error = rest.refused(records="items", missing_records="empty", pagination=options)

    assert error.code == "SK0796"
    assert "a second time" in error.message
    assert len(rest.api.requests) <= 3


@pytest.mark.parametrize(
    ("way", "asked"),
    [
        ({"type": "offset"}, "the parameter offset?"),
        ({"type": "page"}, "the parameter page?"),
        ({"type": "cursor", "path": "next", "param": "after"}, "the parameter after?"),
        ({"type": "link", "path": "next"}, "repeats: allow"),
    ],
)
def test_a_server_that_does_not_know_the_parameter_is_told(rest, way, asked):
    rest.api.on("/items", lambda request: page({"items": ITEMS, "next": f"p{request.number}"}))
    for number in range(9):
        rest.api.on(f"/p{number}", page({"items": ITEMS, "next": f"p{number + 1}"}))

    error = rest.refused(records="items", pagination=way)

    assert "page 2 has the very records of the one before" in error.message
    assert asked in error.help


def test_pages_that_are_empty_for_ever_are_refused(rest, monkeypatch):
    monkeypatch.setattr(restrows, "_MOST_EMPTY", 20)
    rest.api.on("/items", lambda request: page({"items": [], "next": f"p{request.number}"}))
    way = {"type": "cursor", "path": "next", "param": "after"}

    error = rest.refused(records="items", pagination=way)

    assert "page 21 is empty, as the 20 pages before it, and leads on" in error.message


def test_pages_that_are_alike_can_be_kept(rest):
    rest.api.on("/items", [page([{"id": 1}]), page([{"id": 1}]), page([])])

    found = rest.read(pagination={"type": "page", "repeats": "allow"})

    assert found == (["id"], [(1,), (1,)])


def test_a_next_page_that_nobody_reads_is_refused(rest):
    rest.api.on("/items", by_link)

    error = rest.refused()

    assert error.code == "SK0796"
    assert "page 1 names a next one in its Link header" in error.message
    assert rest.read(pagination={"type": "none"}) == (["id"], IDS[:3])


def test_fewer_records_than_the_server_counts_are_refused(rest):
    rest.api.on("/items", [page({"items": ITEMS, "total": 9}), page({"items": [], "total": 9})])

    error = rest.refused(records="items", pagination={"type": "offset", "total": "total"})

    assert "page 2 is empty, and 7 of 9 records came (total)" in error.message


@pytest.mark.parametrize(("start", "skipped"), [(0, 0), (1, 0), (4, 0), (1, 1), (4, 4)])
@pytest.mark.parametrize("counts", ["all", "those from start on"])
def test_no_record_is_lost_whatever_the_first_offset_and_the_total_mean(
    rest, start, skipped, counts
):
    total = len(ITEMS) - (skipped if counts == "those from start on" else 0)

    def pages(request):
        first = int(request.params["offset"]) - start + skipped
        return page({"items": ITEMS[first : first + 2], "total": total})

    rest.api.on("/items", pages)
    way = {"type": "offset", "start": start, "total": "total"}

    found = rest.read(records="items", pagination=way)

    assert found == (["id"], IDS[skipped:])


def test_a_server_that_ends_too_early_is_refused_whatever_the_first_offset(rest):
    def pages(request):
        first = int(request.params["offset"]) - 1
        return page({"items": ITEMS[first:5], "total": len(ITEMS)})

    rest.api.on("/items", pages)
    way = {"type": "offset", "start": 1, "total": "total"}

    error = rest.refused(records="items", pagination=way)

    assert "page 2 is empty, and 5 of 7 records came (total)" in error.message


@pytest.mark.parametrize(
    ("body", "records", "message", "help"),
    [
        ({"data": {"item": []}}, "data.items", "has no 'items'", "did you mean item?"),
        ({"dat": 1}, "data.items", "has no 'data'", "did you mean dat?"),
        ({}, "items", "has no 'items'", "it has no keys"),
        ({"data": 7}, "data.items", "has a number at 'data', no object", None),
        ({"items": {"a": 1}}, "items", "has an object at 'items', no list", "it has a"),
        ({"items": None}, "items", "has null at 'items', no list", "missing_records"),
        ({"rows": [], "n": 1}, None, "is an object, no list", "params: {records: rows}"),
        ("x", None, "is a text, no list", None),
        ([1], None, "record 1 is a number, no object", "records"),
        ([{"id": 1}, [2]], None, "record 2 is a list, no object", "records"),
        ([], "$", "is a list, no object", "records"),
        ([], "a", "is a list, no object", None),
    ],
)
def test_records_that_are_not_where_the_path_says_are_refused(rest, body, records, message, help):
    rest.api.on("/items", page(body))

    error = rest.refused(records=records)

    assert error.code == "SK0794"
    assert f"{rest.api.url}/items, page 1" in error.message
    assert message in error.message
    assert help is None or help in error.help


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ({"type": "cursor", "path": "meta.nxt", "param": "c"}, "has no 'meta.nxt'"),
        ({"type": "cursor", "path": "meta", "param": "c"}, "has an object at 'meta', no text"),
        ({"type": "cursor", "column": "key", "param": "c"}, "has no 'key' in its last record"),
        ({"type": "cursor", "column": "n", "param": "c"}, "has no value of 'n' in its last"),
        (
            {"type": "cursor", "column": "id", "param": "c", "more": "mre"},
            "has no 'mre'",
        ),
        (
            {"type": "cursor", "column": "id", "param": "c", "more": "meta"},
            "has an object at 'meta', neither true nor false",
        ),
        ({"type": "link", "path": "nxt"}, "has no 'nxt'"),
        ({"type": "offset", "total": "count"}, "has no 'count'"),
        ({"type": "page", "total": "meta"}, "has an object at 'meta', no whole number"),
    ],
)
def test_what_leads_on_and_is_not_there_is_refused(rest, way, message):
    rest.api.on("/items", page({"items": [{"id": 1, "n": None}], "meta": {"next": "x"}}))

    error = rest.refused(records="items", pagination=way)

    assert error.code == "SK0796"
    assert f"page 1 {message}" in error.message


def test_a_cursor_that_is_missing_can_be_the_end(rest):
    rest.api.on("/items", page({"items": ITEMS}))
    way = {"type": "cursor", "path": "next", "param": "c", "missing": "end"}

    assert rest.read(records="items", pagination=way) == (["id"], IDS)


def test_a_server_that_says_there_is_more_gives_a_cursor(rest):
    rest.api.on("/items", page({"items": ITEMS, "more": True, "next": None}))
    way = {"type": "cursor", "path": "next", "param": "c", "more": "more"}

    error = rest.refused(records="items", pagination=way)

    assert "says that there are more (more), and gives no cursor" in error.message


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ({"type": "cursor", "param": "c"}, "either path or column"),
        ({"type": "cursor", "path": "a"}, "a cursor has param"),
        ({"type": "page", "path": "a"}, "path is for link and cursor, not for page"),
        ({"type": "page", "size": 3}, "size and size_param go together"),
        ({"type": "page", "size": 0, "size_param": "n"}, "size is more than 0"),
        ({"type": "pages"}, "page"),
    ],
)
def test_pagination_that_cannot_be_is_refused(rest, way, message):
    with pytest.raises(ValueError, match=message):
        rest.read(pagination=way)


def test_the_incremental_parameter_takes_the_start(rest):
    rest.api.on("/items", page([{"changed": 1}]))
    since = {"column": "changed", "param": "since", "start": "2026-01-01T00:00:00Z"}

    rest.read(incremental=since)
    rest.read(incremental={"column": "changed", "param": "since"})

    assert [request.params for request in rest.api.requests] == [
        {"since": "2026-01-01T00:00:00Z"},
        {},
    ]


@pytest.mark.parametrize(
    ("column", "sent"), [("CHANGED", "2026-01-31T10:00:00Z"), ("other", "2026-01-01")]
)
def test_what_is_known_takes_the_place_of_the_start(rest, column, sent):
    rest.api.on("/items", page([{"changed": "2026-01-31T10:00:00Z"}]))
    since = {"column": "changed", "param": "since", "start": "2026-01-01"}
    plain = rest.files.source("rest_api", "items", connection="api", incremental=since)
    known = Since(column=column, value="2026-01-31 10:00:00+00")

    rest.files.relation(evolve(plain, since=known))

    assert rest.api.requests[0].params == {"since": sent}


def test_an_incremental_key_that_no_record_has_is_refused(rest):
    rest.api.on("/items", page([{"updated": 1}]))

    error = rest.refused(incremental={"column": "updatd", "param": "since"})

    assert "no record has the key 'updatd', which incremental names" in error.message
    assert "did you mean updated?" in error.help


@pytest.mark.parametrize(
    ("value", "format", "sent"),
    [
        ("2026-01-31 10:00:00+00", None, "2026-01-31T10:00:00Z"),
        ("2026-01-31 10:00:00.25+02", None, "2026-01-31T08:00:00.250000Z"),
        ("2026-01-31 10:00:00", None, "2026-01-31T10:00:00"),
        ("2026-01-31", None, "2026-01-31"),
        ("2026-01-31 23:59:59.999+00", "%Y-%m-%d", "2026-01-31"),
        ("2026-01-31", "epoch", "1769817600"),
        ("1970-01-01 00:00:01.999999", "epoch", "1"),
        ("1970-01-01 00:00:01.999999", "epoch_ms", "1999"),
        ("4711", None, "4711"),
        ("2026-01-31T10:00:00.5+02:00", None, "2026-01-31T10:00:00.5+02:00"),
    ],
)
def test_what_is_known_is_asked_for_no_more(value, format, sent):
    assert restsince.written(value, format) == sent


def test_nothing_newer_is_no_warning(rest):
    rest.api.on("/items", page([]))

    rest.read(incremental={"column": "changed", "param": "since", "start": 5})

    assert rest.files.warnings == []


def test_a_public_address_needs_no_connection(rest):
    rest.api.on("/items", page(ITEMS))

    assert rest.read(f"{rest.api.url}/items", connection=None) == (["id"], IDS)


@pytest.mark.parametrize(
    ("table", "connection", "more", "message"),
    [
        ("items", None, {}, "an address that cannot be"),
        ("http://host:x/items", None, {}, "an address that cannot be"),
        ("https://me:pw@host/items", None, {}, "its address holds a user or a password"),
        ("http://elsewhere.example/items", "api", {}, "on another server than the connection's"),
        ("items?api_key=abc", "api", {}, "it says api_key openly"),
        ("items", "api", {"query_params": {"access_token": "abc"}}, "says access_token openly"),
        ("items", "api", {"headers": {"X-Api-Key": "abc"}}, "it says X-Api-Key openly"),
        ("items", "api", {"query": "SELECT 1"}, "an API runs no query"),
    ],
)
def test_a_source_that_cannot_be_asked_for_is_refused(rest, table, connection, more, message):
    error = rest.refused(table, connection, **more)

    assert message in error.message
    assert rest.api.requests == []


def test_a_path_is_sent_as_it_has_to_be(rest):
    rest.connect(base_url=f"{rest.api.url}/v1/")
    rest.api.on("/v1/o%CC%88%20x", page(ITEMS))

    assert rest.read("/o\u0308 x") == (["id"], IDS)


def test_it_has_no_version_and_is_read_each_time(files):
    source = files.source("rest_api", "https://api.example.com/items")

    assert files.version(source) is None


def test_what_does_not_answer_is_told(rest):
    rest.connect(base_url="http://127.0.0.1:9", retries=1)

    error = rest.refused()

    assert isinstance(error, ConnectionFailed)
    assert "http://127.0.0.1:9/items: Connection refused (2 tries)" in error.message
