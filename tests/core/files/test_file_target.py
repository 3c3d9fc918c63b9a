"""What file targets and exposures write, and what they leave alone."""

import csv
import json

import duckdb
import pytest
from openpyxl import load_workbook

pytestmark = pytest.mark.versions

NODES = """
    kind: transform
    name: t
    sql: |
      SELECT 1 AS id, 'a,b' AS name, DATE '2026-01-02' AS day, 1.50::DECIMAL(9,2) AS price,
             [1, 2] AS items, NULL AS nothing, '=1+1' AS formula
"""


def exposed(seeknal_project, params, more="", inputs="[{ref: transform.t}]"):
    return seeknal_project(
        {
            "seeknal_project.yml": "name: out\n",
            "seeknal/t.yml": NODES,
            "seeknal/e.yml": f"kind: exposure\nname: e\ntype: file\nparams: {params}\n"
            f"inputs: {inputs}\n{more}",
        }
    )


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("{path: out/a.csv}", 'id,name,day,price,items,nothing,formula\n1,"a,b",2026-01-02,1.50,'),
        ("{path: out/a.csv, delimiter: ';', header: false}", "1;a,b;2026-01-02;1.50;"),
        ("{path: out/a.txt, format: csv}", "id,name"),
    ],
)
def test_csv(seeknal_project, params, expected):
    made = exposed(seeknal_project, params)

    made.run("run").assert_ok()

    file = next((made.path / "out").iterdir())
    assert file.read_text().startswith(expected)


def test_text_that_a_spreadsheet_would_run_can_be_made_harmless(seeknal_project):
    made = exposed(seeknal_project, "{path: a.csv, excel_safe: true}")

    made.run("run").assert_ok()

    with (made.path / "a.csv").open() as file:
        assert next(csv.DictReader(file))["formula"] == "'=1+1"


def test_json_is_an_array_and_ndjson_a_value_a_line(seeknal_project):
    array = exposed(seeknal_project, "{path: a.json}")
    array.run("run").assert_ok()
    assert json.loads((array.path / "a.json").read_text())[0]["items"] == [1, 2]

    lines = exposed(seeknal_project, "{path: a.ndjson}")
    lines.run("run").assert_ok()
    assert json.loads((lines.path / "a.ndjson").read_text().splitlines()[0])["name"] == "a,b"


def test_parquet_keeps_types(seeknal_project):
    made = exposed(seeknal_project, "{path: a.parquet}")

    made.run("run").assert_ok()

    types = duckdb.sql(f"FROM '{made.path}/a.parquet'").types
    assert "DECIMAL(9,2)" in [str(type) for type in types]


def test_xlsx_has_typed_cells(seeknal_project):
    made = exposed(seeknal_project, "{path: a.xlsx}")

    made.run("run").assert_ok()

    sheet = load_workbook(made.path / "a.xlsx")["t"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:2] == ("id", "name")
    assert rows[1][0] == 1
    assert rows[1][3] == 1.5


SECOND = """---
kind: transform
name: u
sql: SELECT 2 AS id
"""


def test_a_path_with_name_gives_a_file_for_each_input(seeknal_project):
    inputs = "[{ref: transform.t}, {ref: transform.u}]"
    made = exposed(seeknal_project, "{path: 'out/{name}.csv'}", SECOND, inputs)

    made.run("run").assert_ok()

    assert sorted(path.name for path in (made.path / "out").iterdir()) == ["t.csv", "u.csv"]
    assert (made.path / "out/u.csv").read_text() == "id\n2\n"


def test_several_inputs_are_sheets_of_one_workbook(seeknal_project):
    inputs = "[{ref: transform.t}, {ref: transform.u}]"
    made = exposed(seeknal_project, "{path: a.xlsx}", SECOND, inputs)

    made.run("run").assert_ok()

    assert load_workbook(made.path / "a.xlsx").sheetnames == ["t", "u"]


def test_several_inputs_without_a_way_to_tell_are_refused(seeknal_project):
    inputs = "[{ref: transform.t}, {ref: transform.u}]"
    made = exposed(seeknal_project, "{path: a.csv}", SECOND, inputs)

    outcome = made.run("run")

    assert outcome.exit_code == 2
    assert "{name}" in outcome.stderr


