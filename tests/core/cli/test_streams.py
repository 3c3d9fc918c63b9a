"""Nothing secret is printed, and a reader that leaves is no error."""

import io
import os
import subprocess
import sys

from seeknal.cli.streams import Scrubbed, scrubbed_streams
from seeknal.values.secret import Secret


def test_a_secret_is_masked_in_whatever_is_printed(capsys):
    secret = Secret("hunter2-canary")

    with scrubbed_streams():
        print(f"password {secret.reveal()}")
        print(f"password {secret.reveal()}", file=sys.stderr)

    out, err = capsys.readouterr()
    assert out == err == "password ***\n"


def test_text_that_the_terminal_cannot_show_is_replaced():
    raw = io.BytesIO()
    stream = Scrubbed(io.TextIOWrapper(raw, encoding="ascii", write_through=True))

    stream.write("caf\u00e9 \u2026\n")

    assert raw.getvalue() == b"caf? ?\n"


def test_writing_to_a_closed_pipe_is_silent():
    read, write = os.pipe()
    os.close(read)
    stream = Scrubbed(open(write, "w", buffering=1))  # noqa: SIM115

    stream.write("nobody reads this\n")
    stream.write("nor this\n")
    stream.flush()
    stream.close()

    assert stream.broken


def test_a_command_whose_reader_leaves_ends_well(shop):
    command = (
        f"{sys.executable} -m seeknal sql 'SELECT * FROM range(300000)' --format csv | head -1"
    )

    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=shop.path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "range\n"
    assert done.stderr == ""
    assert done.returncode == 0
