"""YAML as project files need it: strict, limited, and with the place of everything."""

import pytest

from seeknal.project.yaml_files import MAX_DEPTH, read_documents


def read(text):
    """The only document's data."""
    (document,), problems = read_documents(text, "a.yml")
    assert problems == []
    return document.data


def only_problem(text):
    _, problems = read_documents(text, "a.yml")
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("12", 12),
        ("-3", -3),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ("-.inf", float("-inf")),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31 10:00:00", "2024-01-31 10:00:00"),
        ("12:30:45", "12:30:45"),
        ("1.2.3", "1.2.3"),
        ("y", "y"),
        ("'yes'", "yes"),
        ('"010"', "010"),
        ("'true'", "true"),
        ("0", 0),
        ("1__", "1__"),
        ("=", "="),
        ("no way", "no way"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text, value):
    data = read(f"a: {text}")

    assert data == {"a": value}
    assert type(data["a"]) is type(value)


def test_block_scalars_are_text_as_written():
    data = read("a: |\n  no\n  010\nb: >\n  two\n  lines\n")

    assert data == {"a": "no\n010\n", "b": "two lines\n"}


@pytest.mark.parametrize("text", ["yes", "No", "ON", "off", "010", "-007"])
def test_a_word_that_yaml_versions_read_differently_asks_for_quotes(text):
    problem = only_problem(f"name: x\nheader: {text}\n")

    assert problem.code == "SK0107"
    assert (problem.location.line, problem.location.column) == (2, 9)
    assert f"'{text}'" in problem.help


@pytest.mark.parametrize(
    ("text", "key"), [("no: Norway\n", "no"), ("010: a\n", "010"), ("true: a\n", "true")]
)
def test_a_key_is_text_however_it_looks(text, key):
    assert list(read(text)) == [key]


def test_a_key_that_stands_twice_is_named_at_its_second_place():
    problem = only_problem("a: 1\nb:\n  c: 1\n  c: 2\n")

    assert problem.code == "SK0103"
    assert "'c'" in problem.message
    assert str(problem.location) == "a.yml:4:3"
    assert "3" in problem.message


def test_a_tab_in_the_indentation_is_explained():
    problem = only_problem("a:\n\tb: 1\n")

    assert problem.code == "SK0102"
    assert problem.location.line == 2
    assert "tab" in f"{problem.message} {problem.help}"
    assert "spaces" in problem.help


def test_a_syntax_error_names_its_line():
    problem = only_problem("a: 1\nb: [1, 2\nc: 3\n")

    assert problem.code == "SK0102"
    assert problem.location.line in (2, 3)


def test_text_with_a_colon_hints_at_quotes():
    problem = only_problem("a: 1\ndescription: orders: all of them\n")

    assert problem.location.line == 2
    assert "quote" in problem.help


def test_documents_before_a_syntax_error_are_still_read():
    documents, problems = read_documents("a: 1\n---\nb: [\n", "a.yml")

    assert [document.data for document in documents] == [{"a": 1}]
    assert len(problems) == 1


def test_aliases_are_values_again():
    assert read("a: &x {b: 1}\nc: *x\n") == {"a": {"b": 1}, "c": {"b": 1}}


def test_a_merged_mapping_gives_way_to_own_keys():
    data = read("base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\n")

    assert data["mine"] == {"x": 1, "y": 3}


def test_merging_something_else_than_a_mapping_is_a_problem():
    problem = only_problem("a:\n  <<: 5\n")

    assert problem.location.line == 2
    assert "<<" in problem.message


def test_a_billion_laughs_end_at_once():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    problem = only_problem("\n".join(lines))

    assert problem.code == "SK0104"
    assert "values" in problem.message
    assert problem.location.line


def test_an_alias_of_itself_ends():
    problem = only_problem("a: &a\n  b: *a\n")

    assert problem.code == "SK0104"


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 999, 1_000, 1_001, 5_000, 50_000])
def test_deep_nesting_is_refused_not_a_crash(depth):
    problem = only_problem(f"a: {'[' * depth}{']' * depth}")

    assert problem.code == "SK0104"
    assert "nested" in problem.message


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['true']", "!mine x", "!!binary aGk=", "!!set {a}"]
)
def test_a_tag_makes_no_object(tag):
    _, problems = read_documents(f"name: a\nx: {tag}\n", "a.yml")

    assert problems[0].code == "SK0105"
    assert problems[0].location.line == 2


@pytest.mark.parametrize("text", ["!!str 010", "!!str yes", "!!str 5"])
def test_a_text_tag_is_as_good_as_quotes(text):
    assert read(f"a: {text}") == {"a": text.split()[1]}


@pytest.mark.parametrize("text", ["? [a, b]\n: 1\n", "? {a: 1}\n: 1\n"])
def test_a_key_that_is_not_text_is_a_problem(text):
    assert only_problem(text).code == "SK0106"


def test_windows_line_ends_and_a_byte_order_mark_are_read():
    documents, problems = read_documents("\ufeffa: 1\r\nb: |\r\n  x\r\n  y\r\n", "a.yml")

    assert problems == []
    assert documents[0].data == {"a": 1, "b": "x\ny\n"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n---\n", "~\n"])
def test_an_empty_file_has_no_documents(text):
    assert read_documents(text, "a.yml") == ([], [])


def test_a_control_character_is_a_problem_with_its_line():
    problem = only_problem("a: 1\nb: x\x01y\n")

    assert problem.code == "SK0102"
    assert problem.location.line == 2


def test_every_key_and_value_has_its_place():
    (document,), _ = read_documents("a: 1\n---\nb:\n  - c: x\n    d: y\n", "a.yml")[0][1:], None

    assert str(document.location) == "a.yml:3:1"
    assert str(document.marks.key("b", 0, "d")) == "a.yml:5:5"
    assert str(document.marks.value("b", 0, "d")) == "a.yml:5:8"
    assert str(document.marks.value("b", 0, "unknown")) == "a.yml:4:5"


def test_all_problems_of_a_file_are_found_together():
    _, problems = read_documents("a: yes\na: 1\nb: 010\n---\nc: !x 1\n", "a.yml")

    assert [problem.code for problem in problems] == ["SK0107", "SK0103", "SK0107", "SK0105"]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nx: &x\n  <<: *x\n",
        "a: 1\nx: &x\n  <<: [*x]\n",
        "a: 1\nx: &x\n  y: {<<: *x}\n",
        "a: 1\nx: &x\n  - *x\n",
        "a: 1\nx: &x\n  y: [{z: *x}]\n",
    ],
)
def test_an_alias_within_what_it_names_is_told_at_what_it_names(text):
    problem = only_problem(text)

    assert problem.code == "SK0104"
    assert "an alias stands within what it is an alias of" in problem.message
    assert problem.location.line == 2


def test_a_long_chain_of_merge_keys_is_refused_as_too_deep():
    links = "".join(f"x{n}: &x{n} {{<<: *x{n - 1}}}\n" for n in range(1, 2000))

    problem = only_problem(f"x0: &x0 {{a: 1}}\n{links}")

    assert (problem.code, problem.location.file) == ("SK0104", "a.yml")


@pytest.mark.parametrize(
    "text",
    ["a: &a {b: 1}\nc: {<<: *a, d: *a}\n", "a: &a [1]\nb: [*a, *a]\n"],
)
def test_an_alias_may_stand_many_times_beside_what_it_names(text):
    assert read(text)
