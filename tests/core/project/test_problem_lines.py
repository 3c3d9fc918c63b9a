"""A problem stands at the key or the word that it is about, and not where its node begins."""

import pytest

SOURCE = "kind: source\nname: o\nsource: csv\ntable: data/o.csv\n"
FILES = {"data/o.csv": "a,b,d\n1,x,2026-01-01\n", "seeknal/o.yml": SOURCE}
CASES = {
    "dialect": "kind: transform\nname: t\ndialect: ^bigqueryy\ntransform: SELECT 1 AS a\n",
    "window": (
        "kind: aggregation\nname: g\ninputs: [source.o]\ngroup_by: [a]\ntime_column: d\n"
        "windows: [7d, ^7 fortnights]\nfeatures:\n  spent: {column: a, agg: [sum]}\n"
    ),
    "union": (
        "kind: transform\nname: t\nsql: |\n  SELECT a, b FROM ref('source.o')\n"
        "  ^UNION ALL\n  SELECT a FROM ref('source.o')\n"
    ),
    "delivered": (
        "kind: source\nname: back\nsource: csv\ntable: ^outputs/z.csv\n---\n"
        "kind: transform\nname: t\nsql: SELECT a FROM ref('source.o')\n"
        "materializations:\n  - {type: file, path: outputs/z.csv}\n"
    ),
}
PYTHON = "from seeknal import transform\n\n\n@transform()\ndef t(ctx):\n    return None\n"


@pytest.mark.parametrize("name", CASES)
def test_a_problem_stands_at_what_it_is_about(seeknal_project, name):
    before = CASES[name].partition("^")[0]
    made = seeknal_project({**FILES, "seeknal/t.yml": CASES[name].replace("^", "")})

    [told] = made.run("validate", "--format", "json").json()["problems"]

    place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert (told["line"], told["column"]) == place


def test_a_pipeline_that_is_not_utf8_says_which_byte_on_which_line(seeknal_project):
    made = seeknal_project(FILES)
    (made.path / "seeknal/pipelines").mkdir()
    (made.path / "seeknal/pipelines/p.py").write_bytes(b"# one\n# caf\xe9\n" + PYTHON.encode())

    [told] = made.run("validate", "--format", "json").json()["problems"]

    assert (told["code"], told["line"]) == ("SK0502", 2)
    assert told["message"] == "the file is not UTF-8 text: byte 0xe9"


def test_a_script_block_that_is_no_toml_is_told_at_its_line(seeknal_project):
    head = "# Rows.\n# /// script\n# requires-python = '>=3.11'\n# dependencies = oops\n# ///\n"
    made = seeknal_project({**FILES, "seeknal/pipelines/p.py": head + PYTHON})

    [told] = made.run("validate", "--format", "json").json()["problems"]

    assert (told["code"], told["line"]) == ("SK0503", 4)


def test_a_function_that_returns_nothing_is_told_where_it_stands(seeknal_project):
    made = seeknal_project({**FILES, "seeknal/pipelines/p.py": PYTHON})

    ran = made.run("run", "--format", "json").json()

    [said] = [node["error"] for node in ran["nodes"] if node["error"]]
    assert (said["code"], said["line"]) == ("SK0514", 4)


def _problems(made):
    return made.run("validate", "--format", "json").json()["problems"]


def test_a_path_that_is_no_files_is_all_that_is_told_of_it(seeknal_project):
    node = "kind: transform\nname: {0}\nsql: SELECT * FROM ref('source.o')\n"
    target = "materializations:\n  - {{type: file, path: {1}}}\n"
    one, two = ((node + target).format(*given) for given in (("t", "out/"), ("u", "out/u.csv")))
    made = seeknal_project({**FILES, "seeknal/t.yml": f"{one}---\n{two}"})

    codes = [entry["code"] for entry in _problems(made)]

    assert codes == ["SK1102"]


@pytest.mark.parametrize(("name", "help"), [("transform.NAME", "nodes:"), ("NAME", "kind.name")])
def test_help_for_a_node_that_is_not_there_can_be_followed(seeknal_project, name, help):
    text = f"kind: transform\nname: t\nsql: SELECT * FROM ref('{name}')\n"
    made = seeknal_project({**FILES, "seeknal/t.yml": text})

    [told] = _problems(made)

    assert help in told["help"]
    assert ("kind.name" in told["help"]) == ("." not in name)


WORDS = {
    "cte": (
        "WITH c AS (SELECT a FROM ref('source.o')) SELECT c.zz FROM c",
        '"c" does not have a column named "zz"',
        "columns: a",
    ),
    "gone": (
        "SELECT v * 2 AS v FROM ref('source.o')",
        'Referenced column "v" not found in FROM clause',
        "columns: a, b, d",
    ),
    "open": (
        "SELECT * FROM ref('source.o'",
        "the bracket of ref( is not closed",
        "write ref('kind.name')",
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_it_is_told_in_words_of_the_query(seeknal_project, name):
    sql, message, help = WORDS[name]
    text = f"kind: transform\nname: t\nsql: {sql}\n"
    made = seeknal_project({**FILES, "seeknal/t.yml": text})

    [told] = _problems(made)

    assert (told["message"], told["help"]) == (message, help)


def test_problems_of_one_file_come_in_the_order_of_its_lines(seeknal_project):
    nodes = [
        f"kind: transform\nname: t{n}\nkeys: [no]\nsql: SELECT a, nope FROM ref('source.o')\n"
        for n in range(3)
    ]
    made = seeknal_project({**FILES, "seeknal/t.yml": "---\n".join(reversed(nodes))})

    lines = [entry["line"] for entry in _problems(made)]

    assert lines == sorted(lines)
    assert len(lines) >= 3


def test_help_for_a_seed_names_no_key_that_it_has_not(seeknal_project):
    made = seeknal_project({"seeknal/t.yml": "kind: transform\nname: t\nsql: FROM source.s\n"})
    (made.path / "seeknal/seeds").mkdir()
    (made.path / "seeknal/seeds/s.csv").write_bytes(b"a,b\n1,caf\xe9\n")

    [told] = _problems(made)

    assert (told["file"], told["line"]) == ("seeknal/seeds/s.csv", 2)
    assert told["help"].startswith("save the file as UTF-8 with commas, or declare a source")
