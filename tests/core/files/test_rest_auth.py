"""What lets one in is sent to the API and to nobody else, and is shown nowhere."""

import base64
import logging

import pytest
from tests.core.files.restserver import Api, make_certificate, page

from seeknal.values.errors import ConnectionFailed, SeeknalError

pytestmark = pytest.mark.inside

SECRET = "canary-4711-geheim/+&x"
ROWS = page([{"id": 1}])
HERE = (["id"], [(1,)])
OF_CLIENT = {"client_id": "me", "client_secret": SECRET}


def basic(user, password):
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.fixture
def other(api):
    made = Api(host="127.0.0.2")
    made.on("/items", ROWS)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ({"token": SECRET}, "Authorization", f"Bearer {SECRET}"),
        ({"username": "me", "password": SECRET}, "Authorization", basic("me", SECRET)),
        ({"api_key": SECRET}, "X-API-Key", SECRET),
        ({"api_key": SECRET, "api_key_name": "Key"}, "Key", SECRET),
        ({"secret_headers": {"Cookie": SECRET}}, "Cookie", SECRET),
        ({"headers": {"Accept": "application/hal+json"}}, "Accept", "application/hal+json"),
    ],
)
def test_headers_let_one_in(rest, options, name, value):
    rest.connect(**options)
    rest.api.on("/items", ROWS)

    assert rest.read() == HERE
    assert rest.api.requests[0].headers[name] == value
    assert rest.api.requests[0].params == {}


def test_headers_of_a_source_count_before_those_of_its_connection(rest):
    rest.connect(token=SECRET, headers={"ACCEPT": "a/b", "X-Team": "one"})
    rest.api.on("/items", ROWS)

    rest.read(headers={"accept": "c/d"})

    sent = rest.api.requests[0].headers
    assert sent.get_all("Accept") == ["c/d"]
    assert sent["X-Team"] == "one"
    assert sent["Authorization"] == f"Bearer {SECRET}"


def test_a_proxy_of_the_environment_is_asked(rest, monkeypatch):
    proxy = rest.api.url.replace("http://", "http://me:word@")
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("https_proxy", proxy)
    rest.api.on("/items", ROWS)

    plain = rest.read("http://shop.example/items", connection=None)
    rest.connect(base_url="https://shop.example", token=SECRET, retries=0)
    error = rest.refused()

    assert plain == HERE
    assert [request.headers["Proxy-Authorization"] for request in rest.api.requests] == [
        basic("me", "word")
    ]
    assert "Tunnel connection failed: 501" in error.message


def test_what_is_meant_for_this_machine_goes_to_no_proxy(rest, other, monkeypatch):
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", other.url)
    rest.connect(token=SECRET)
    rest.api.on("/items", ROWS)

    assert rest.read() == HERE
    assert other.requests == []


def test_a_key_can_be_a_parameter_and_is_sent_once(rest):
    rest.connect(api_key=SECRET, api_key_in="query", api_key_name="key")
    rest.api.on(
        "/items",
        lambda request: (
            ROWS
            if "p" in request.params
            else page([], Link=f'</items?key={request.params["key"]}&p=2>; rel="next"')
        ),
    )

    assert rest.read(pagination={"type": "link"}) == HERE
    assert [request.params["key"] for request in rest.api.requests] == [SECRET, SECRET]


class Tokens:
    """Gives tokens, and lets in who has the newest."""

    def __init__(self, api, lasts=3600):
        self.given = 0
        self.forms = []
        api.on("/token", self.give)
        api.on("/items", self.let_in)
        self.lasts = lasts

    def give(self, request):
        self.given += 1
        self.forms.append((request.body.decode(), request.headers.get("Authorization")))
        return page(
            {
                "access_token": f"t-{self.given}-{SECRET}",
                "token_type": "Bearer",
                "expires_in": self.lasts,
            }
        )

    def let_in(self, request):
        if request.headers.get("Authorization") != f"Bearer t-{self.given}-{SECRET}":
            return page({"error": f"no token {SECRET}"}, status=401)
        number = int(request.params["page"])
        if number == 2 and self.given == 1:
            self.given += 1
            return page({"error": "ended"}, status=401)
        return page([{"id": number}] if number < 4 else [])


def oauth(rest, **more):
    rest.connect(token_url=f"{rest.api.url}/token", client_id="me", client_secret=SECRET, **more)


@pytest.mark.parametrize("auth", ["basic", "body"])
def test_client_credentials_give_a_token_and_another_one_when_it_ends(rest, auth):
    tokens = Tokens(rest.api)
    oauth(rest, client_auth=auth, scope="read all")

    assert rest.read(pagination={"type": "page"}) == (["id"], [(1,), (2,), (3,)])
    assert len(tokens.forms) == 2
    form, header = tokens.forms[0]
    assert form.startswith("grant_type=client_credentials&scope=read+all")
    if auth == "basic":
        assert header == basic("me", "canary-4711-geheim%2F%2B%26x")
    else:
        assert form.endswith("&client_id=me&client_secret=canary-4711-geheim%2F%2B%26x")


