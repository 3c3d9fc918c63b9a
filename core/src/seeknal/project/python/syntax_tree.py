"""Python source as a syntax tree, whichever thread asks."""

from __future__ import annotations

import ast
import threading

_one_at_a_time = threading.Lock()


def syntax_tree(source: str | bytes, file: str = "<unknown>") -> ast.Module:
    """What `ast.parse` gives. Raises SyntaxError or ValueError as it does.

    Until Python 3.11.10 and 3.12.7 two threads that parse at once may get a SystemError
    (python/cpython#106905).
    """
    with _one_at_a_time:
        return ast.parse(source, file)
