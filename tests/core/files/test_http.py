"""Files behind URLs, from a real server on this machine."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import duckdb
import pytest

from seeknal.builtin import http
from seeknal.values.errors import ConnectionFailed

pytestmark = [pytest.mark.inside, pytest.mark.versions]


class Server:
    """Answers each path with what ``answers`` has for it, in turn; the last one stays."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append((self.command, self.path, dict(self.headers)))
                path = self.path.split("?")[0]
                waiting = outer.answers.get(path, [(404, {}, b"")])
                status, headers, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.host = f"127.0.0.1:{self.server.server_port}"

    def url(self, path):
        return f"http://{self.host}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)
    made = Server()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/a.csv", "text/plain", b"id,n\n1,x\n"),
        ("/export", "text/csv; charset=utf-8", b"id,n\n1,x\n"),
        ("/export", "application/json", b'[{"id": 1, "n": "x"}]'),
        ("/a.jsonl", "application/octet-stream", b'{"id": 1, "n": "x"}\n'),
    ],
)
def test_the_format_is_that_of_the_name_or_of_what_the_server_says(
    files, server, path, content_type, body
):
    server.answers[path] = [(200, {"Content-Type": content_type}, body)]

    found = files.read("http", server.url(f"{path}?day=1"))

    assert found == (["id", "n"], [(1, "x")])


def test_headers_are_sent(files, server):
    server.answers["/a.csv"] = [(200, {}, b"id\n1\n")]

    files.read("csv", server.url("/a.csv"), headers={"X-Team": "shop"})

    assert server.requests[0][2]["X-Team"] == "shop"


def test_a_user_in_the_url_is_sent_as_credentials_only(files, server):
    server.answers["/a.csv"] = [(200, {}, b"id\n1\n")]

    files.read("csv", f"http://me:p%40ss@{server.host}/a.csv")

    (_, path, headers), *_ = server.requests
    assert headers["Authorization"] == f"Basic {base64.b64encode(b'me:p@ss').decode()}"
    assert path == "/a.csv"


def test_credentials_do_not_follow_to_another_host(files, server):
    other = server.url("/b.csv").replace("127.0.0.1", "localhost")
    server.answers["/a.csv"] = [(302, {"Location": other}, b"")]
    server.answers["/b.csv"] = [(200, {}, b"id\n1\n")]

    files.read("csv", f"http://me:secret@{server.host}/a.csv")

    assert "Authorization" not in server.requests[-1][2]
    assert server.requests[-1][1] == "/b.csv"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_three_times(files, server, status):
    server.answers["/a.csv"] = [(status, {}, b""), (status, {}, b""), (200, {}, b"id\n1\n")]

    assert files.read("csv", server.url("/a.csv"))[1] == [(1,)]
    assert len(server.requests) == 3


def test_an_answer_cut_short_is_asked_for_again(files, server):
    server.answers["/a.csv"] = [(200, {"Content-Length": "99"}, b"id\n1"), (200, {}, b"id\n1\n")]

    assert files.read("csv", server.url("/a.csv"))[1] == [(1,)]


def test_what_is_not_there_is_not_asked_for_again(files, server):
    url = f"http://me:secret@{server.host}/gone.csv?token=hidden"

    with pytest.raises(ConnectionFailed) as caught:
        files.read("csv", url)

    assert f"{server.host}/gone.csv could not be read: the server answers 404" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:nan/a.csv", "http://", "http://127.0.0.1:9/a"])
def test_an_address_that_cannot_be_is_an_error(files, server, url):
    with pytest.raises(ConnectionFailed, match="could not be read"):
        files.read("csv", url)


def test_the_version_is_what_the_server_says_and_reads_no_rows(files, server):
    server.answers["/a.csv"] = [(200, {"ETag": '"1"'}, b"id\n1\n")]
    source = files.source("csv", server.url("/a.csv"))

    first = files.version(source)
    server.answers["/a.csv"] = [(200, {"ETag": '"2"'}, b"id\n1\n")]

    assert first[0][1] == '"1"'
    assert files.version(source) != first
    assert {method for method, *_ in server.requests} == {"HEAD"}


def test_a_server_that_says_nothing_gives_no_version(files, server):
    server.answers["/a.csv"] = [(200, {}, b"id\n1\n")]

    assert files.version(files.source("csv", server.url("/a.csv"))) is None
    assert files.version(files.source("csv", server.url("/gone.csv"))) is None


def test_urls_and_files_go_together(files, server):
    server.answers["/a.csv"] = [(200, {"ETag": '"1"'}, b"id\n1\n")]
    local = files.write("b.csv", "id\n2\n")
    source = files.source("csv", server.url("/a.csv"), "b.csv")

    rows = files.relation(source).fetchall()
    first = files.version(source)
    local.touch()
    touched = files.version(source)
    local.write_text("id\n3\n")

    assert rows == [(1,), (2,)]
    assert touched == first
    assert files.version(source) != first


def test_provenance_names_urls_without_what_may_be_secret_in_them(seeknal_project, server):
    for name in ("/a.csv", "/b.csv"):
        server.answers[name] = [(200, {}, b"id\n1\n")]
    first = f"http://me:hidden1@{server.host}/a.csv?token=hidden2"
    project = seeknal_project(
        {
            "seeknal_project.yml": "name: test\nprovenance: true\n",
            "seeknal/two.yml": "kind: source\nname: two\nsource: csv\n"
            f"table: ['{first}', '{server.url('/b.csv')}']\n",
            "seeknal/one.yml": f"kind: source\nname: one\nsource: csv\ntable: '{first}'\n",
        }
    )

    project.run("run").assert_ok()

    files = {node: files_of(project.path, node) for node in ("one", "two")}
    assert files["one"] == {server.url("/a.csv")}
    assert files["two"] == {server.url("/a.csv"), server.url("/b.csv")}
    history = "".join(path.read_text() for path in project.path.glob("target/history/*"))
    catalog = "".join(path.read_text() for path in project.path.glob("target/catalog/*/*"))
    assert "hidden" not in history + catalog


def files_of(project, node):
    """What ``_source_file`` says; the moment beside it DuckDB 1.5 gives with pytz alone."""
    stored = project / f"target/intermediate/source_{node}.parquet"
    with duckdb.connect() as connection:
        return {name for (name,) in connection.read_parquet(str(stored))["_source_file"].fetchall()}