def test_a_token_that_ends_is_renewed_before_it_is_refused(rest, monkeypatch):
    from seeknal.builtin import restauth

    tokens = Tokens(rest.api, lasts=60)
    clock = iter(range(0, 10_000, 40))
    monkeypatch.setattr(restauth.time, "monotonic", lambda: next(clock))
    oauth(rest)
    tokens.given = 1

    rest.read(pagination={"type": "page"})

    assert [request.path for request in rest.api.requests].count("/token") > 2
    assert len(tokens.forms) == tokens.given - 1


@pytest.mark.parametrize(
    ("reply", "code", "message"),
    [
        (
            page({"error": "invalid_client"}, status=401),
            "SK0790",
            "401 Unauthorized: invalid",
        ),
        (page({"token": "x"}), "SK0790", "gives no access_token"),
        (page([]), "SK0790", "gives no access_token"),
        (page(b"<html>"), "SK0790", "gives no access_token"),
        (page({"access_token": "x", "token_type": "mac"}), "SK0790", "of type 'mac'"),
        (page({}, status=302, Location="https://evil.example/"), "SK0797", "leads elsewhere"),
        (page({}, status=500), "SK0792", "500 Internal Server Error (2 tries)"),
    ],
)
def test_a_server_of_tokens_that_gives_none_is_told(rest, reply, code, message):
    rest.api.on("/token", reply)
    oauth(rest, retries=1)

    error = rest.refused()

    assert error.code == code
    assert f"{rest.api.url}/token" in error.message
    assert message in error.message
    assert rest.api.asked("/items") == []


def test_a_token_that_is_refused_twice_is_no_endless_loop(rest):
    rest.api.on("/token", page({"access_token": "abcdefgh"}))
    rest.api.on("/items", page({}, status=401))
    oauth(rest)

    error = rest.refused()

    assert error.code == "SK0790"
    assert len(rest.api.asked("/items")) == 2


LETS_IN = [
    {"token": SECRET},
    {"username": "me", "password": SECRET},
    {"api_key": SECRET},
    {"api_key": SECRET, "api_key_in": "query", "api_key_name": "key"},
    {"secret_headers": {"Cookie": SECRET}},
]


@pytest.mark.parametrize("options", LETS_IN)
@pytest.mark.parametrize("way", ["redirect", "link", "path"])
def test_what_lets_one_in_never_goes_to_another_server(rest, other, options, way):
    rest.connect(**options)
    if way == "redirect":
        rest.api.on("/items", page({}, status=302, Location=f"{other.url}/items"))
        more = {}
    elif way == "link":
        rest.api.on("/items", page([{"id": 1}], Link=f'<{other.url}/items>; rel="next"'))
        more = {"pagination": {"type": "link"}}
    else:
        rest.api.on("/items", page({"items": [], "next": f"{other.url}/items"}))
        more = {"records": "items", "pagination": {"type": "link", "path": "next"}}

    error = rest.refused(**more)

    assert error.code == "SK0797"
    assert f"another server, http://127.0.0.2:{other.port}" in error.message
    assert other.requests == []
    assert SECRET not in f"{error.message} {error.help}"


def test_another_port_is_another_server(rest):
    second = Api()
    rest.connect(token=SECRET)
    rest.api.on("/items", page({}, status=307, Location=f"{second.url}/items"))

    error = rest.refused()
    second.close()

    assert error.code == "SK0797"
    assert second.requests == []


def test_a_redirect_on_the_same_server_is_followed(rest):
    rest.connect(token=SECRET)
    rest.api.on("/items", page({}, status=301, Location="/v2/items"))
    rest.api.on("/v2/items", ROWS)

    assert rest.read() == HERE
    assert rest.api.requests[1].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_redirect_elsewhere_is_followed_where_nothing_is_let_in(rest, other):
    rest.api.on("/items", page({}, status=302, Location=f"{other.url}/items"))

    assert rest.read() == HERE


def test_a_circle_of_redirects_is_refused(rest):
    rest.api.on("/items", page({}, status=302, Location="/items"))

    assert "redirected more than 5 times" in rest.refused().message


@pytest.fixture
def tls(api, tmp_path):
    """A server with a certificate of its own for 127.0.0.1."""
    made = Api(make_certificate(tmp_path, "127.0.0.1"))
    made.on("/items", ROWS)
    yield made
    made.close()


def test_a_certificate_that_nobody_knows_is_refused_at_once(rest, tls):
    rest.connect(base_url=tls.url, token=SECRET)

    error = rest.refused()

    assert error.code == "SK0792"
    assert f"{tls.url}/items: the server's certificate cannot be trusted: self" in error.message
    assert "ca_file" in error.help
    assert tls.requests == []


def test_a_certificate_of_a_trusted_authority_is_taken(rest, tls, tmp_path):
    rest.connect(base_url=tls.url, token=SECRET, ca_file=str(tmp_path / "127.0.0.1.pem"))

    assert rest.read() == HERE


