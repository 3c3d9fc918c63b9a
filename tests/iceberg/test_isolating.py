"""Names of Iceberg tables outside production."""

import pytest

TABLE = "atlas.deep.shop.t"


def files(factor, suffix="", more=""):
    settings = f"environments: {{suffix: {suffix}}}\n" if suffix else ""
    return {
        "seeknal_project.yml": f"name: t\n{settings}",
        "seeknal/t.yml": "kind: transform\nname: t\n"
        f"transform: SELECT {factor} AS factor\n"
        f"materializations: [{{type: iceberg, table: {TABLE}, mode: full{more}}}]\n",
    }


def factors(table):
    return table.scan().to_arrow()["factor"].to_pylist()


@pytest.mark.parametrize(
    ("suffix", "isolated"),
    [
        ("", "atlas.deep.shop__dev.t"),
        ("schema", "atlas.deep.shop__dev.t"),
        ("table", "atlas.deep.shop.t__dev"),
        ("catalog", "atlas__dev.deep.shop.t"),
        ("database", "atlas__dev.deep.shop.t"),
    ],
)
def test_an_environment_writes_where_the_suffix_says_and_goes_back_there(
    seeknal_project, lake, suffix, isolated
):
    made = seeknal_project(files(1, suffix))
    made.run("run").assert_ok()
    for factor in (2, 3):
        made.write(files(factor, suffix))
        shown = made.run("run", "--env", "dev").assert_ok()

        assert isolated in shown.stdout
        assert factors(lake(made, isolated)) == [factor]
    made.run("rollback", "dev", "--yes").assert_ok()

    assert factors(lake(made, isolated)) == [2]
    assert len(lake(made, isolated).snapshots()) == 2
    assert factors(lake(made, TABLE)) == [1]
    production, own = lake(made, TABLE).location(), lake(made, isolated).location()
    assert production != own


@pytest.mark.parametrize(
    "connection",
    [
        "catalog: rest, uri: 'http://127.0.0.1:9', warehouse: lake",
        "catalog: rest, uri: 'http://127.0.0.1:9', properties: {warehouse: lake}",
        "catalog: glue",
    ],
)
def test_a_catalog_whose_name_leads_nowhere_else_is_refused(seeknal_project, connection):
    made = seeknal_project(
        {
            **files(1, "catalog", ", connection: far"),
            "profiles.yml": f"connections:\n  far: {{type: iceberg, {connection}}}\n",
        }
    )

    outcome = made.run("run", "--env", "dev")

    assert outcome.exit_code == 2
    assert "SK0832" in outcome.stderr
    assert "would write production's tables" in outcome.stderr
    assert "seeknal/t.yml" in outcome.stderr
