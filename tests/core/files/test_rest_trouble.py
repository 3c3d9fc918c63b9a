"""A server in trouble is asked again, no record is lost or comes twice, and nothing is guessed."""

import gzip
import json
import threading
import time
from email.utils import formatdate

import pytest
from tests.core.files.restserver import Reply, page

from seeknal.builtin import restclient, restwire
from seeknal.values.errors import ConnectionFailed, NodeError

pytestmark = pytest.mark.inside

BODY = json.dumps([{"id": number, "text": "x" * 100} for number in range(50)]).encode()
GOOD = page(BODY)
PACKED = Reply(body=gzip.compress(BODY), headers=(("Content-Encoding", "gzip"),))


def ids(rest, **more):
    columns, rows = rest.read(**more)
    return [row[columns.index("id")] for row in rows]


@pytest.mark.parametrize(
    "bad",
    [
        page({}, status=429),
        page({}, status=500),
        page({}, status=503),
        Reply(body=BODY, cut=70),
        Reply(body=BODY, cut=0),
        Reply(body=BODY, said_length=len(BODY) + 5),
        Reply(body=BODY, chunked=True, cut=3000),
        Reply(body=BODY, chunked=True, cut=len(BODY)),
        Reply(body=PACKED.body, headers=PACKED.headers, cut=40),
        Reply(body=PACKED.body[:-4], headers=PACKED.headers),
        Reply(body=PACKED.body[:-4], headers=PACKED.headers, said_length=-1),
        Reply(hang_up=True),
    ],
)
def test_a_page_that_fails_is_asked_for_again_and_read_once(rest, bad):
    rest.api.on("/items", [page([{"id": -1}]), bad, GOOD, page([])])

    found = ids(rest, pagination={"type": "offset"})

    assert found == [-1, *range(50)]
    assert [request.params["offset"] for request in rest.api.requests] == ["0", "1", "1", "51"]


@pytest.mark.parametrize("missing", range(5, 12))
def test_an_answer_in_chunks_is_whole_only_with_its_last_one(rest, missing):
    rest.connect(retries=0)
    framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    headers = (("Transfer-Encoding", "chunked"),)
    cut = len(framed) - missing
    rest.api.on("/items", Reply(body=framed, headers=headers, said_length=-1, cut=cut))

    error = rest.refused()

    assert "the answer breaks off" in error.message


@pytest.mark.parametrize(
    "good", [GOOD, PACKED, Reply(body=BODY, chunked=True), Reply(body=BODY, said_length=-1)]
)
def test_a_page_comes_in_every_way_of_http(rest, good):
    rest.api.on("/items", good)

    assert ids(rest) == [*range(50)]


def test_a_page_that_breaks_off_without_a_length_is_never_taken_for_whole(rest):
    rest.connect(retries=0)
    found = []
    for cut in (*range(1, 40), *range(len(BODY) - 40, len(BODY))):
        rest.api.on("/items", Reply(body=BODY[:cut], said_length=-1))
        found.append(rest.refused().code)

    assert set(found) == {"SK0793"}


@pytest.mark.parametrize(
    ("bad", "code", "message"),
    [
        (page({}, status=429), "SK0791", "the server answers 429 Too Many Requests (3 tries)"),
        (
            page({"error": {"message": "no\n disk"}}, status=500),
            "SK0792",
            "the server answers 500 Internal Server Error: no disk (3 tries)",
        ),
        (
            Reply(body=BODY, cut=7),
            "SK0792",
            "off (7 of 6,190 bytes arrived) (3 tries)",
        ),
        (Reply(body=PACKED.body[:-4], headers=PACKED.headers), "SK0792", "the answer breaks off"),
        (Reply(hang_up=True), "SK0792", "closed connection without response (3 tries)"),
    ],
)
def test_a_server_that_stays_in_trouble_is_given_up(rest, bad, code, message):
    rest.connect(retries=2)
    rest.api.on("/items", bad)

    error = rest.refused()

    assert isinstance(error, ConnectionFailed)
    assert error.code == code
    assert message in error.message
    assert len(rest.api.requests) == 3


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((401, "SK0790"), (403, "SK0790")),
        *((status, "SK0792") for status in (202, 206, 304, 400, 404, 410, 422, 501)),
    ],
)
def test_what_another_try_does_not_change_is_refused_at_once(rest, status, code):
    rest.api.on("/items", page({"detail": "because"}, status=status))

    error = rest.refused()

    assert error.code == code
    assert f"{rest.api.url}/items: the server answers {status}" in error.message
    assert "because" in error.message or status == 304
    assert len(rest.api.requests) == 1


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("7", 7, 7),
        ("1.5", 1.5, 1.5),
        (100, 97, 101),
        (-100, 0, 0),
        ("soon", 0.25, 0.25),
        ("-5", 0.25, 0.25),
    ],
)
def test_it_waits_as_long_as_the_server_says(rest, monkeypatch, said, least, most):
    monkeypatch.setattr(restclient, "backoff", lambda attempt: 0.25)
    client = restclient.Client(None, {}, None)
    waited = []
    monkeypatch.setattr(client, "_wait", waited.append)
    text = said if isinstance(said, str) else formatdate(time.time() + said, usegmt=True)
    rest.api.on("/items", [page({}, status=429, Retry_After=text), GOOD])

    client.get(f"{rest.api.url}/items")
    client.close()

    assert least <= waited[0] <= most