def test_a_certificate_of_another_host_is_refused(rest, tmp_path):
    made = make_certificate(tmp_path, "other.example")
    server = Api(made)
    rest.connect(base_url=server.url, ca_file=made.file)

    error = rest.refused()
    server.close()

    assert "certificate cannot be trusted: IP address mismatch" in error.message
    assert server.requests == []


def test_no_way_leads_out_of_tls(rest, tls, tmp_path):
    rest.connect(base_url=tls.url, ca_file=str(tmp_path / "127.0.0.1.pem"))
    tls.on("/items", page({}, status=302, Location=f"{rest.api.url}/items"))
    rest.api.on("/items", ROWS)

    error = rest.refused()

    assert error.code == "SK0797"
    assert rest.api.requests == []


@pytest.mark.parametrize("file", ["missing.pem", "empty.pem"])
def test_a_file_of_authorities_that_is_none_is_told(rest, tls, file):
    rest.files.write("empty.pem", "")
    rest.connect(base_url=tls.url, ca_file=file)

    error = rest.refused()

    assert error.code == "SK0798"
    assert "ca_file cannot be read" in error.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_url": "ftp://x"}, "base_url is no http(s) address"),
        ({"base_url": "api.example.com"}, "base_url is no http(s) address"),
        ({"base_url": "https://me:word@x"}, "base_url holds a user or a password"),
        ({"base_url": "https://x/?a=1"}, "base_url has parameters"),
        ({"token": SECRET, "api_key": SECRET}, "it says token and api_key, and one lets in"),
        ({"password": SECRET}, "username is missing"),
        ({"username": "me"}, "password is missing"),
        ({"client_id": "me", "client_secret": SECRET}, "token_url is missing"),
        ({"headers": {"Authorization": SECRET}}, "headers name Authorization"),
        ({"base_url": "http://api.example.com", "token": SECRET}, "base_url is no https://"),
        (
            {"token_url": "http://t.example/", **OF_CLIENT},
            "token_url is no https",
        ),
        ({"token": f"{SECRET}\n"}, "the value of the header Authorization holds a line break"),
    ],
)
def test_a_connection_that_cannot_be_is_refused(rest, options, message):
    rest.connect(**options)

    error = rest.refused()

    assert error.code == "SK0798"
    assert message in error.message
    assert SECRET not in f"{error.message} {error.help}"
    assert rest.api.requests == []


@pytest.mark.parametrize("options", LETS_IN)
@pytest.mark.parametrize(
    "reply",
    [
        lambda told: page({"message": f"no {told}"}, status=403),
        lambda told: page({"message": f"no {told}"}, status=500),
        lambda told: page({}, status=302, Location=f"http://{told[:6]}.example/{told}"),
        lambda told: page(f"<html>{told}".encode()),
        lambda told: page({"items": 1, told: 2}),
        lambda told: page([{told: 1}, {told: "x"}]),
        lambda told: page([{"id": 1}], Link=f'</items?key={told}>; rel="next"'),
    ],
)
def test_what_a_server_repeats_of_a_secret_is_masked(rest, options, reply, caplog):
    rest.connect(retries=1, **options)
    rest.api.on("/items", reply(SECRET))

    with caplog.at_level(logging.DEBUG):
        error = rest.refused()

    shown = f"{error.message} {error.help} {caplog.text} {rest.files.warnings}"
    assert SECRET not in shown
    assert "canary-4711-geheim%2F" not in shown


@pytest.mark.parametrize("options", [*LETS_IN, {}])
def test_a_connection_is_tested_by_an_address(rest, options):
    from seeknal.builtin.restsession import RestSession

    rest.connect(test_path="me", **options)
    rest.api.on("/me", [page({"name": "x"}), page({}, status=401)])
    session = RestSession("api", rest.files.connections["api"].options, rest.files.root)

    said = session.describe()
    with pytest.raises(ConnectionFailed, match="401"):
        session.describe()
    session.close()

    assert said == f"{rest.api.url}/me answers 200 OK"


def test_a_connection_without_an_address_to_test_says_what_the_server_said(rest):
    from seeknal.builtin.restsession import RestSession

    session = RestSession("api", rest.files.connections["api"].options, rest.files.root)

    said = session.describe()
    with pytest.raises(SeeknalError, match="runs no SQL"):
        session.execute("SELECT 1")
    session.close()

    assert said.startswith(f"{rest.api.url} answers 404 Not Found; test_path:")


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        *((name, True) for name in ("Authorization", "X-Api-Key", "apikey", "access_token", "key")),
        *(
            (name, True)
            for name in ("Cookie", "client_secret", "password", "token", "X-Auth-Token")
        ),
        *((name, False) for name in ("author", "page_token", "keys", "session", "Accept", "sort")),
    ],
)
def test_a_name_that_lets_nobody_in_may_stand_in_a_source(rest, name, hidden):
    rest.api.on("/items", ROWS)

    if hidden:
        assert f"it says {name} openly" in rest.refused(query_params={name: "x"}).message
    else:
        assert rest.read(query_params={name: "x"}) == HERE
