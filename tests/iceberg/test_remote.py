"""A REST catalog with a bearer token, and tables in an S3-compatible store."""

import uuid

import pytest

TOKEN = "c4n4ry-t0ken"
KEYS = ("c4n4ryKEY", "c4n4ry-s3cret")
HEAD = "id,day,amount\n"
FIRST = HEAD + "1,2024-01-01,1.00\n2,2024-01-02,2.00\n3,2024-01-03,3.00\n"
SECOND = HEAD + "2,2024-01-02,2.50\n4,2024-01-04,4.00\n"


@pytest.fixture(scope="module")
def store():
    """An S3 server."""
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(store):
    """Properties of PyIceberg's for a new bucket of it."""
    from pyarrow.fs import S3FileSystem

    name = f"lake-{uuid.uuid4().hex[:8]}"
    files = S3FileSystem(
        endpoint_override=store.removeprefix("http://"),
        scheme="http",
        access_key=KEYS[0],
        secret_key=KEYS[1],
        region="us-east-1",
        allow_bucket_creation=True,
    )
    files.create_dir(name)
    properties = {
        "s3.endpoint": store,
        "s3.access-key-id": KEYS[0],
        "s3.secret-access-key": KEYS[1],
        "s3.region": "us-east-1",
    }
    return name, properties


@pytest.fixture
def remote(seeknal_project, tmp_path, bucket, monkeypatch):
    """A project over a REST catalog whose tables lie in the bucket, and the catalog itself."""
    from pyiceberg.catalog import load_catalog
    from tests.iceberg.restserver import serving

    name, properties = bucket
    catalog = load_catalog(
        "served",
        type="sql",
        uri=f"sqlite:///{tmp_path / 'served.db'}?check_same_thread=false",
        warehouse=f"s3://{name}/warehouse",
        **properties,
    )
    monkeypatch.setenv("CATALOG_TOKEN", TOKEN)
    monkeypatch.setenv("S3_KEY", KEYS[0])
    monkeypatch.setenv("S3_SECRET", KEYS[1])
    with serving(catalog, TOKEN) as uri:
        made = seeknal_project(
            {
                "profiles.yml": "materialization:\n  catalog:\n    type: rest\n"
                f"    uri: {uri}\n    warehouse: lake\n"
                '    token: "${CATALOG_TOKEN}"\n'
                f"    s3_endpoint: {properties['s3.endpoint']}\n    s3_region: us-east-1\n"
                '    s3_access_key_id: "${S3_KEY}"\n    s3_secret_access_key: "${S3_SECRET}"\n',
                "data/orders.csv": FIRST,
            }
        )
        yield made, catalog


def orders(mode):
    return {
        "seeknal/orders.yml": "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n"
        "columns: {id: INTEGER, day: DATE, amount: 'DECIMAL(10,2)'}\n"
        f"materializations: [{{type: iceberg, table: lake.shop.orders, mode: {mode}}}]\n"
    }


EXPECTED = {
    "full": [2, 4],
    "append, partition_by: [month(day)]": [1, 2, 2, 3, 4],
    "upsert_by_key, unique_keys: [id]": [1, 2, 3, 4],
    "incremental_by_time, time_column: day": [1, 2, 4],
}


@pytest.mark.parametrize("mode", EXPECTED)
def test_every_mode_writes_to_a_rest_catalog_and_a_store(remote, mode):
    made, catalog = remote
    made.write(orders(mode))
    made.run("run").assert_ok()
    made.write({"data/orders.csv": SECOND})

    outcome = made.run("run").assert_ok()

    rows = catalog.load_table("shop.orders").scan().to_arrow().to_pylist()
    assert sorted(row["id"] for row in rows) == EXPECTED[mode]
    assert all(secret not in outcome.stdout + outcome.stderr for secret in (TOKEN, *KEYS))


def test_a_table_in_a_store_is_read(remote):
    made, _ = remote
    made.write(orders("append"))
    made.run("run").assert_ok()
    source = "kind: source\nname: back\nsource: iceberg\ntable: lake.shop.orders\n"
    made.write({"seeknal/orders.yml": source})

    made.run("run").assert_ok()
    again = made.run("run").assert_ok()

    assert sorted(row[0] for row in made.rows("source.back")) == [1, 2, 3]
    assert "source unchanged" in again.stdout


def test_a_wrong_token_is_refused_and_not_shown(remote, monkeypatch):
    made, _ = remote
    monkeypatch.setenv("CATALOG_TOKEN", "wr0ng-c4n4ry")
    made.write(orders("append"))

    outcome = made.run("--debug", "run")

    assert outcome.exit_code == 1
    assert "catalog" in outcome.stderr
    assert "wr0ng-c4n4ry" not in outcome.stdout + outcome.stderr
