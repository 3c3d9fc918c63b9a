import ast
import textwrap
from pathlib import Path

import pytest

from seeknal.project.python.canonical import form_of
from seeknal.project.python.code import code_hash

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def hash_of(tmp_path):
    def compute(text, function="n", **files):
        for name, content in files.items():
            path = tmp_path / f"{name}.py"
            path.write_text(textwrap.dedent(content), encoding="utf-8")
        main = tmp_path / "main.py"
        main.write_text(textwrap.dedent(text), encoding="utf-8")
        return code_hash(main, function, tmp_path)[0]

    return compute


@pytest.fixture
def notes_of(tmp_path):
    def compute(text):
        main = tmp_path / "main.py"
        main.write_text(textwrap.dedent(text), encoding="utf-8")
        return code_hash(main, "n", tmp_path)[1]

    return compute


BASE = """
from seeknal import transform

LIMIT = 10
OTHER = 20

def clean(x):
    return x + LIMIT

def unused(x):
    return x * OTHER

@transform(name="n", description="old")
def n(ctx):
    return clean(1)
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def n(ctx):", "def n(ctx):\n    '''What it is.'''"),
        ("def n(ctx):", "def n(ctx: object) -> int:"),
        ("return clean(1)", "# why\n    return clean( 1 )"),
        ('"old"', '"new"'),
        ("OTHER = 20", "OTHER = 21"),
        ("x * OTHER", "x - OTHER"),
        ("LIMIT = 10", "LIMIT = 0xA"),
        ("x + LIMIT", "(x + LIMIT)"),
        ("LIMIT = 10", "\n\n\nLIMIT = 10"),
    ],
)
def test_what_cannot_change_rows_changes_no_hash(hash_of, old, new):
    assert hash_of(BASE.replace(old, new)) == hash_of(BASE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("clean(1)", "clean(2)"),
        ("clean(1)", "clean(1.0)"),
        ("clean(1)", "clean(True)"),
        ("LIMIT = 10", "LIMIT = 11"),
        ("LIMIT = 10", "LIMIT = '10'"),
        ("x + LIMIT", "x - LIMIT"),
        ("def clean(x)", "def clean(x, y=1)"),
        ("OTHER = 20", "OTHER = 20\nLIMIT += 1"),
        ("OTHER = 20", "OTHER = 20\nLIMIT.add(1)"),
    ],
)
def test_what_may_change_rows_changes_the_hash(hash_of, old, new):
    assert hash_of(BASE.replace(old, new)) != hash_of(BASE)


TABLES = """
import pandas

FACTOR = 1
table = pandas.DataFrame({"a": [1]})

def other():
    return 2

def n(ctx):
    return ctx.duckdb.sql("FROM " + "ta" + "ble")
"""


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("FACTOR = 1", "FACTOR = 2", False),
        ("return 2", "return 3", False),
        ("[1]", "[2]", True),
        ("FACTOR = 1", "FACTOR = table", True),
        ("FACTOR = 1", "FACTOR = 1\nFACTOR = [FACTOR]", True),
    ],
)
def test_a_query_that_is_computed_reads_what_may_be_a_table(hash_of, old, new, counts):
    assert (hash_of(TABLES.replace(old, new)) != hash_of(TABLES)) is counts


CLASSES = """
from dataclasses import dataclass

class Base:
    FACTOR = 2

@dataclass
class Row(Base):
    a: int
    def value(self):
        return self.a * scale()

def scale():
    return 3

def n(ctx):
    return Row(1).value()
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    a: int", "    a: float"),
        ("FACTOR = 2", "FACTOR = 3"),
        ("return 3", "return 4"),
        ("@dataclass", "@dataclass(frozen=True)"),
    ],
)
def test_classes_count_with_bases_methods_and_fields(hash_of, old, new):
    assert hash_of(CLASSES.replace(old, new)) != hash_of(CLASSES)


@pytest.mark.parametrize(
    "line", ["import helpers", "from helpers import clean", "from . import helpers"]
)
def test_functions_of_other_files_of_the_project_count(hash_of, line):
    call = "clean(1)" if line.startswith("from helpers") else "helpers.clean(1)"
    text = f"{line}\n\ndef n(ctx):\n    return {call}\n"
    helper = "FACTOR = 2\ndef clean(x):\n    return x * FACTOR\ndef other(x):\n    return {}\n"

    first = hash_of(text, helpers=helper.format(1))
    other = hash_of(text, helpers=helper.format(2))
    changed = hash_of(text, helpers=helper.format(1).replace("FACTOR = 2", "FACTOR = 3"))

    assert first == other
    assert first != changed


def test_an_import_inside_the_function_counts(hash_of):
    text = "def n(ctx):\n    from helpers import clean\n    return clean(1)\n"

    assert hash_of(text, helpers="def clean(x): return 1\n") != hash_of(
        text, helpers="def clean(x): return 2\n"
    )


def test_the_version_of_an_imported_distribution_counts(hash_of, monkeypatch):
    import importlib.metadata

    from seeknal.project.python import code

    text = "import attrs\n\ndef n(ctx):\n    return attrs.define\n"
    first = hash_of(text)
    code._version.cache_clear()
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.0.1")

    assert hash_of(text) != first
    code._version.cache_clear()


def test_an_import_that_the_function_does_not_use_does_not_count(hash_of):
    text = "{}\ndef n(ctx):\n    return 1\n"

    assert hash_of(text.format("import click")) == hash_of(text.format(""))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("X = load()\ndef n(ctx):\n    return X\n", "X is computed by load() at line 1"),
        ("import os\nX = os.environ['A']\ndef n(ctx):\n    return X\n", "os.environ()"),
        ("def n(ctx):\n    return eval('1')\n", "eval() is called"),
        (
            "import importlib\ndef n(ctx):\n    return importlib.import_module('x')\n",
            "import_module() is called",
        ),
        ("if True:\n    def n(ctx):\n        return 1\n", "not at the top"),
    ],
)
def test_what_cannot_be_followed_makes_the_whole_file_count(hash_of, notes_of, text, why):
    assert any(why in note for note in notes_of(text))
    assert hash_of(text) != hash_of(text + "\nY = 1\n")


@pytest.mark.parametrize(
    "value", ["re.compile('x')", "frozenset({1})", "helper(1)", "[n for n in range(3)]"]
)
def test_constants_of_known_calls_are_followed(notes_of, value):
    text = f"import re\ndef helper(x): return x\nX = {value}\ndef n(ctx):\n    return X\n"

    assert notes_of(text) == ()


def test_a_local_name_is_not_the_module_s(hash_of):
    text = "x = {}\ndef n(ctx):\n    x = 1\n    return [y for y in (x,)]\ny = {}\n"

    assert hash_of(text.format(1, 2)) == hash_of(text.format(3, 4))


def test_recursion_and_cycles_of_imports_end(hash_of):
    text = "import helpers\ndef n(ctx):\n    return helpers.f()\ndef m():\n    return n(0)\n"

    assert hash_of(text, helpers="import main\ndef f():\n    return main.m()\n")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_the_form_of_code_is_what_it_was(path):
    code, _, expected = path.read_text(encoding="utf-8").partition("\n=====\n")

    found = "\n".join(form_of(statement) for statement in ast.parse(code).body)

    assert found == expected.rstrip("\n")


def test_the_hash_of_code_is_what_it_was(hash_of):
    # A new value makes every Python node run again: change SCHEME only on purpose.
    assert hash_of(BASE) == "f2ede8b331ca5feb453173ba9aa0c23c7cf089bfca729ec83e542a7410b4724f"
