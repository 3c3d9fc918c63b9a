"""A password, of whatever characters and wherever it stands, is nowhere that anybody may look.

Each password is made of pieces that say ``canary``: whoever shows a part of it shows such a piece.
What is printed and stored is searched as it stands, and with everything decoded that may hide one.
"""

import json
import re
import subprocess
import sys
from base64 import b64decode
from urllib.parse import quote, unquote

import pytest
from tests.core.files.restserver import Api, page

RESERVED = "@:/?#[]%&=+;,!$'()* \"\\éß€😀"
CANARY = "canary@canary:canary/canary?canary#canary[]%&=+;,!$'()* \"\\éß€😀canary"
KEPT = ("profiles.yml", ".env", "seeknal_project.yml", "own.yml", "secrets.json", "seeknal")
"""Files of the test's own, that hold what they hold."""


def decoded(text):
    """``text``, and what it becomes when one undoes what encoders do."""
    yield text
    yield re.sub(r"\s+", "", text)
    yield unquote(unquote(text))
    for token in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
        for start in range(4):
            piece = token[start:].replace("-", "+").replace("_", "/")
            yield b64decode(piece[: len(piece) // 4 * 4]).decode("latin-1")
    for token in re.findall(r"(?:[0-9a-f]{2}){6,}", text, re.IGNORECASE):
        yield bytes.fromhex(token).decode("latin-1")


def leaks(text):
    """Each place that shows a piece of a password, with what stands around it."""
    around = re.compile(r".{0,40}canary.{0,40}", re.IGNORECASE)
    return [match[0] for found in decoded(text) for match in around.finditer(found)]


def assert_nowhere(project, *outcomes):
    shown = [leak for outcome in outcomes for leak in leaks(outcome.stdout + outcome.stderr)]
    assert shown[:3] == []
    for path in project.path.rglob("*"):
        if path.is_file() and path.relative_to(project.path).parts[0] not in KEPT:
            stored = leaks(path.read_bytes().decode("latin-1"))
            assert (path, stored[:1]) == (path, [])


COMMANDS = (
    ["validate"],
    ["plan"],
    ["run"],
    ["--debug", "run", "--format", "json"],
    ["history", "--format", "json"],
    ["deliveries"],
    ["lineage", "--format", "json"],
    ["lineage", "--format", "openlineage"],
    ["lineage", "--no-open"],
    ["connection", "list", "--format", "json"],
    ["--debug", "connection", "test"],
)


def assert_no_command_tells(project):
    outcomes = [project.run(*command) for command in COMMANDS]
    assert_nowhere(project, *outcomes)
    return outcomes


URL = "postgresql://me:canary{}canary@127.0.0.1:1/db"
SOURCE = "kind: source\nname: s{0}\nsource: postgresql\ntable: t\nconnection: c{0}\n"


def test_a_url_with_any_character_in_its_password_does_not_show_it(seeknal_project):
    urls = [URL.format(character) for character in RESERVED] + [
        f"postgresql://me:{CANARY}@127.0.0.1:1/db",
        f"postgresql://me:{quote(CANARY)}@127.0.0.1:1/db",
        f"postgresql://me@127.0.0.1:1/db?password={quote(CANARY)}",
        f"postgresql://me@127.0.0.1:1/db?password={CANARY}",
        f"postgresql:/me:{CANARY}@127.0.0.1:1/db",
        f"host=127.0.0.1 port=1 password='{CANARY}'",
        "postgresql://me:8080/canary@127.0.0.1:1/db",
    ]
    connections = {
        f"c{number}": {"type": "postgresql", "url": url} for number, url in enumerate(urls)
    }
    project = seeknal_project(
        {
            "profiles.yml": json.dumps({"connections": connections}, ensure_ascii=False),
            "seeknal/s.yml": "---\n".join(SOURCE.format(number) for number in range(len(urls))),
        }
    )

    assert_no_command_tells(project)


SAYING = """
    import base64, json, logging, os, sys, textwrap, traceback, urllib.parse, warnings
    from pathlib import Path
    from seeknal import transform

    ROOT = Path(__file__).parents[2]

    def secrets():
        yield from json.loads((ROOT / "secrets.json").read_text())["all"]

    def spelled(secret):
        yield secret
        yield repr(secret)
        yield ascii(secret)
        yield repr(secret.encode())
        yield json.dumps(secret)
        yield json.dumps({"a": json.dumps(secret)})
        yield urllib.parse.quote(secret)
        yield urllib.parse.quote(secret, safe="")
        yield urllib.parse.quote_plus(secret)
        yield "".join(f"%{byte:02x}" for byte in secret.encode())
        yield secret.replace("'", "''")
        yield f"host=h password={secret} user=me"
        yield f"host=h password='{secret}'"
        yield f"postgresql://me:{secret}@somewhere/db and then"
        yield "Authorization: Basic " + base64.b64encode(f"me:{secret}".encode()).decode()
        yield base64.urlsafe_b64encode(f"x{secret}y".encode()).decode()
        yield secret.encode().hex()
        yield textwrap.fill("it said that " + secret, 11)
        yield "LINE 1: ... 'x" + secret[:len(secret) // 2 + 8] + "..."

    def everything():
        return [text for secret in secrets() for text in spelled(secret)]
"""
TOLD = {
    "printed": "for text in everything(): print(text)",
    "written": "sys.stderr.write(chr(10).join(everything())); sys.__stderr__.write('plain')",
    "raised": "raise RuntimeError(chr(10).join(everything()))",
    "chained": "try:\n        raise ValueError(everything())\n"
    "    except ValueError as error:\n        raise KeyError(everything()) from error",
    "logged": "for text in everything(): ctx.log.warning('told %s', text)",
    "root_logged": "logging.getLogger('x').error('told %s', everything())",
    "warned": "warnings.warn(str(everything()))",
    "traced": "try:\n        raise ValueError(everything())\n"
    "    except ValueError: traceback.print_exc()",
    "queried": "ctx.duckdb.sql(\"SELECT * FROM nowhere WHERE x = '%s'\""
    ' % everything()[0].replace("\'", "\'\'"))',
    "columned": "return ctx.duckdb.sql('SELECT 1 AS a').project('\"%s\"' % 'nix').df()",
}


def pipelines():
    files = {"secrets.json": ""}
    for name, body in TOLD.items():
        text = f"\n\n    @transform(name={name!r})\n    def {name}(ctx):\n        "
        body = body.replace("\n    ", "\n        ")
        text += body + "\n        return ctx.duckdb.sql('SELECT 1 AS a')\n"
        files[f"seeknal/pipelines/{name}.py"] = SAYING + text
    return files


PLACES = {
    "profiles.yml": json.dumps(
        {
            "connections": {
                "never": {"type": "postgresql", "password": CANARY + "1"},
                "url": {"type": "postgresql", "url": f"postgresql://me:{CANARY}2@127.0.0.1:1/db"},
                "env": {"type": "postgresql", "password": "${FROM_ENVIRONMENT}"},
                "inner": {
                    "type": "postgresql",
                    "url": "postgresql://me:${FROM_DOTENV}@127.0.0.1:1/x",
                },
                "default": {"type": "postgresql", "password": "${NOT_SET:canary-default-4711}"},
                "rest": {
                    "type": "iceberg",
                    "catalog": "rest",
                    "uri": f"http://me:{quote(CANARY)}5@127.0.0.1:1/",
                    "token": CANARY + "6",
                    "properties": {"header.Authorization": f"Bearer {CANARY}7"},
                },
                "sql": {
                    "type": "iceberg",
                    "catalog": "sql",
                    "uri": f"postgresql://me:{quote(CANARY)}8@127.0.0.1:1/db",
                    "warehouse": "file:///tmp/nowhere",
                },
                "unknown": {"type": "nothing", "apikey": CANARY + "9"},
            }
        },
        ensure_ascii=False,
    ),
    ".env": "FROM_DOTENV=canary-of-dotenv-0815\nODD_ONE='canary-oddly-4711-named'\n"
    "SOME_DSN=postgresql://me:canary@canary:x@h/db\n",
}
ALL = [
    *(CANARY + digit for digit in "127"),
    "canary-from-environment-77",
    "canary-of-dotenv-0815",
    "canary-oddly-4711-named",
    "canary-default-4711",
    "canary-PGPASSWORD-1",
]


@pytest.fixture
def loud(seeknal_project, monkeypatch):
    """A project whose nodes tell every secret that there is, in every way."""
    monkeypatch.setenv("FROM_ENVIRONMENT", "canary-from-environment-77")
    monkeypatch.setenv("PGPASSWORD", "canary-PGPASSWORD-1")
    project = seeknal_project({**PLACES, **pipelines()})
    project.write({"secrets.json": json.dumps({"all": ALL})})
    (project.path / "secrets.json").rename(project.path / "own.yml")
    (project.path / "secrets.json").symlink_to("own.yml")
    return project


@pytest.mark.once
def test_no_node_can_tell_a_secret_of_a_connection_that_nothing_opened(loud):
    outcomes = assert_no_command_tells(loud)

    assert "told" in outcomes[2].stderr
    failed = loud.run("history", "--node", "transform.raised", "--format", "json").json()
    assert "RuntimeError: ***" in failed[0]["error"]["message"]


def test_a_profile_that_cannot_be_read_is_shown_without_its_secrets(loud):
    profile = json.loads(PLACES["profiles.yml"])
    loud.write({"profiles.yml": json.dumps(profile)})  # surrogates, which YAML has not

    outcomes = [loud.run(*command) for command in (["validate"], ["run"], ["connection", "test"])]

    assert_nowhere(loud, *outcomes)
    assert "SK0102" in outcomes[0].stderr


@pytest.mark.once
def test_what_a_program_that_a_node_starts_says_is_masked_too(loud):
    loud.write(
        {
            "seeknal/pipelines/started.py": SAYING
            + """

    @transform(name="started")
    def started(ctx):
        import os, subprocess
        subprocess.run(["printf", "%s\\n", *everything()], check=True)
        subprocess.run(["sh", "-c", 'printf "%s\\n" "$@" >&2', "sh", *everything()], check=True)
        os.write(1, everything()[0].encode())
        os.write(2, everything()[0].encode())
        return ctx.duckdb.sql("SELECT 1 AS a")
    """
        }
    )

    done = subprocess.run(
        [sys.executable, "-m", "seeknal", "run", "--select", "started", "--format", "json"],
        cwd=loud.path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert leaks(done.stdout + done.stderr)[:3] == []
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "success"
    assert "***" in done.stderr


def test_a_profile_with_a_secret_is_shown_without_it_when_a_variable_is_missing(seeknal_project):
    project = seeknal_project(
        {
            "profiles.yml": "connections:\n  pg: {type: postgresql, password: '${NOT_THERE}', "
            "host: h}\n",
            "seeknal/s.yml": SOURCE.format(0).replace("c0", "pg"),
        }
    )

    outcome = project.run("run")

    assert "write ${NOT_THERE:default}" in outcome.stderr


def test_rows_are_shown_as_they_are_whatever_equals_a_secret(seeknal_project, tmp_path):
    secrets = ["12345678", "postgres", "1234", "true", "s3cr3t-w0rd"]
    rows = [*secrets, "912345678901", "3.12345678", "my postgres database"]
    connections = {
        f"c{number}": {"type": "postgresql", "password": secret}
        for number, secret in enumerate(secrets)
    }
    project = seeknal_project(
        {
            "profiles.yml": json.dumps({"connections": connections}),
            "data/a.csv": "x,n\n" + "".join(f"{row},12345678\n" for row in rows),
            "seeknal/a.yml": "kind: source\nname: a\nsource: csv\ntable: data/a.csv\n"
            "columns: [{name: x, type: VARCHAR}, {name: n, type: BIGINT}]\n",
        }
    )
    project.run("run").assert_ok()

    as_json = project.run("sql", "FROM a", "--format", "json").json()
    as_csv = project.run("inspect", "a", "--format", "csv").stdout
    as_table = project.run("sql", "FROM a").stdout
    project.run("sql", "FROM a", "--format", "csv", "--output", str(tmp_path / "a.csv"))

    assert as_json == [{"x": row, "n": 12345678} for row in rows]
    assert as_csv == (project.path / "data/a.csv").read_text()
    assert (tmp_path / "a.csv").read_text() == as_csv
    assert "***" not in as_table
    assert [row for row, _ in project.rows("source.a")] == rows
    assert project.run("list", "--format", "json").json()[0]["node"] == "source.a"


def test_the_shells_working_folder_is_no_password(seeknal_project, monkeypatch):
    project = seeknal_project({"seeknal/a.yml": "kind: transform\nname: a\nsql: SELECT 1 AS a\n"})
    above = project.path.parent
    monkeypatch.setenv("PWD", str(above))
    monkeypatch.setenv("OLDPWD", above.name)

    outcome = project.run("lineage", "--no-open", "--output", str(above / "shown.html"))

    assert str(above / "shown.html") in outcome.stderr


def test_a_message_masks_a_weak_secret_as_a_word_only(seeknal_project):
    project = seeknal_project(
        {
            "profiles.yml": "connections:\n  a: {type: postgresql, password: postgres}\n"
            "  b: {type: postgresql, password: '12345678'}\n",
            "seeknal/pipelines/p.py": """
                from seeknal import transform

                @transform(name="p")
                def p(ctx):
                    raise RuntimeError("postgresql 912345678 'postgres' 12345678 0.12345678")
            """,
        }
    )

    outcome = project.run("run")

    assert "postgresql 912345678 '***' *** 0.12345678" in outcome.stderr


def test_a_secret_in_a_nodes_own_file_is_stored_and_shown_nowhere_else(seeknal_project):
    address = f"me:{quote(CANARY)}@127.0.0.1:1/a.csv"
    project = seeknal_project(
        {
            "seeknal/a.yml": f"""
                kind: source
                name: a
                source: csv
                table: http://{address}
                params: {{headers: {{Authorization: Bearer canary-4711, X-Api-Key: canary-4712}}}}
                ---
                kind: source
                name: b
                source: csv
                table: http://127.0.0.1:1/a.csv?token=canary-4713&a=1
                ---
                kind: transform
                name: c
                volatile: true
                sql: SELECT * FROM read_csv('http://{address.replace("'", "''")}')
                ---
                kind: transform
                name: d
                sql: SELECT length('{{{{ var("db_password") }}}}') AS a
                ---
                kind: transform
                name: e
                materialized: view
                sql: SELECT length('{{{{ var("db_password") }}}}') AS a FROM ref('transform.d')
            """,
            "seeknal_project.yml": "name: x\nvars: {db_password: canary-4714}\n",
        }
    )

    outcomes = [
        project.run(*command)
        for command in (["validate"], ["run"], ["lineage", "--format", "json"], ["history"])
    ]
    given = project.run("run", "--var", "db_password=canary-4715")
    rendered = project.run("render", "c")

    assert_nowhere(project, *outcomes, given, rendered)
    assert outcomes[1].exit_code == given.exit_code == 1


def test_a_nodes_file_without_mistakes_is_read_from_the_cache_without_its_secrets(seeknal_project):
    project = seeknal_project(
        {
            "data/a.csv": "a\n1\n",
            "seeknal/a.yml": "kind: source\nname: a\nsource: csv\ntable: data/a.csv\n"
            "params: {headers: {Authorization: Bearer canary-4711}}\n",
        }
    )

    outcomes = [project.run("run").assert_ok(), project.run("run").assert_ok()]

    assert_nowhere(project, *outcomes)
    assert project.rows("source.a") == [(1,)]


HEADER = re.sub("[^ -~]", "", CANARY)
"""What of it a header can hold."""


@pytest.mark.parametrize(
    "options",
    [
        {"token": HEADER},
        {"token": CANARY},
        {"username": "me", "password": CANARY},
        {"api_key": HEADER},
        {"api_key": CANARY, "api_key_in": "query"},
        {"secret_headers": {"Cookie": HEADER}},
        {"client_id": "me", "client_secret": CANARY},
        {"client_id": "me", "client_secret": CANARY, "client_auth": "body"},
    ],
)
@pytest.mark.parametrize("status", [200, 302, 401])
def test_an_api_that_repeats_all_that_it_is_sent_gives_nothing_away(
    seeknal_project, monkeypatch, options, status
):
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def repeat(request):
        told = f"{request.headers} {request.params} {request.body}"
        if status == 302:
            return page({}, status=302, Location=f"http://127.0.0.2/?x={quote(told)}")
        return page({"message": told, "rows": [{"id": 1}]}, status=status)

    api = Api()
    api.on("/rows", repeat)
    api.on("/token", page({"access_token": HEADER}) if status == 200 else repeat)
    address = {"token_url": f"{api.url}/token"} if "client_id" in options else {}
    shop = {"type": "rest_api", "base_url": api.url, "retries": 0, **address, **options}
    source = "kind: source\nname: s\nsource: rest_api\ntable: rows\nconnection: shop\n"
    project = seeknal_project(
        {
            "profiles.yml": json.dumps({"connections": {"shop": shop}}, ensure_ascii=False),
            "seeknal/s.yml": f"{source}params: {{records: rows}}\n",
        }
    )

    assert_no_command_tells(project)
    tested = project.run("--debug", "connection", "test", "shop")
    api.close()

    assert_nowhere(project, tested)
    assert bool(api.requests) == (options != {"token": CANARY})