def test_sql_of_an_exposure_says_what_is_written(seeknal_project):
    made = exposed(seeknal_project, "{path: a.csv}", "sql: SELECT id + 1 AS n FROM t\n")

    made.run("run").assert_ok()

    assert (made.path / "a.csv").read_text() == "n\n2\n"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("{path: a.unknown}", "in which format"),
        ("{path: folder}", "in which format"),
    ],
)
def test_a_format_that_does_not_show_is_said_before_anything_runs(seeknal_project, params, message):
    made = exposed(seeknal_project, params)

    outcome = made.run("run")

    assert outcome.exit_code == 2
    assert message in outcome.stderr
    assert "seeknal/e.yml:4" in outcome.stderr


def test_a_path_outside_the_project_is_refused_before_anything_runs(seeknal_project):
    made = exposed(seeknal_project, "{path: ../a.csv}")

    outcome = made.run("run")

    assert outcome.exit_code == 2
    assert "'../a.csv' lies outside the project" in outcome.stderr
    assert not (made.path.parent / "a.csv").exists()


def test_a_delivery_that_failed_is_made_by_the_next_run_without_recomputing(seeknal_project):
    made = exposed(seeknal_project, "{path: out/a.csv}")
    (made.path / "out").write_text("a file where a folder should be")
    assert made.run("run").exit_code == 1
    (made.path / "out").unlink()

    outcome = made.run("run", "--format", "json").assert_ok()

    steps = {entry["node"]: (entry["status"], entry["reason"]) for entry in outcome.json()["nodes"]}
    assert steps["exposure.e"] == ("success", "target owed")
    assert steps["transform.t"][0] == "reused"
    assert (made.path / "out/a.csv").exists()


def test_a_target_of_a_transform_gets_its_rows(seeknal_project):
    made = seeknal_project(
        {
            "seeknal_project.yml": "name: out\n",
            "seeknal/t.yml": """
                kind: transform
                name: t
                sql: SELECT 1 AS a
                materializations:
                  - {type: file, path: out/t.csv}
                  - {type: file, path: out/t.parquet}
            """,
        }
    )

    outcome = made.run("run").assert_ok()

    assert (made.path / "out/t.csv").read_text() == "a\n1\n"
    assert "out/t.parquet" in outcome.stdout


def test_an_old_file_stays_whole_when_the_node_fails(seeknal_project):
    made = exposed(seeknal_project, "{path: a.csv}", "sql: SELECT id FROM t\n")
    made.run("run").assert_ok()
    file = made.path / "seeknal/e.yml"
    file.write_text(file.read_text().replace("SELECT id", "SELECT name::INTEGER AS id"))

    outcome = made.run("run")

    assert outcome.exit_code == 1
    assert (made.path / "a.csv").read_text() == "id\n1\n"


def test_a_file_that_somebody_removed_is_written_again_and_nothing_is_computed(seeknal_project):
    made = exposed(seeknal_project, "{path: out/e.csv}")
    made.write(
        {"seeknal/t.yml": NODES + "\n    materializations: [{type: file, path: out/t.csv}]\n"}
    )
    made.run("run").assert_ok()
    before = (made.path / "out/t.csv").read_text()
    (made.path / "out/t.csv").unlink()

    plan = made.run("plan", "--format", "json").json()
    again = made.run("run").assert_ok()

    actions = {step["node"]: (step["action"], step["reason"]) for step in plan["nodes"]}
    assert actions["transform.t"] == ("deliver", "out/t.csv is gone")
    assert actions["exposure.e"][0] == "reuse"
    assert (made.path / "out/t.csv").read_text() == before
    assert "2 nodes: 1 run, 1 reused" in again.stderr + again.stdout


