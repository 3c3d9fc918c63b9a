"""What a node's file says of columns that its rows do not have is told before a run."""

import pytest

SOURCE = """
    kind: source
    name: s
    source: csv
    table: data/s.csv
    SAID
"""
TRANSFORM = """
    /* ---
    audits:
      - {type: unique, columns: [id]}
    keys: [KEY]
    time_column: TIME
    columns: {MAIL: {pii: true}, NOTE: the value}
    --- */
    SELECT id, email, day FROM ref('source.s')
"""
GOOD = {"KEY": "id", "TIME": "day", "MAIL": "email", "NOTE": "id"}


def project(seeknal_project, said="", **words):
    text = TRANSFORM
    for placeholder, word in {**GOOD, **words}.items():
        text = text.replace(placeholder, word)
    return seeknal_project(
        {
            "data/s.csv": "id,email,day\n1,a@x.com,2026-01-01\n",
            "seeknal/s.yml": SOURCE.replace("SAID", said),
            "seeknal/t/a.sql": text,
        }
    )


def problems(made):
    found = made.run("validate", "--format", "json").json()["problems"]
    return [
        (entry["code"], entry["severity"], entry["file"], entry["line"], entry["column"])
        for entry in found
    ]


def test_columns_that_are_there_are_no_problem(seeknal_project):
    made = project(seeknal_project, "keys: [ID]")

    assert problems(made) == []


@pytest.mark.parametrize(
    ("placeholder", "word", "severity", "line", "column"),
    [
        ("MAIL", "emial", "error", 6, 11),
        ("KEY", "idd", "error", 4, 8),
        ("TIME", "nope", "error", 5, 14),
        ("NOTE", "vv", "warn", 6, 31),
    ],
)
def test_a_column_that_is_not_there_is_told_at_its_word(
    seeknal_project, placeholder, word, severity, line, column
):
    made = project(seeknal_project, **{placeholder: word})

    found = problems(made)

    assert found == [("SK0755", severity, "seeknal/t/a.sql", line, column)]


def test_the_nearest_column_is_named(seeknal_project):
    made = project(seeknal_project, MAIL="emial")

    outcome = made.run("validate")

    assert "columns: names 'emial', which is no column of transform.a" in outcome.stderr
    assert "did you mean email?" in outcome.stderr


@pytest.mark.parametrize("wrong", ["MAIL", "KEY", "TIME"])
def test_a_run_tells_it_in_the_same_words(seeknal_project, wrong):
    made = project(seeknal_project, **{wrong: "emial"})

    outcome = made.run("run", "--format", "json")

    (checked,) = made.run("validate", "--format", "json").json()["problems"]
    failed = next(node for node in outcome.json()["nodes"] if node["status"] == "failed")
    places = ("code", "message", "file", "line", "column")
    assert outcome.exit_code == 1
    assert {key: failed["error"][key] for key in places} == {key: checked[key] for key in places}


def test_a_run_goes_on_where_a_column_is_only_described(seeknal_project):
    made = project(seeknal_project, NOTE="vv")

    outcome = made.run("run")

    assert outcome.exit_code == 0


@pytest.mark.parametrize(
    ("said", "line", "column"),
    [
        ("keys: [idd]", 5, 8),
        ("time_column: dya", 5, 14),
        ("columns: {emial: {pii: true}}", 5, 11),
    ],
)
def test_so_is_what_a_source_says(seeknal_project, said, line, column):
    made = project(seeknal_project, said)

    found = [(file, line, column) for _, _, file, line, column in problems(made)]

    assert found == [("seeknal/s.yml", line, column)]


def test_what_another_file_says_of_a_node_stands_in_that_file(seeknal_project):
    made = project(seeknal_project)
    said = "kind: properties\nnodes:\n  source.s:\n    columns: {emial: {pii: true}}\n"
    made.write({"seeknal/said.yml": said})

    found = problems(made)

    assert [place for _, _, *place in found] == [["seeknal/said.yml", 4, 15]]


def test_a_value_of_a_seed_that_its_declared_type_does_not_hold(seeknal_project):
    said = "kind: properties\nnodes:\n  d:\n    columns:\n      city: {type: DATE}\n"
    made = seeknal_project({"seeknal/seeds/d.csv": "id,city\n1,Berlin\n", "seeknal/said.yml": said})

    outcome = made.run("run")

    assert "column 'city': 'Berlin' is not exactly a DATE" in outcome.stderr
    assert "which seeknal/said.yml:5:7 declares" in outcome.stderr
    assert "--> seeknal/seeds/d.csv:2\n" in outcome.stderr
