"""`seeknal test --update` changes what tests expect, and no other character of their files."""

import os
import random
import textwrap

import pytest

from tests.unittests.conftest import ADULTS
from tests.unittests.test_values import EXACT

INPUT = """\
# What stands before stays.
test:   'transform.adults'   # so does this
name: "quoted"
inputs:
  source.users:
    columns: {user_id: BIGINT, name: VARCHAR, age: INTEGER}
    rows:
    - {user_id: 1, name: Ann, age: 30}
    - { user_id: 2 , name: 'Bob', age: 40 }
    - {user_id: 3, name: null, age: 50}
expected_output:
"""
WHOLE = """\
  - {user_id: 1, name: Ann, age: 30}
  - {user_id: 2, name: Bob, age: 40}
  - {user_id: 3, name: null, age: 50}
"""


@pytest.fixture
def updated(shop):
    """What becomes of the lines below ``expected_output:`` of a file by an update."""

    def ask(text):
        before = INPUT + textwrap.indent(textwrap.dedent(text).lstrip("\n"), "  ")
        (shop.path / "tests").mkdir(exist_ok=True)
        (shop.path / "tests/a.yml").write_bytes(before.encode())
        found = shop.run("test", "--update")
        after = (shop.path / "tests/a.yml").read_bytes().decode()
        assert found.exit_code == 0, found
        assert after.startswith(INPUT)
        assert shop.run("test").exit_code == 0
        return textwrap.dedent(after.removeprefix(INPUT))

    return ask


def test_a_changed_cell_is_all_that_changes(updated):
    after = updated("""
        # A comment above.
        tolerance: 1e-6   # one behind
        rows:   # and one here
        # between key and row
        - {user_id: 1,   name: "Ann", age: 31}  # behind a row
        # between rows
        - {user_id: 2, 'name': 'Bob', age: 40}

        - {user_id: 3, age: 50}
        # at the end
        """)

    assert after == textwrap.dedent("""\
        # A comment above.
        tolerance: 1e-6   # one behind
        rows:   # and one here
        # between key and row
        - {user_id: 1,   name: "Ann", age: 30}  # behind a row
        # between rows
        - {user_id: 2, 'name': 'Bob', age: 40}

        - {user_id: 3, age: 50}
        # at the end
        """)


def test_rows_go_and_come_where_they_stood(updated):
    after = updated("""
        rows:
          - {user_id: 9, name: Zoe, age: 99}   # goes
          # stays
          - {user_id: 3, age: 50}
        row_count: 2
        """)

    assert after == textwrap.dedent("""\
        rows:
          # stays
          - {user_id: 3, age: 50}
          - {user_id: 1, name: Ann, age: 30}
          - {user_id: 2, name: Bob, age: 40}
        row_count: 3
        """)


def test_rows_in_block_style_stay_in_it(updated):
    after = updated("""
        rows:
        -   user_id: 1   # the first
            name: Ann
            age: 31 # old
        -
          user_id: 2
          name: |
            Bobby
          age: 40
        """)

    assert after == textwrap.dedent("""\
        rows:
        -   user_id: 1   # the first
            name: Ann
            age: 30 # old
        -
          user_id: 2
          name: Bob
          age: 40
        -   user_id: 3
            name: null
            age: 50
        """)


@pytest.mark.parametrize(
    "rows", ["rows: []  # none yet", "rows:   # none yet", "rows: ~  # none yet"]
)
def test_the_first_rows_stand_below_their_key(rows, updated):
    after = updated(f"{rows}\nordered: true\n")

    first, *lines = after.splitlines(keepends=True)
    assert first.split() == ["rows:", "#", "none", "yet"]
    assert "".join(lines) == textwrap.indent(WHOLE, "") + "ordered: true\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "{rows: [{user_id: 1, name: Ann, age: 3}]}",
            "{rows: [{user_id: 1, name: Ann, age: 30}, {user_id: 2, name: Bob, age: 40},"
            " {user_id: 3, name: null, age: 50}]}",
        ),
        (
            "{rows: [], row_count: 0}",
            "{rows: [{user_id: 1, name: Ann, age: 30}, {user_id: 2, name: Bob, age: 40},"
            " {user_id: 3, name: null, age: 50}], row_count: 3}",
        ),
    ],
)
def test_rows_in_flow_style_stay_in_it(before, after, shop):
    shop.write({"tests/a.yml": INPUT.replace("output:\n", f"output: {before}\n")})

    found = shop.run("test", "--update")

    assert found.exit_code == 0
    assert (shop.path / "tests/a.yml").read_text() == INPUT.replace(
        "output:\n", f"output: {after}\n"
    )


