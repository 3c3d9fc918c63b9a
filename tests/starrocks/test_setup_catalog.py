"""`seeknal starrocks setup-catalog`: what StarRocks is told of an Iceberg catalog."""

import json
import os
import subprocess
import sys

import pytest
from tests.installed import install_plugin

from seeknal.values.errors import ConnectionFailed
from seeknal.values.secret import Secret
from seeknal_starrocks.externalcatalog import catalog_of, differences
from seeknal_starrocks.settingup import databases_of
from seeknal_starrocks.testing.ddl.read import read_ddl

SECRETS = ("t0ken-c4n4ry", "acce55-c4n4ry", 's3cr"et\\-c4n4ry')
ICEBERG = """
import attrs

from seeknal.plugin import ConnectionType, Secret, hookimpl, option


@attrs.frozen(kw_only=True)
class Catalog:
    catalog: str = option("sql")
    uri: str | None = option(None)
    warehouse: str | None = option(None)
    token: Secret | None = option(None)
    s3_endpoint: str | None = option(None)
    s3_access_key_id: Secret | None = option(None)
    s3_secret_access_key: Secret | None = option(None)
    properties: dict[str, str] = option(factory=dict)


@hookimpl
def connection_types():
    return [ConnectionType(name="iceberg", options=Catalog, summary="its stand-in")]
"""
LAKE = """
  lake:
    type: iceberg
    catalog: rest
    uri: http://lake:8181
    warehouse: main
    token: t0ken-c4n4ry
    s3_endpoint: https://minio:9000
    s3_access_key_id: acce55-c4n4ry
    s3_secret_access_key: 's3cr"et\\-c4n4ry'
"""


def rest(**more):
    return {"catalog": "rest", "uri": "http://lake:8181", **more}


def said(given):
    """The properties that StarRocks reads in the statement."""
    return dict(read_ddl(catalog_of("lake", given).statement(revealed=True)).properties)


def test_a_bare_catalog_has_its_address():
    assert said(rest()) == {
        "type": "iceberg",
        "iceberg.catalog.type": "rest",
        "iceberg.catalog.uri": "http://lake:8181",
    }


LOGINS = {
    "token": (
        {"token": Secret("t0ken-c4n4ry"), "scope": "s", "credential": Secret("id:c4n4ry")},
        {"token": "t0ken-c4n4ry"},
    ),
    "credential": (
        {"credential": Secret("id:c4n4ry"), "scope": "PRINCIPAL_ROLE:ALL"},
        {"credential": "id:c4n4ry", "scope": "PRINCIPAL_ROLE:ALL"},
    ),
    "server": (
        {"credential": Secret("id:c4n4ry"), "oauth2_server_uri": "http://lake/tokens"},
        {"credential": "id:c4n4ry", "server-uri": "http://lake/tokens"},
    ),
    "a scope of nothing": ({"scope": "s", "token": Secret("")}, {}),
}


@pytest.mark.parametrize("login", LOGINS)
def test_a_login_is_by_oauth2(login):
    given, wanted = LOGINS[login]

    found = said(rest(**given))

    prefix = "iceberg.catalog.oauth2."
    assert {k.removeprefix(prefix): v for k, v in found.items() if k.startswith(prefix)} == wanted
    assert found.get("iceberg.catalog.security") == ("oauth2" if wanted else None)


STORES = {
    "MinIO": (
        {"s3_endpoint": "http://minio:9000"},
        {"endpoint": "http://minio:9000", "enable_ssl": "false", "region": "us-east-1"},
    ),
    "a store by TLS": (
        {"s3_endpoint": "https://s3.example", "s3_path_style": False, "s3_region": "eu-west-1"},
        {"enable_ssl": "true", "enable_path_style_access": "false", "region": "eu-west-1"},
    ),
    "keys": (
        {"s3_access_key_id": Secret("acce55"), "s3_secret_access_key": Secret("s3cret")},
        {"access_key": "acce55", "secret_key": "s3cret", "use_instance_profile": "false"},
    ),
}


@pytest.mark.parametrize("store", STORES)
def test_a_store_is_told_of(store):
    given, wanted = STORES[store]

    found = said(rest(**given))

    assert {key: found[f"aws.s3.{key}"] for key in wanted} == wanted
    vended = found.get("iceberg.catalog.vended-credentials-enabled")
    assert vended == ("false" if store == "keys" else None)


def test_any_sign_comes_as_it_is():
    strange = 'a"b\\c\'d`e\nf é \\" ;--'

    assert said(rest(warehouse=strange))["iceberg.catalog.warehouse"] == strange


