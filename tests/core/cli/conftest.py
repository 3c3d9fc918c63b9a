import textwrap

import pytest
from tests.core.cli import tracked

FILES = {
    "seeknal_project.yml": "name: shop\n",
    "data/orders.csv": "id,customer,amount\n1,a,10\n2,b,20\n3,a,5\n",
    "seeknal/sources/orders.yml": """
        kind: source
        name: orders
        source: csv
        table: data/orders.csv
        tags: [raw]
    """,
    "seeknal/transforms/all.yml": """
        kind: transform
        name: big_orders
        layer: silver
        description: Orders above eight
        inputs: [{ref: source.orders}]
        transform: |
          SELECT * FROM ref('source.orders')
          WHERE amount > 8
        ---
        kind: transform
        name: by_customer
        layer: gold
        tags: [report]
        inputs: [{ref: source.orders}]
        transform: >
          SELECT customer, sum(amount) AS total, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS at
          FROM ref('source.orders') GROUP BY customer ORDER BY customer
    """,
    "seeknal/exposures/report.yml": """
        kind: exposure
        name: report
        type: file
        params: {path: outputs/report.csv}
        inputs: [{ref: transform.by_customer}]
    """,
}


@pytest.fixture
def fresh(seeknal_project):
    """A small shop that has not run."""
    return seeknal_project(FILES)


@pytest.fixture
def shop(fresh, built):
    """A small shop that has run once."""
    return built(fresh)


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """The current folder is empty: no project is around it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def seeknal(capsys):
    """Runs a command line in the current folder: (exit code, stdout, stderr)."""
    from seeknal.cli import main

    def run(*arguments):
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def at(at):
    """Lets it be a moment; it is 5 June in the morning until then."""
    at("2024-06-05 06:30")
    return at


@pytest.fixture
def events(seeknal_project, at):
    """The shop, which has run on 5 June in the morning."""
    project = seeknal_project(tracked.FILES)
    project.run("run").assert_ok()
    return project


def dedent(text):
    return textwrap.dedent(text).lstrip("\n")