def test_columns_come_and_go_in_every_row(updated):
    after = updated("""
        columns: [user_id, title, age]
        rows:
        - {user_id: 1, title: Ms, age: 30}
        - {user_id: 2, title: Mr, age: 40}
        - {user_id: 3, title: Dr, age: 50}
        """)

    assert after == textwrap.dedent("""\
        columns: [user_id, name, age]
        rows:
        - {user_id: 1, age: 30, name: Ann}
        - {user_id: 2, age: 40, name: Bob}
        - {user_id: 3, age: 50, name: null}
        """)


def test_types_are_written_as_they_are_now(updated):
    after = updated("""
        columns:
          user_id: HUGEINT   # was larger
          name: TEXT
          age: 'INT'
        row_count: 3
        """)

    assert after == textwrap.dedent("""\
        columns:
          user_id: BIGINT   # was larger
          name: TEXT
          age: 'INT'
        row_count: 3
        """)


def test_rows_in_order_move_with_their_own_lines(shop):
    rows = ["- {user_id: 3, age: 50}  # c", "- {user_id: 1, name: Ann, age: 30}  # a"]
    lines = "\n".join(f"  {line}" for line in rows)
    shop.write({"tests/a.yml": f"{INPUT}  ordered: true\n  rows:\n{lines}\n"})

    found = shop.run("test", "--update")

    text = (shop.path / "tests/a.yml").read_text()
    assert found.exit_code == 0
    assert text.removeprefix(INPUT).splitlines()[2:] == [
        "  - {user_id: 1, name: Ann, age: 30}  # a",
        "  - {user_id: 2, name: Bob, age: 40}",
        "  - {user_id: 3, age: 50}  # c",
    ]


