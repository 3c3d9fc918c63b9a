"""From whatever a node raised to an error that people can act on."""

import errno

import duckdb
import pytest
from tests.core.run.values import AT, node

from seeknal.run.failures import disk_full, explain, is_deterministic, may_be_wrong
from seeknal.values.errors import NodeError, ProjectError
from seeknal.values.location import Location
from seeknal.values.node import PythonCode
from seeknal.values.problems import Problem


def raised(sql):
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as caught:
        connection.execute(sql).fetchall()
    return caught.value


def explained(error, tmp_path, sql="SELECT 1", private=()):
    return explain(error, node(sql=sql), tmp_path, private)


def test_an_error_of_seeknals_own_keeps_its_words(tmp_path):
    error = NodeError("it has no rows", code="SK0709", help="run it")

    assert explained(error, tmp_path) is error


def test_several_problems_are_told_as_one_error_at_the_first_ones_place(tmp_path):
    places = [Location("a.yml", 1, 1), Location("b.yml", 2, 1)]
    problems = [
        Problem(code="SK0606", message=f"{{{{ {name} }}}} is not set", location=place)
        for name, place in zip("AB", places, strict=True)
    ]

    found = explained(ProjectError(problems), tmp_path)

    assert found.message == "{{ A }} is not set; {{ B }} is not set"
    assert (found.code, found.location) == ("SK0606", places[0])


def test_wrong_sql_is_told_at_its_line_of_the_file(tmp_path):
    sql = "SELECT 1,\n  nothing\nFROM (SELECT 1 AS x)"

    found = explained(raised(sql), tmp_path, sql)

    assert found.code == "SK0706"
    assert found.location == Location(AT.file, AT.line + 1, 0)
    assert "nothing" in found.message


def test_a_value_that_does_not_fit_is_no_wrong_sql(tmp_path):
    found = explained(raised("SELECT CAST('abc' AS INTEGER)"), tmp_path)

    assert found.code == "SK0708"
    assert "'abc'" in found.message


def test_what_duckdb_says_of_private_columns_shows_no_value(tmp_path):
    found = explained(raised("SELECT CAST('abc' AS INTEGER)"), tmp_path, private={"name"})

    assert "abc" not in found.message


def test_a_private_columns_value_that_a_reader_names_is_not_shown(tmp_path):
    error = NodeError("a.csv, column 'Name': 'Ada' is no number", code="SK0741")

    found = explained(error, tmp_path, private={"name"})

    assert "Ada" not in found.message
    assert "it is not shown, for Name has pii: true" in found.message


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NodeError("ValueError: bad ada@example.com", code="SK0511"), "ValueError; its text"),
        (NodeError("BinderException: no ada@example.com", code="SK0511"), "BinderException; its"),
        (NodeError("KeyError", code="SK0511"), "KeyError"),
        (NodeError("NameError: name 'pd' is not defined", code="SK0511"), "NameError: name 'pd' "),
        (ValueError("bad ada@example.com"), "ValueError; its text"),
    ],
)
def test_what_code_raises_over_private_columns_is_told_by_its_type(tmp_path, error, told):
    found = explained(error, tmp_path, private={"email"})

    assert found.message.startswith(told)
    assert "ada" not in found.message


@pytest.mark.parametrize("word", ["emial", "ada"])
@pytest.mark.parametrize(
    "text",
    [
        'BinderException: Binder Error: Referenced column "{}" not found in FROM clause!',
        "CatalogException: Catalog Error: Table with name {} does not exist!",
        "AttributeError: 'PipelineContext' object has no attribute '{}'",
    ],
)
def test_a_name_that_a_function_has_wrong_is_told_where_its_file_has_it(tmp_path, text, word):
    code = tmp_path / "code.py"
    code.write_text('ctx.duckdb.sql("SELECT emial FROM people")')
    text = text.format(word)
    error = NodeError(f"{text}\nLINE 1: SELECT 'ada'", code="SK0511")

    found = explain(error, node(), tmp_path, {"email"}, code)

    assert (found.message == text) == (word == "emial")
    assert "ada" not in found.message


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        (
            "SK0535",
            "row 1,200, column 'who': 'ada' is not a BIGINT",
            "row 1,200, column 'who': it ",
        ),
        ("SK0533", "row 7: ('ada',) cannot name a column", "row 7: it does not fit; its text is"),
        ("SK0516", "Conversion Error: no 'ada' as INT32", "Conversion Error; its text is not"),
    ],
)
def test_no_value_is_told_of_rows_that_a_function_made_of_private_columns(
    tmp_path, code, text, told
):
    python = PythonCode(file="a.py", function="a", line=1)
    error = NodeError(text, code=code)

    found = explain(error, node(sql=None, python=python), tmp_path, {"email"})

    assert found.message.startswith(told)
    assert "ada" not in found.message


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_what_is_free(tmp_path, number):
    found = explained(OSError(number, "No space left on device"), tmp_path)

    assert found.code == "SK0707"
    assert f"no space left on the disk of {tmp_path}" in found.message
    assert found.help == "make room and run again; what was published before is untouched"


def test_a_full_disk_is_known_by_duckdbs_words_too():
    assert disk_full(duckdb.IOException("Could not write: No space left on device"))
    assert not disk_full(OSError(errno.EACCES, "Permission denied"))


def test_another_fault_of_files_names_the_node(tmp_path):
    found = explained(PermissionError(errno.EACCES, "Permission denied", "a.csv"), tmp_path)

    assert found.code == "SK0704"
    assert found.message.startswith("transform.a: ")


@pytest.mark.parametrize(
    ("error", "message"),
    [(KeyError("id"), "KeyError: 'id'"), (AssertionError(), "AssertionError")],
)
def test_an_exception_of_a_functions_own_is_told_by_its_type(tmp_path, error, message):
    found = explained(error, tmp_path)

    assert (found.code, found.message) == ("SK0705", message)


@pytest.mark.parametrize(
    ("code", "final", "looked_at"),
    [
        ("SK0706", True, True),
        ("SK0901", True, True),
        ("SK0713", True, True),
        ("SK0708", False, True),
        ("SK0705", False, False),
    ],
)
def test_only_what_would_fail_again_is_not_tried_again(code, final, looked_at):
    error = NodeError("it failed", code=code)

    assert is_deterministic(error) is final
    assert may_be_wrong(error) is looked_at