def test_the_date_to_wait_for_is_by_the_clock_of_the_server():
    late = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:50:07 GMT"}
    answer = restwire.Answer(url="", status=429, reason="", headers=late, body=b"")

    assert restclient.waited_for(answer) == 30


def test_a_server_that_asks_for_hours_is_given_up_at_once(rest):
    rest.api.on("/items", page({}, status=429, Retry_After="7200"))

    error = rest.refused()

    assert error.code == "SK0791"
    assert "it asks to wait 7,200 s" in error.message
    assert "longest_wait" in error.help
    assert len(rest.api.requests) == 1


def test_tries_are_further_and_further_apart(monkeypatch):
    monkeypatch.undo()
    waits = [restclient.backoff(attempt) for attempt in range(12)]

    assert 0.3 < waits[0] < 0.7
    assert waits == pytest.approx([min(0.5 * 2**n, 30) for n in range(12)], rel=0.3)


def test_requests_are_kept_apart(rest):
    rest.connect(requests_per_second=25)
    rest.api.on("/items", [page([{"id": n}]) for n in range(5)] + [page([])])

    start = time.monotonic()
    found = ids(rest, pagination={"type": "page"})

    assert found == [0, 1, 2, 3, 4]
    assert time.monotonic() - start >= 0.19


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>busy</html>", "is no JSON: Expecting value, line 1, column 1"),
        (b"", "is no JSON: Expecting value"),
        (b'[{"id": 1}', "is no JSON: Expecting ',' delimiter, line 1, column 11"),
        (b'[{"id": 1}]\n[', "is no JSON: Extra data, line 2, column 1"),
        (b'[{"id": NaN}]', "is no JSON: NaN is no number"),
        (b'[{"id": 1, "id": 2}]', "has the key 'id' twice in one object"),
        (b'[{"id": "a\nb"}]', "is no JSON: Invalid control character"),
        (b'[{"id": "\xff"}]', "is no text in utf-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'[{"id": ' + b"9" * 5000 + b"}]", "cannot be read"),
    ],
)
def test_a_page_that_is_no_json_is_refused(rest, body, message):
    rest.api.on("/items", [page([{"id": 1}], Link="</p>; rel=next")])
    rest.api.on("/p", page(body))

    error = rest.refused(pagination={"type": "link"})

    assert isinstance(error, NodeError)
    assert error.code == "SK0793"
    assert f"{rest.api.url}/items, page 2 {message}" in error.message or message in error.message
    assert "page 2" in error.message


def test_a_key_of_the_page_that_stands_twice_is_refused(rest):
    rest.api.on("/items", page(b'{"items": [{"id": 1}], "items": [{"id": 2}]}'))

    error = rest.refused(records="items")

    assert "page 1 has the key 'items' twice in one object" in error.message


def test_other_encodings_are_read_where_the_server_names_them(rest):
    body = '[{"id": "ä"}]'.encode("latin-1")
    rest.api.on(
        "/items", Reply(body=body, headers=(("Content-Type", "application/json; charset=latin-1"),))
    )

    assert rest.read() == (["id"], [("ä",)])


def test_a_packing_that_is_not_known_is_refused(rest):
    rest.api.on("/items", Reply(body=b"xx", headers=(("Content-Encoding", "br"),)))

    error = rest.refused()

    assert error.code == "SK0793"
    assert "is packed as br" in error.message


@pytest.mark.parametrize("packed", [True, False])
def test_a_page_that_is_too_large_is_refused(rest, monkeypatch, packed):
    monkeypatch.setattr(restwire, "LARGEST", 2**20)
    body = b"[" + b" " * 2**21 + b"]"
    headers = (("Content-Encoding", "gzip"),) if packed else ()
    rest.api.on("/items", Reply(body=gzip.compress(body) if packed else body, headers=headers))

    error = rest.refused()

    assert "has more than 1 MiB" in error.message


def test_a_connection_that_was_closed_in_between_is_no_failed_try(rest):
    rest.connect(retries=0)
    replies = [page([{"id": n}], Connection="close" if n % 2 else "keep-alive") for n in range(6)]
    rest.api.on("/items", [*replies, page([])])

    assert ids(rest, pagination={"type": "page"}) == [*range(6)]


def test_a_server_that_says_nothing_is_not_waited_for(rest):
    rest.connect(retries=0, timeout="1s")
    done = threading.Event()
    rest.api.on("/items", lambda request: (done.wait(10), GOOD)[1])

    error = rest.refused()
    done.set()

    assert "the server does not answer in time" in error.message


@pytest.mark.parametrize("where", ["answer", "pause"])
def test_what_is_waited_for_can_be_stopped(rest, monkeypatch, where):
    monkeypatch.setattr(restclient, "backoff", lambda attempt: 60.0)
    done = threading.Event()
    slow = (lambda request: (done.wait(10), GOOD)[1]) if where == "answer" else page({}, status=503)
    rest.api.on("/items", slow)
    client = restclient.Client(None, {}, None)
    threading.Timer(0.3, client.stop).start()

    start = time.monotonic()
    with pytest.raises(ConnectionFailed, match="stopped"):
        client.get(f"{rest.api.url}/items")
    took = time.monotonic() - start
    done.set()

    assert took < 3
