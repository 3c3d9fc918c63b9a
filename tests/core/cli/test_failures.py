"""How errors look."""

from tests.terminal import Terminal

from seeknal.cli.failures import explain, explain_problem, explain_problems, message
from seeknal.cli.fitting import width, wrapped
from seeknal.values.errors import ProjectError, UsageError
from seeknal.values.location import Location
from seeknal.values.problems import Problem

NODE = """\
kind: transform
name: clean
inputs:
\t- ref: source.ordres
"""


def problem(number, severity="error"):
    return Problem(code=f"SK03{number:02}", message=f"wrong {number}", severity=severity)


def test_a_problem_shows_its_line_with_a_caret_under_the_word(tmp_path):
    (tmp_path / "clean.yml").write_text(NODE)
    found = Problem(
        code="SK0302",
        message="unknown input source.ordres",
        location=Location("clean.yml", 4, 9),
        help="did you mean source.orders?",
    )

    text = explain_problem(found, tmp_path)

    assert text == (
        "error[SK0302]: unknown input source.ordres\n"
        "  --> clean.yml:4:9\n"
        "   4 | \t- ref: source.ordres\n"
        "     | \t       ^^^^^^^^^^^^^\n"
        "  help: did you mean source.orders?"
    )


def test_a_caret_stands_below_its_word_after_wide_characters(tmp_path):
    (tmp_path / "wide.sql").write_text("SELECT '\u6ce8\u6587' AS a, \u6570\u91cf", encoding="utf-8")

    text = message("error", "SK0001", "wrong", Location("wide.sql", 1, 19), None, tmp_path)

    source, caret = text.splitlines()[2:]
    assert width(caret[: caret.index("^")]) == width(source[: source.index("\u6570")])
    assert caret.count("^") == width("\u6570\u91cf")


def test_of_a_long_line_only_what_is_around_the_place_is_shown(tmp_path):
    (tmp_path / "long.yml").write_text("name: " + "a" * 5_000 + " here " + "b" * 5_000)

    text = message("error", "SK0001", "wrong", Location("long.yml", 1, 5_008), None, tmp_path)

    source, caret = text.splitlines()[2:]
    assert len(source) < 200
    assert "here" in source
    assert caret.index("^") == source.index("here")


def test_on_a_terminal_words_stay_whole_and_the_place_is_in_sight(seeknal_project):
    far = "x" * 300
    project = seeknal_project(
        {
            "data/a.csv": "customer\na\n",
            "seeknal/a.yml": f"""
                kind: source
                name: a_source_with_a_rather_long_name
                source: csv
                table: data/a.csv
                ---
                {{kind: transform, name: t, description: {far}, tabel: 1, sql: SELECT 1 AS a}}
            """,
        }
    )

    with Terminal(project.path, "validate") as terminal:
        terminal.end()

    assert max(map(len, terminal.lines)) <= 80
    source, caret = terminal.lines[2:4]
    assert "tabel" in source
    assert caret.index("^") == source.index("tabel")


def test_a_long_message_goes_on_below_at_a_space():
    text = "one key occurs more than once, in two rows: " + "outputs/of/a/run " * 3

    found = wrapped(text.strip(), 60, 15, "  ")

    assert found.splitlines() == [
        "one key occurs more than once, in two rows:",
        "  outputs/of/a/run outputs/of/a/run outputs/of/a/run",
    ]
    assert wrapped(text, None, 15, "  ") == text


def test_a_place_that_cannot_be_read_is_named_without_its_line(tmp_path):
    text = message("error", "SK0100", "wrong", Location("gone.yml", 3, 1), None, tmp_path)

    assert text == "error[SK0100]: wrong\n  --> gone.yml:3:1"


def test_a_line_beyond_the_file_is_left_out(tmp_path):
    (tmp_path / "short.yml").write_text("one\n")

    text = message("error", "SK0100", "wrong", Location("short.yml", 9, 1), None, tmp_path)

    assert text.endswith("--> short.yml:9:1")


def test_an_error_without_a_place_is_message_and_help():
    text = explain(UsageError("no", code="SK0002", help="say yes"), None)

    assert text == "error[SK0002]: no\n  help: say yes"


def test_problems_of_every_kind_are_shown_and_all_are_counted():
    text = explain(ProjectError([problem(number) for number in range(47)]), None)

    assert text.count("error[") == 47
    assert text.endswith("\n47 problems")


def outside(number):
    place = Location(f"seeknal/s{number}.yml", 4, 8)
    return Problem(code="SK0216", message=f"'../x{number}.csv' lies outside", location=place)


def test_problems_of_one_kind_fold_into_one_with_the_places_of_the_others():
    problems = [*(outside(number) for number in range(20)), problem(1), problem(2)]

    text = explain(ProjectError(problems), None)

    assert text.count("error[SK0216]") == 3
    assert "  ... and 17 more like this: seeknal/s3.yml:4, seeknal/s4.yml:4" in text
    assert "error[SK0301]: wrong 1" in text
    assert text.endswith("22 problems; seeknal validate --verbose shows all")


def test_few_problems_of_one_kind_are_all_shown():
    text = explain(ProjectError([outside(number) for number in range(4)]), None)

    assert text.count("error[SK0216]") == 4
    assert text.endswith("4 problems")


def test_verbose_shows_all_problems():
    problems = [*(outside(number) for number in range(20)), *map(problem, range(23))]

    text = explain_problems(problems, None, verbose=True)

    assert text.count("error[") == 43
    assert text.endswith("43 problems")


def test_errors_come_before_warnings_and_both_are_counted():
    text = explain(ProjectError([problem(1, "warn"), problem(2)]), None)

    assert text == ("error[SK0302]: wrong 2\n\nwarning[SK0301]: wrong 1\n\n1 problem, 1 warning")


def test_colour_is_used_when_forced_and_not_otherwise(monkeypatch):
    plain = message("error", "SK0100", "wrong")
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = message("error", "SK0100", "wrong")
    monkeypatch.setenv("NO_COLOR", "1")
    again = message("error", "SK0100", "wrong")

    assert plain == again == "error[SK0100]: wrong"
    assert coloured == "\x1b[31merror[SK0100]\x1b[0m: wrong"
