"""``docs``: the catalog as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import environment_option, from_here, project_options, project_root, request
from seeknal.cli.streams import DATA, say
from seeknal.kernel.command_options import STDOUT, format_option, output_option
from seeknal.values.errors import UsageError

PAGE = "index.html"


@click.command("docs", cls=Command)
@click.option("--open", "opened", is_flag=True, help="Open the page in a browser.")
@output_option
@click.option(
    "--serve",
    "port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help="Serve the page to this machine until Ctrl-C; 0 takes a free port.",
)
@click.option(
    "--preview",
    metavar="N",
    type=click.IntRange(0),
    default=0,
    show_default="no rows",
    help="Put the first N rows of every node into the page, without columns marked pii: true.",
)
@format_option("html", "json")
@environment_option
@project_options
def docs_command(
    opened: bool,
    output: Path | None,
    port: int | None,
    preview: int,
    format_: str,
    environment: str,
    **options: Any,
) -> None:
    """Write the catalog of all nodes as one page, which needs no server and no network.

    Nothing runs. The page is target/docs/index.html; --output names another folder.
    """
    from seeknal.host.files import write_text
    from seeknal.page import page_of
    from seeknal.plan.session import load
    from seeknal.query.docs import docs_document

    printed = format_ == "json" or output == STDOUT
    if printed and (opened or port is not None):
        raise UsageError(
            "what is printed can be neither opened nor served",
            code="SK0255",
            help="leave --format json and --output - out",
        )
    if format_ == "json" and output not in (None, STDOUT):
        raise UsageError(
            "--output is where the page goes; JSON is printed",
            code="SK0255",
            help="seeknal docs --format json > FILE",
        )
    if output is not None and not printed:
        _check_folder(output)
    loaded = load(project_root(), request(command="docs", **options))
    document = docs_document(loaded, environment, preview)
    if format_ == "json":
        from seeknal.cli.answers import answered
        from seeknal.cli.render import print_json

        print_json({**answered("success"), **document})
        return
    page = page_of(document)
    if printed:
        print(page, file=DATA)
        return

    path = (output or loaded.project.target / "docs") / PAGE
    write_text(path, page)
    say(f"wrote {from_here(path)}")
    if port is not None:
        _serve(page, port, opened)
    elif opened:
        _open(path.resolve().as_uri())


def _check_folder(output: Path) -> None:
    """Raise UsageError where no folder is or can be, or the page's place is taken in it."""
    if output.is_file():
        wrong = f"--output {output} is a file"
    elif output.is_symlink() and not output.exists():
        wrong = f"--output {output} is a link to what is not there"
    elif output.exists() and not output.is_dir():
        wrong = f"--output {output} is no folder"
    elif (output / PAGE).is_dir():
        raise UsageError(
            f"{output / PAGE} is a folder", code="SK0002", help="name another, or remove that one"
        )
    else:
        return
    raise UsageError(wrong, code="SK0002", help=f"name a folder: {PAGE} is in it")


def _serve(page: str, port: int, opened: bool) -> None:
    from seeknal.cli.serving import page_server

    with page_server(page, port) as server:
        say(f"serving it at {server.url} (Ctrl-C ends it)")
        if opened:
            _open(server.url)
        server.serve()


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
