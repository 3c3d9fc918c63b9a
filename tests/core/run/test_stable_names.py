"""What is removed of ``target/intermediate`` is there again after the next run."""

import shutil

import pytest

PROJECT = {
    "data/o.csv": "id\n1\n2\n",
    "seeknal/k.yml": """
        kind: source
        name: o
        source: csv
        table: data/o.csv
        ---
        kind: transform
        name: b
        transform: SELECT id FROM ref('source.o')
    """,
}


@pytest.fixture
def shop(seeknal_project):
    project = seeknal_project(PROJECT)
    project.run("run").assert_ok()
    return project


def names(project, folder="target/intermediate"):
    return sorted(path.name for path in (project.path / folder).iterdir())


def test_a_removed_folder_of_stable_names_comes_back_when_all_is_reused(shop):
    before = names(shop)
    shutil.rmtree(shop.path / "target/intermediate")

    outcome = shop.run("run").assert_ok()

    assert "0 run, 2 reused" in outcome.stdout + outcome.stderr
    assert names(shop) == before == ["source_o.parquet", "transform_b.parquet"]
    assert shop.rows("transform.b") == [(1,), (2,)]


def test_one_removed_stable_name_comes_back_when_only_another_node_runs(shop):
    (shop.path / "target/intermediate/source_o.parquet").unlink()
    shop.write({"seeknal/c.yml": "kind: transform\nname: c\ntransform: SELECT 1 AS a\n"})

    shop.run("run", "--select", "transform.c").assert_ok()

    assert names(shop) == ["source_o.parquet", "transform_b.parquet", "transform_c.parquet"]


def test_stable_names_of_an_environment_come_back_too(shop):
    shop.run("run", "--env", "dev").assert_ok()
    before = names(shop, "target/environments/dev")
    shutil.rmtree(shop.path / "target/environments")

    shop.run("run", "--env", "dev").assert_ok()

    assert names(shop, "target/environments/dev") == before
    path = shop.path / "target/environments/dev/transform_b.parquet"
    assert path.read_bytes()[:4] == b"PAR1"