def test_ctes_are_updated_too(shop):
    sql = "WITH old AS (SELECT name FROM ref('source.users') WHERE age > 60) SELECT * FROM old"
    text = """\
test: transform.old
inputs:
  source.users: {rows: [{name: Ann, age: 61}, {name: Bob, age: 3}]}
ctes:
  old:
    rows:
      - {name: Bob}
"""
    shop.write({"seeknal/transforms/old.sql": sql, "tests/old.yml": text})

    found = shop.run("test", "--update")

    assert found.exit_code == 0
    assert (shop.path / "tests/old.yml").read_text() == text.replace(
        "- {name: Bob}", "- {name: Ann}"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", [True, False])
def test_line_ends_marks_and_the_last_line_stay(newline, mark, end, shop):
    text = (
        f"{mark}{INPUT}  rows:\n  - {{user_id: 2, name: Bob, age: 40}}\n  - {{user_id: 3, age: 51}}"
    )
    text = (text + "\n" * end).replace("\n", newline)
    shop.write({"tests/a.yml": text.encode()})

    found = shop.run("test", "--update")

    after = (shop.path / "tests/a.yml").read_bytes().decode()
    new = f"{newline}  - {{user_id: 1, name: Ann, age: 30}}"
    assert found.exit_code == 0
    assert after == text.replace("51}", f"50}}{new}")


def test_an_update_shows_what_it_changed(passing):
    text = ADULTS[: ADULTS.rindex("30")] + "31}\n"
    passing.write({"tests/adults.yml": text})

    found = passing.run("test", "--update")

    assert "1 test: 0 passed, 1 updated" in found.stdout
    assert "updated tests/adults.yml:" in found.stdout
    assert "  -    - {user_id: 1, name: Ann, age: 31}" in found.stdout
    assert "  +    - {user_id: 1, name: Ann, age: 30}" in found.stdout


def refused(project, text, before=lambda path: None):
    """What an update says that changes nothing."""
    path = project.path / "tests/adults.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    before(path)
    found = project.run("test", "--update")
    assert found.exit_code == 1
    assert path.read_text() == text
    return found.stdout


def test_a_file_that_may_not_be_written_stays_and_what_would_change_is_shown(shop):
    text = ADULTS[: ADULTS.rindex("30")] + "31}\n"

    told = refused(shop, text, lambda path: path.chmod(0o444))

    assert "not updated: the file may not be written to" in told
    assert "31 → 30" in told
    assert "would become of tests/adults.yml:" in told
    assert "  +    - {user_id: 1, name: Ann, age: 30}" in told


def test_a_file_that_has_changed_meanwhile_stays(shop, monkeypatch):
    from seeknal.unittests.updating import Update

    text = ADULTS[: ADULTS.rindex("30")] + "31}\n"
    write, path = Update.write, shop.path / "tests/adults.yml"
    shop.write({"tests/adults.yml": text})

    def late(update):
        path.write_text(text + "# edited\n")
        write(update)

    monkeypatch.setattr(Update, "write", late)
    found = shop.run("test", "--update")

    assert found.exit_code == 1
    assert path.read_text() == text + "# edited\n"
    assert "not updated: the file has changed meanwhile" in found.stdout


def test_a_node_that_fails_is_not_updated(shop):
    sql = "SELECT error('broken') AS name FROM ref('source.users')"
    shop.write({"seeknal/transforms/adults.sql": sql})

    told = refused(shop, ADULTS)

    assert "broken" in told
    assert "not updated: the node gives no rows" in told
    assert "1 test: 0 passed, 1 error" in told


@pytest.mark.parametrize(
    "rows",
    [
        "  rows: &r\n    - {user_id: 1, name: Ann, age: 31}\nctes: {x: {rows: *r}}\n",
        "  rows:\n    - &a {user_id: 1, name: Ann, age: 31}\n    - *a\n",
        "  rows:\n    - &a {user_id: 1}\n    - {<<: *a, name: Ann, age: 31}\n",
        "  rows: [{user_id: 1, # why\n    name: Ann, age: 31}]\n",
    ],
)
def test_what_cannot_be_written_without_changing_more_stays(rows, shop):
    text = INPUT + rows
    if "ctes" in rows:
        sql = "WITH x AS (SELECT * FROM ref('source.users')) SELECT user_id, name, age FROM x"
        shop.write({"seeknal/transforms/adults.sql": sql})

    told = refused(shop, text)

    assert "not updated: " in told


def test_permissions_and_links_stay(passing):
    text = ADULTS[: ADULTS.rindex("30")] + "31}\n"
    passing.write({"elsewhere.yml": text})
    path = passing.path / "tests/adults.yml"
    path.unlink()
    path.symlink_to("../elsewhere.yml")
    os.chmod(passing.path / "elsewhere.yml", 0o640)

    passing.run("test", "--update").assert_ok()

    assert path.is_symlink()
    assert (passing.path / "elsewhere.yml").stat().st_mode & 0o777 == 0o640
    assert (passing.path / "elsewhere.yml").read_text() == ADULTS


NAMES = (
    "Ann",
    "",
    "null",
    "a: b",
    "it's",
    'q"q',
    "tab\tnew\nline",
    "# no",
    "12.50",
    "é😀",
    " x ",
    "no",
    "-",
    "{a}",
)


class Drawn:
    """A test with some rows given and others expected, in one of many forms."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.newline = self.draw.choice(["\n", "\n", "\r\n"])
        self.flow = self.draw.random() < 0.7
        rows = [self.row(n) for n in range(self.draw.randint(0, 6))]
        expected = [list(row) for row in rows if self.draw.random() < 0.8]
        for row in expected:
            if self.draw.random() < 0.3:
                row[self.draw.randrange(3)] = self.value(self.draw.randrange(3))
        expected += [self.row(n + 50) for n in range(self.draw.choice([0, 0, 1]))]
        if self.draw.random() < 0.5:
            self.draw.shuffle(expected)
        self.given = rows
        self.comments = [f"# note {n}" for n in range(len(expected) + 1)]
        self.text = self.written(rows, expected).replace("\n", self.newline)

    def row(self, number):
        return [str(number), self.value(1), self.value(2)]

    def value(self, place):
        if place != 1:
            return str(self.draw.randint(18, 90))
        name = self.draw.choice((None, *NAMES))
        return name if name is None else self.quoted(name)

    def quoted(self, name):
        import json

        plain = name.isalpha() and name not in ("null", "no") and name.isascii()
        return (
            self.draw.choice([name, f"'{name}'"])
            if plain
            else json.dumps(name, ensure_ascii="😀" not in name)
        )

    def written(self, rows, expected):
        given = "".join(f"    - {self.cells(row)}\n" for row in rows)
        lines = []
        for comment, row in zip(self.comments, expected, strict=False):
            lines.append(f"    {comment}\n")
            lines.append(f"    - {self.cells(row) if self.flow else self.block(row)}\n")
        lines.append(f"    {self.comments[-1]}\n")
        ordered = self.draw.choice(["", "  ordered: true\n"])
        return (
            "test: transform.adults\ninputs:\n  source.users:\n"
            "    columns: {user_id: BIGINT, name: VARCHAR, age: INTEGER}\n"
            f"    rows:\n{given}expected_output:\n{ordered}  rows:\n{''.join(lines)}"
            "description:   kept  # as it is\n"
        )

    def cells(self, row):
        names = ("user_id", "name", "age")
        return (
            "{"
            + ", ".join(
                f"{n}: {'null' if v is None else v}" for n, v in zip(names, row, strict=True)
            )
            + "}"
        )

    def block(self, row):
        names = ("user_id", "name", "age")
        lines = [f"{n}: {'null' if v is None else v}" for n, v in zip(names, row, strict=True)]
        return "\n      ".join(lines)


def test_any_test_is_updated_so_that_it_holds_and_all_else_stays(shop):
    """Draw anew with `Drawn(seed)`; the seed is that of the file's name."""
    drawn = {seed: Drawn(seed) for seed in range(150)}
    shop.write({f"tests/t{seed}.yml": each.text.encode() for seed, each in drawn.items()})

    shop.run("test", "--update").assert_ok()
    again = shop.run("test", "--format", "json").json()

    assert {each["status"] for each in again} == {"passed"}
    for seed, each in drawn.items():
        after = (shop.path / f"tests/t{seed}.yml").read_bytes().decode()
        head, tail = (
            each.text.split("  rows:" + each.newline)[0],
            each.text.rpartition("description")[2],
        )
        assert after.startswith(head), seed
        assert after.endswith(f"description{tail}"), seed
        assert [line.strip() for line in after.splitlines() if "# note" in line] == each.comments, (
            seed
        )
        assert each.newline == "\n" or after.count("\n") == after.count("\r\n"), seed


def test_values_of_every_type_are_written_as_a_test_reads_them(shop):
    rows = "".join(f"      - {{x{n}: {given}}}\n" for n, (_, given, _) in enumerate(EXACT))
    types = "".join(f"      x{n}: {type_}\n" for n, (type_, _, _) in enumerate(EXACT))
    text = f"test: transform.same\ninputs:\n  source.users:\n    columns:\n{types}    rows:\n{rows}"
    sql = "SELECT * FROM ref('source.users')"
    empty = f"{text}expected_output:\n  rows: []\n"
    shop.write({"seeknal/transforms/same.sql": sql, "tests/same.yml": empty})

    shop.run("test", "--update").assert_ok()
    found = shop.run("test")

    assert found.exit_code == 0
    assert (shop.path / "tests/same.yml").read_text().startswith(text)