@pytest.mark.parametrize(
    "name", ["", "1a", "a-b", "a b", "a`b", "ä", "default_catalog", "a" * 1024]
)
def test_a_name_that_no_catalog_has_is_refused(name):
    with pytest.raises(ConnectionFailed) as refused:
        catalog_of(name, rest())

    assert refused.value.code == "SK1960"


@pytest.mark.parametrize(
    "given",
    [
        {"catalog": "sql"},
        {"catalog": "glue", "uri": "http://x"},
        {"catalog": "rest"},
        rest(s3_access_key_id=Secret("acce55")),
        rest(s3_secret_access_key=Secret("s3cret")),
        rest(s3_session_token=Secret("t0ken")),
    ],
)
def test_what_starrocks_cannot_be_told_is_refused(given):
    with pytest.raises(ConnectionFailed) as refused:
        catalog_of("lake", given)

    assert refused.value.code == "SK1961"


WRITTEN = """CREATE EXTERNAL CATALOG `lake`
comment "of ours"
PROPERTIES ("iceberg.catalog.oauth2.token"  =  "t0******ry",
"type"  =  "iceberg",
"iceberg.catalog.security"  =  "oauth2",
"iceberg.catalog.type"  =  "rest",
"iceberg.catalog.uri"  =  "http://lake:8181"
)
"""


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, []),
        ({"token": Secret("another-c4n4ry")}, ["iceberg.catalog.oauth2.token is another"]),
        (
            {"uri": "http://other"},
            ["iceberg.catalog.uri is 'http://lake:8181', and should be 'http://other'"],
        ),
        ({"warehouse": "w"}, ["iceberg.catalog.warehouse is not there, and should be 'w'"]),
    ],
)
def test_what_is_there_is_compared_as_far_as_it_is_shown(more, wanted):
    catalog = catalog_of("lake", rest(**{"token": Secret("t0ken-c4n4ry"), **more}))
    written = WRITTEN.replace(
        "PROPERTIES (", 'PROPERTIES ("iceberg.catalog.security" = "oauth2",\n'
    )

    assert differences(catalog, written) == wanted


@pytest.fixture
def project(seeknal_project, standin, tmp_path_factory, monkeypatch):
    """Makes a project with connections to the shop's StarRocks and to a lake."""
    site = tmp_path_factory.mktemp("site")
    install_plugin(site, "shop_lake", ICEBERG)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
    monkeypatch.setenv("SEEKNAL_DISABLE_PLUGINS", "iceberg")

    def make(more=LAKE, login="user: root"):
        place = f"host: {standin.host}, port: {standin.port}"
        dwh = f"  dwh: {{type: starrocks, {place}, {login}}}\n"
        return seeknal_project({"profiles.yml": f"connections:\n{dwh}{more}"})

    return make