def test_the_file_of_an_exposure_that_somebody_removed_is_written_again(seeknal_project):
    made = exposed(seeknal_project, "{path: out/e.csv}")
    made.run("run").assert_ok()
    (made.path / "out/e.csv").unlink()

    made.run("run", "--no-materialize").assert_ok()
    assert not (made.path / "out/e.csv").exists()
    made.run("run").assert_ok()

    assert (made.path / "out/e.csv").exists()
    assert "1 run" not in made.run("run").assert_ok().stdout


PRIVATE = (
    "kind: transform\nname: t\ncolumns: {mail: {pii: true}}\nmaterialized: KEPT\n"
    "transform: |\n  SELECT 1 AS id, VALUE AS mail\n"
    "materializations: [{type: file, path: out/a.json}]\n"
)


@pytest.mark.parametrize(
    ("kept", "value", "named"),
    [
        ("table", "'{\"n\": 1234567890.12345678901234567}'::JSON", "column 'mail' of transform.t"),
        ("view", "CAST(concat('1234567890', '.1x') AS DECIMAL(30,2))", "Conversion Error"),
    ],
)
def test_why_a_file_is_not_written_is_told_without_private_values(
    seeknal_project, kept, value, named
):
    made = seeknal_project({"seeknal/t.yml": PRIVATE.replace("KEPT", kept).replace("VALUE", value)})

    outcome = made.run("run", "--format", "json")
    listed = made.run("deliveries", "list", "--format", "json")

    told = outcome.stdout + outcome.stderr + listed.stdout
    assert named in told
    assert "1234567890" not in told


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("s3://bucket/x.csv", "is an address"),
        ("https://example.com/x.csv", "is an address"),
        ("~/x.csv", "begins with ~"),
        ("~ann/x.csv", "begins with ~"),
    ],
)
@pytest.mark.parametrize("more", ["", ", allow_outside: true"])
def test_a_path_that_is_no_path_of_this_machine_is_refused(seeknal_project, path, told, more):
    made = exposed(seeknal_project, f"{{path: '{path}'{more}}}")

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert f"'{path}' {told}" in outcome.stderr
    assert "seeknal/e.yml:4:" in outcome.stderr
    assert outcome.stderr.count("error[") == 1


@pytest.mark.parametrize("path", ["outputs/~x.csv", "~x.csv", "./~/x.csv"])
def test_a_tilde_within_a_name_is_a_part_of_it(seeknal_project, path):
    made = exposed(seeknal_project, f"{{path: '{path}'}}")

    made.run("run").assert_ok()

    assert (made.path / path).exists()


def test_a_target_writes_no_seed_of_the_project(seeknal_project):
    made = exposed(seeknal_project, "{path: seeknal/seeds/new.csv}")

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "SK1106" in outcome.stderr


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("{path: a.csv, compression: rar}", "csv has no compression 'rar'"),
        ("{path: a.parquet, compression: gzipp}", "did you mean gzip?"),
        ("{path: a.csv, delimiter: ''}", "delimiter is empty"),
        ("{path: a.xlsx, sheets: [transform.nope]}", "sheets names 'transform.nope'"),
        ("{path: a.csv, dateformat: '%Q'}", "dateformat is '%Q'"),
        ("{path: a.csv, date_format: '%é'}", "dateformat is '%é'"),
        ("{path: a.csv, timestampformat: '%d %'}", "timestampformat is '%d %'"),
    ],
)
def test_options_that_cannot_be_are_told_before_a_run(seeknal_project, params, told):
    made = exposed(seeknal_project, params)

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert told in outcome.stderr
    assert "seeknal/e.yml:4:" in outcome.stderr
    assert outcome.stderr.count("error[") == 1


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("{path: a.parquet, delimiter: ';'}", "delimiter has no effect on parquet"),
        ("{path: a.csv, sheets: [transform.t]}", "sheets has no effect on csv"),
        ("{path: a.xlsx, compression: gzip}", "compression has no effect on xlsx"),
        ("{path: a.csv, array: true}", "array has no effect on csv"),
    ],
)
def test_options_without_effect_are_warned_of(seeknal_project, params, told):
    made = exposed(seeknal_project, params)

    outcome = made.run("validate").assert_ok()

    assert f"warning[SK1119]: {told}" in outcome.stderr