def test_secrets_are_masked_unless_asked_for(project):
    made = project()

    masked = made.run("starrocks", "setup-catalog").assert_ok()
    as_json = made.run("starrocks", "setup-catalog", "--format", "json").assert_ok()
    shown = subprocess.run(
        [sys.executable, "-m", "seeknal", "starrocks", "setup-catalog", "--show-secrets"],
        cwd=made.path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "c4n4ry" not in masked.stdout + masked.stderr + as_json.stdout + as_json.stderr
    assert as_json.json()["sql"] + ";\n" == masked.stdout
    found = read_ddl(shown.stdout)
    assert set(SECRETS) <= set(found.properties.values())
    assert read_ddl(masked.stdout).properties.keys() == found.properties.keys()


def test_the_spelling_of_2x_does_the_same(project):
    made = project()

    old = made.run("starrocks-setup-catalog", "--name", "other").assert_ok()
    new = made.run("starrocks", "setup-catalog", "--name", "other").assert_ok()

    assert old.stdout == new.stdout
    assert "starrocks-setup-catalog" not in made.run("--help").stdout


def test_no_project_is_needed_for_a_name_and_a_uri(project, tmp_path, monkeypatch):
    made = project()
    (made.path / "seeknal_project.yml").unlink()
    (made.path / "profiles.yml").unlink()

    outcome = made.run(
        *("starrocks", "setup-catalog", "--name", "lake", "--uri", "http://l", "--warehouse", "w")
    )

    assert read_ddl(outcome.assert_ok().stdout).properties["iceberg.catalog.warehouse"] == "w"


def test_it_is_made_once_and_compared_then(project, standin):
    made = project()
    ask = ("starrocks", "setup-catalog", "--execute", "--format", "json")

    first = made.run(*ask).assert_ok().json()
    standin.add_database("raw", "lake")
    again = made.run(*ask).assert_ok().json()
    other = made.run(*ask, "--uri", "http://elsewhere")

    assert (first["made"], first["databases"]) == (True, [])
    assert (again["made"], again["databases"]) == (False, ["raw"])
    assert other.exit_code == 1
    assert "is 'http://lake:8181', and should be 'http://elsewhere'" in other.stderr
    assert set(SECRETS) <= set(standin.world.catalogs["lake"].properties.values())
    assert not any("DROP" in asked or "ALTER" in asked for asked in standin.log.statements)
    assert "c4n4ry" not in json.dumps([first, again]) + other.stdout + other.stderr


@pytest.mark.parametrize(
    ("point", "code"), [("asked", "SK1902"), ("carried out", "SK1902"), ("rows", "SK1964")]
)
def test_a_server_that_goes_away_is_told(project, standin, point, code):
    made = project()
    standin.faults.drop(point)

    outcome = made.run("starrocks", "setup-catalog", "--execute")

    assert outcome.exit_code == 1
    assert f"error[{code}]" in outcome.stderr
    assert made.run("starrocks", "setup-catalog", "--execute").assert_ok()


def test_the_connections_that_are_meant_are_named_where_there_are_several(project, standin):
    others = """
  other: {type: iceberg, catalog: rest, uri: "${NOT_SET_ANYWHERE}"}
  reporting: {type: starrocks, host: "${NOT_SET_ANYWHERE}"}
"""
    made = project(f"{LAKE}{others}")
    named = ("--iceberg", "lake", "--execute", "--connection", "dwh")

    unnamed = made.run("starrocks", "setup-catalog")
    done = made.run("starrocks", "setup-catalog", *named).assert_ok()

    assert "NOT_SET_ANYWHERE" in unnamed.stderr
    assert "catalog lake was made" in done.stderr
    assert "lake" in standin.world.catalogs


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--iceberg", "dwh"), "connection 'dwh' is not of type iceberg"),
        (("--iceberg", "nowhere"), "connection 'nowhere' is not of type iceberg"),
        (("--execute", "--connection", "lake"), "connection 'lake' is not of type starrocks"),
        (("--name", "a b"), "can be called 'a b'"),
        (("--name", ""), "--name is given an empty value"),
        (("--what",), "no such option --what"),
    ],
)
def test_what_is_mistyped_is_told(project, words, message):
    outcome = project().run("starrocks", "setup-catalog", *words)

    assert outcome.exit_code != 0
    assert message in outcome.stderr


def test_a_project_without_a_lake_is_told_what_to_write(project):
    outcome = project("").run("starrocks", "setup-catalog")

    assert outcome.exit_code == 1
    assert "no connection of the project is of type iceberg" in outcome.stderr
    assert "--name and --uri" in outcome.stderr


def test_a_user_without_the_right_is_told(project, standin):
    standin.users["reader"] = "c4n4ry-S3cret"
    made = project(login="user: reader, password: c4n4ry-S3cret")

    outcome = made.run("starrocks", "setup-catalog", "--execute")

    assert outcome.exit_code == 1
    assert "error[SK1964]" in outcome.stderr
    assert "CREATE EXTERNAL CATALOG" in outcome.stderr
    assert "c4n4ry" not in outcome.stdout + outcome.stderr


def test_a_catalog_that_does_not_answer_is_told(connect):
    with pytest.raises(ConnectionFailed, match="was made, and does not answer") as refused:
        databases_of(connect(), catalog_of("lake", rest()), made=True)

    assert refused.value.code == "SK1963"


@pytest.mark.parametrize(
    "uri", ["http://x:c4n4ry-S3cret@lake/", "ftp://lake", "lake:8181", "http://"]
)
def test_the_address_of_a_connection_is_one_that_starrocks_can_ask(uri):
    with pytest.raises(ConnectionFailed) as failure:
        said(rest(uri=uri))

    assert failure.value.code == "SK1961"
    assert "c4n4ry" not in str(failure.value)


ADDRESSES = {
    "--uri http://x:c4n4ry-S3cret@lake/": "SK1606",
    "--uri http://x:${NOT_SET}@lake/": "SK1606",
    "--uri http://c4n4ry-S3cret@lake/": "SK1606",
    "--uri http://lake/?token=c4n4ry-S3cret": "SK1606",
    "--uri lake/?c4n4ry-S3cret": "SK1606",
    "--uri ftp://lake/": "SK1961",
    "--uri lake:8181": "SK1961",
    "--uri http://": "SK1961",
    "--s3-endpoint https://x:c4n4ry-S3cret@minio": "SK1606",
}


@pytest.mark.parametrize("words", ADDRESSES)
def test_an_address_has_no_secret_and_is_of_http(project, words):
    made = project()

    outcome = made.run("starrocks", "setup-catalog", *words.split())

    assert outcome.exit_code != 0
    assert f"error[{ADDRESSES[words]}]" in outcome.stderr
    assert "c4n4ry" not in outcome.stdout + outcome.stderr