@pytest.mark.parametrize(
    "params",
    [
        "{path: a.csv.gz, compression: gzip, delimiter: ';', header: false}",
        "{path: a.parquet, compression: snappy}",
        "{path: a.csv, dateformat: '%d.%m.%Y', timestampformat: '%d.%m.%Y %H:%M um 100%%'}",
        "{path: a.parquet, compression: ZSTD}",
        "{path: a.csv, compression: none}",
        "{path: a.json, array: false, compression: zstd}",
    ],
)
def test_options_that_fit_are_written_without_a_word(seeknal_project, params):
    made = exposed(seeknal_project, params)

    outcome = made.run("run").assert_ok()

    assert "SK" not in outcome.stderr


def test_a_file_below_another_targets_file_is_told_before_a_run(seeknal_project):
    target = "materializations: [{type: file, path: out/t.csv/u.csv}]\n"
    made = exposed(seeknal_project, "{path: out/t.csv}", SECOND + target)

    outcome = made.run("validate")

    assert outcome.exit_code == 2
    assert "out/t.csv/u.csv lies below out/t.csv, which exposure.e writes" in outcome.stderr


@pytest.mark.parametrize(("path", "said"), [("t.csv", "both write t.csv"), ("t.csv/u", "below")])
@pytest.mark.parametrize("first", [True, False], ids=["the first", "the second"])
def test_files_in_each_others_way_are_told_beside_a_wrong_option(
    seeknal_project, path, said, first
):
    good, bad = ("", ", delimter: x") if first else (", delimter: x", "")
    target = f"materializations: [{{type: file, path: {path}, format: csv{good}}}]\n"
    made = exposed(seeknal_project, f"{{path: t.csv{bad}}}", SECOND + target)

    problems = made.run("validate", "--format", "json").json()["problems"]

    assert sorted(entry["code"] for entry in problems) == ["SK0201", "SK1107"]
    assert any(said in entry["message"] for entry in problems)


@pytest.mark.parametrize(
    "params", ["{path: a.out, format: csvv}", "{path: ../a.csv, allow_outside: 'yes'}"]
)
def test_nothing_is_told_that_only_follows_from_a_wrong_option(seeknal_project, params):
    made = exposed(seeknal_project, params)

    [problem] = made.run("validate", "--format", "json").json()["problems"]

    assert problem["code"] == "SK0203"


@pytest.mark.parametrize("others", [True, False], ids=["beside another target", "alone"])
def test_a_target_that_comes_back_is_written_whatever_its_file_holds_by_then(
    seeknal_project, others
):
    beside = "{type: file, path: out/u.csv}"
    node = "kind: transform\nname: t\nsql: SELECT 1 AS id\nmaterializations: [{}]\n"
    with_it = ", ".join(["{type: file, path: out/t.csv}", *([beside] if others else [])])
    made = seeknal_project({"seeknal/t.yml": node.format(with_it)})
    made.run("run").assert_ok()
    made.write({"seeknal/t.yml": node.format(beside if others else "")})
    made.run("run").assert_ok()
    (made.path / "out/t.csv").write_text("edited\n")

    made.write({"seeknal/t.yml": node.format(with_it)})
    made.run("run").assert_ok()

    assert (made.path / "out/t.csv").read_text() == "id\n1\n"
    assert "1 run" not in made.run("run").assert_ok().stdout


def test_a_file_that_somebody_edited_is_written_when_its_rows_change_or_all_is_asked_for(
    seeknal_project,
):
    node = "kind: transform\nname: t\nsql: SELECT {} AS id\n"
    node += "materializations: [{{type: file, path: out/t.csv}}]\n"
    made = seeknal_project({"seeknal/t.yml": node.format(1)})
    file = made.path / "out/t.csv"
    made.run("run").assert_ok()
    held = []

    for arguments, number in (([], 1), (["--full"], 1), ([], 2)):
        file.write_text("edited\n")
        made.write({"seeknal/t.yml": node.format(number)})
        made.run("run", *arguments).assert_ok()
        held.append(file.read_text())

    assert held == ["edited\n", "id\n1\n", "id\n2\n"]
