"""Single edits that change rows by ways that are easily overlooked."""

from __future__ import annotations

import pytest
from tests.core.python.mutants import PIPELINES, Made, rows_of, write
from tests.core.python.test_mutants import standing_of

pytestmark = pytest.mark.once

NODE = """

@transform(name='n', params={})
def n(ctx):
    return [{'k': 1, 'v': repr(%s)}]
"""
HEAD = "from seeknal import transform\n"

CASES = {
    "nonlocal default in helper class attr via instance": (
        {
            "main.py": HEAD + ("from h import obj") + NODE % "obj.run()",
            "h.py": ("import k\nclass C:\n    def run(self):\n        return k.V\nobj = C()\n"),
            "k.py": ("V = 1\n"),
        },
        "k.py",
        "1",
        "2",
    ),
    "import inside method of helper": (
        {
            "main.py": HEAD + ("from h import C") + NODE % "C().run()",
            "h.py": ("class C:\n    def run(self):\n        import k\n        return k.V\n"),
            "k.py": ("V = 1\n"),
        },
        "k.py",
        "1",
        "2",
    ),
    "package init re-export star": (
        {
            "main.py": HEAD + ("from pk import *") + NODE % "val()",
            "pk/__init__.py": ("from .a import *\nfrom .b import *\n"),
            "pk/a.py": ("def val():\n    return 1\n"),
            "pk/b.py": ("def val():\n    return 2\n"),
        },
        "pk/b.py",
        "2",
        "3",
    ),
    "submodule attr via package import": (
        {
            "main.py": HEAD + ("import pk") + NODE % "pk.a.V",
            "pk/__init__.py": ("from . import a\n"),
            "pk/a.py": ("V = 1\n"),
        },
        "pk/a.py",
        "1",
        "2",
    ),
    "submodule set by someone else importing it": (
        {
            "main.py": HEAD + ("import pk\nimport other") + NODE % "pk.a.V",
            "pk/__init__.py": (""),
            "pk/a.py": ("V = 1\n"),
            "other.py": ("import pk.a\n"),
        },
        "pk/a.py",
        "1",
        "2",
    ),
    "from pkg import submodule then attr": (
        {
            "main.py": HEAD + ("from pk import a as q") + NODE % "q.f()",
            "pk/__init__.py": (""),
            "pk/a.py": ("from .b import g\ndef f():\n    return g()\n"),
            "pk/b.py": ("def g():\n    return 1\n"),
        },
        "pk/b.py",
        "1",
        "2",
    ),
    "import order of patches": (
        {
            "main.py": HEAD + ("import p1\nimport p2\nimport t") + NODE % "t.X",
            "t.py": ("X = 0\n"),
            "p1.py": ("import t\nt.X = 1\n"),
            "p2.py": ("import t\nt.X = 2\n"),
        },
        "main.py",
        "import p1\nimport p2",
        "import p2\nimport p1",
    ),
    "decorated helper in helper registry": (
        {
            "main.py": HEAD + ("from reg import run\nimport impl") + NODE % "run('a')",
            "reg.py": (
                "F = {}\n"
                "def add(name):\n"
                "    def w(f):\n"
                "        F[name] = f\n"
                "        return f\n"
                "    return w\n"
                "def run(n):\n"
                "    return F[n]()\n"
            ),
            "impl.py": (
                "from reg import add\nfrom low import V\n@add('a')\ndef a():\n    return V\n"
            ),
            "low.py": ("V = 1\n"),
        },
        "low.py",
        "1",
        "2",
    ),
    "new impl file imported by glob name": (
        {
            "main.py": HEAD + ("import sys\nfrom h import W") + NODE % "W",
            "h.py": ("import json\nW = json.loads('[1]')\n"),
        },
        "h.py",
        "[1]",
        "[2]",
    ),
    "class var via subclass in another module": (
        {
            "main.py": HEAD + ("from sub import S") + NODE % "S().go()",
            "sub.py": ("from base import B\nclass S(B):\n    X = 5\n"),
            "base.py": (
                "class B:\n"
                "    X = 1\n"
                "    def go(self):\n"
                "        return self.X + self.y()\n"
                "    def y(self):\n"
                "        return 1\n"
            ),
        },
        "base.py",
        "return 1",
        "return 2",
    ),
    "lambda default closing loop": (
        {
            "main.py": HEAD
            + ("FS = [lambda x, k=k: x * k for k in (1, 2, 3)]")
            + NODE % "[f(2) for f in FS]",
        },
        "main.py",
        "(1, 2, 3)",
        "(1, 2, 4)",
    ),
    "string format of constant elsewhere": (
        {
            "main.py": HEAD + ("from h import T") + NODE % "T.format(a=1)",
            "h.py": ("T = '{a}-x'\n"),
        },
        "h.py",
        "-x",
        "-y",
    ),
    "__all__ augmented": (
        {
            "main.py": HEAD + ("from h import *") + NODE % "(globals().get('_p'))",
            "h.py": ("__all__ = ['q']\n__all__ += ['_p']\n_p = 1\nq = 2\n"),
        },
        "h.py",
        "'_p'",
        "'q'",
    ),
    "try else finally": (
        {
            "main.py": HEAD
            + (
                "try:\n"
                "    A = 1\n"
                "except ValueError:\n"
                "    A = 2\n"
                "else:\n"
                "    A = 3\n"
                "finally:\n"
                "    B = A"
            )
            + NODE % "(A, B)",
        },
        "main.py",
        "A = 3",
        "A = 4",
    ),
    "while loop at top": (
        {
            "main.py": HEAD + ("i = 0\nwhile i < 5:\n    i += 1") + NODE % "i",
        },
        "main.py",
        "i < 5",
        "i < 6",
    ),
    "tuple unpack": (
        {
            "main.py": HEAD + ("A, (B, *C) = 1, (2, 3, 4)") + NODE % "(A, B, C)",
        },
        "main.py",
        "3, 4",
        "3, 5",
    ),
    "walrus": (
        {
            "main.py": HEAD + ("if (w := 5) > 3:\n    pass") + NODE % "w",
        },
        "main.py",
        ":= 5",
        ":= 6",
    ),
    "global in nested": (
        {
            "main.py": HEAD
            + ("def s():\n    def t():\n        global G\n        G = 4\n    t()\ns()")
            + NODE % "G",
        },
        "main.py",
        "G = 4",
        "G = 5",
    ),
    "exec const": (
        {
            "main.py": HEAD + ("exec('E = 1')") + NODE % "E",
        },
        "main.py",
        "E = 1",
        "E = 2",
    ),
    "type() class": (
        {
            "main.py": HEAD + ("C = type('C', (), {'x': 1})") + NODE % "C.x",
        },
        "main.py",
        "1}",
        "2}",
    ),
    "operator.attrgetter on module": (
        {
            "main.py": HEAD + ("import operator, h") + NODE % "operator.attrgetter('V')(h)",
            "h.py": ("V = 1\n"),
        },
        "h.py",
        "1",
        "2",
    ),
    "h.__dict__": (
        {
            "main.py": HEAD + ("import h") + NODE % "h.__dict__['V']",
            "h.py": ("V = 1\n"),
        },
        "h.py",
        "1",
        "2",
    ),
    "vars(h)": (
        {
            "main.py": HEAD + ("import h") + NODE % "vars(h)['V']",
            "h.py": ("V = 1\n"),
        },
        "h.py",
        "1",
        "2",
    ),
    "from h import submodule var dotted alias": (
        {
            "main.py": HEAD + ("import h as a\nb = a") + NODE % "b.V",
            "h.py": ("V = 1\n"),
        },
        "h.py",
        "1",
        "2",
    ),
    "context manager helper": (
        {
            "main.py": HEAD + ("from h import cm\nwith cm() as C:\n    pass") + NODE % "C",
            "h.py": ("import contextlib\n@contextlib.contextmanager\ndef cm():\n    yield 3\n"),
        },
        "h.py",
        "yield 3",
        "yield 4",
    ),
    "enum auto/flag in helper": (
        {
            "main.py": HEAD + ("from h import E") + NODE % "[e.value for e in E]",
            "h.py": (
                "import enum\nclass E(enum.Enum):\n    A = enum.auto()\n    B = enum.auto()\n"
            ),
        },
        "h.py",
        "    B = enum.auto()\n",
        "    B = enum.auto()\n    C = 9\n",
    ),
    "f-string const": (
        {
            "main.py": HEAD + ("K = 3\nT = f'{K:>4}'") + NODE % "T",
        },
        "main.py",
        ":>4",
        ":>5",
    ),
    "bytes file open rb": (
        {
            "main.py": HEAD
            + (
                "from pathlib import Path\n"
                "B = Path(__file__).parent\n"
                "def rd(n):\n"
                "    with open(B / n, 'rb') as f:\n"
                "        return f.read()"
            )
            + NODE % "rd('x.bin')",
            "x.bin": ("1"),
        },
        "x.bin",
        "1",
        "2",
    ),
    "importlib.resources": (
        {
            "main.py": HEAD
            + ("import importlib.resources as r\nimport pk")
            + NODE % "r.files('pk').joinpath('x.txt').read_text()",
            "pk/__init__.py": (""),
            "pk/x.txt": ("1"),
        },
        "pk/x.txt",
        "1",
        "2",
    ),
    "pkgutil.get_data": (
        {
            "main.py": HEAD + ("import pkgutil, pk") + NODE % "pkgutil.get_data('pk', 'x.txt')",
            "pk/__init__.py": (""),
            "pk/x.txt": ("1"),
        },
        "pk/x.txt",
        "1",
        "2",
    ),
    "os.path.join": (
        {
            "main.py": HEAD
            + (
                "import os\n"
                "D = os.path.dirname(os.path.abspath(__file__))\n"
                "F = os.path.join(D, 'd', 'x' + '.txt')"
            )
            + NODE % "__import__('pathlib').Path(F).read_text()",
            "d/x.txt": ("1"),
        },
        "d/x.txt",
        "1",
        "2",
    ),
    "loop of files": (
        {
            "main.py": HEAD
            + (
                "from pathlib import Path\n"
                "ALL = {}\n"
                "for p in sorted(Path(__file__).parent.glob('d/*.txt')):\n"
                "    ALL[p.name] = p.read_text()"
            )
            + NODE % "ALL",
            "d/x.txt": ("1"),
        },
        "d/x.txt",
        "1",
        "2",
    ),
    "dict of paths": (
        {
            "main.py": HEAD
            + ("from pathlib import Path\nP = {'a': 'd/x.txt'}\nR = Path(__file__).parent")
            + NODE % "(R / P['a']).read_text()",
            "d/x.txt": ("1"),
        },
        "d/x.txt",
        "1",
        "2",
    ),
    "attr path in class": (
        {
            "main.py": HEAD
            + ("from pathlib import Path\nclass C:\n    P = 'd/' + 'x.t' + 'xt'")
            + NODE % "(Path(__file__).parent / C.P).read_text()",
            "d/x.txt": ("1"),
        },
        "d/x.txt",
        "1",
        "2",
    ),
    "json.load(fp=open)": (
        {
            "main.py": HEAD
            + ("import json\nfrom pathlib import Path")
            + NODE % "json.loads((Path(__file__).parent / 'x.json').read_text(encoding='utf-8'))",
            "x.json": ("1"),
        },
        "x.json",
        "1",
        "2",
    ),
    "path via param default": (
        {
            "main.py": HEAD
            + (
                "from pathlib import Path\n"
                "def ld(p=Path(__file__).parent / 'x.json'):\n"
                "    return p.read_text()"
            )
            + NODE % "ld()",
            "x.json": ("1"),
        },
        "x.json",
        "1",
        "2",
    ),
    "env via os alias in class": (
        {
            "main.py": HEAD
            + ("import os as o\nclass S:\n    V = o.environ.get('PYFP_Z', '1')")
            + NODE % "S.V",
        },
        "main.py",
        "'1'",
        "'2'",
    ),
    "py helper read as text": (
        {
            "main.py": HEAD
            + ("from pathlib import Path")
            + NODE % "(Path(__file__).parent / 'k.py').read_text()",
            "k.py": ("# a\nV=1\n"),
        },
        "k.py",
        "# a",
        "# b",
    ),
    "own source": (
        {
            "main.py": HEAD
            + ("from pathlib import Path\n# c1")
            + NODE % "Path(__file__).read_text()",
        },
        "main.py",
        "c1",
        "c2",
    ),
    "inspect.getsource": (
        {
            "main.py": HEAD
            + ("import inspect\ndef f():\n    # c1\n    pass")
            + NODE % "inspect.getsource(f)",
        },
        "main.py",
        "c1",
        "c2",
    ),
    "line number": (
        {
            "main.py": HEAD + ("import sys\nL = sys._getframe().f_lineno") + NODE % "L",
        },
        "main.py",
        "import sys\n",
        "import sys\n\n",
    ),
    "type hints": (
        {
            "main.py": HEAD
            + ("import typing\ndef f(a: int): ...")
            + NODE % "typing.get_type_hints(f)",
        },
        "main.py",
        "a: int",
        "a: str",
    ),
    "class annotations": (
        {
            "main.py": HEAD + ("class K:\n    a: int") + NODE % "K.__annotations__",
        },
        "main.py",
        "a: int",
        "a: str",
    ),
    "module annotations": (
        {
            "main.py": HEAD + ("q: int = 1") + NODE % "globals()['__annotations__']",
        },
        "main.py",
        "q: int",
        "q: str",
    ),
    "future annotations": (
        {
            "main.py": HEAD
            + ("from dataclasses import dataclass, fields\n@dataclass\nclass K:\n    a: int")
            + NODE % "[str(f.type) for f in fields(K)]",
        },
        "main.py",
        "from seeknal import transform\n",
        "from __future__ import annotations\nfrom seeknal import transform\n",
    ),
    "assert": (
        {
            "main.py": HEAD + ("V = 1\nassert V") + NODE % "1",
        },
        "main.py",
        "V = 1",
        "V = 0",
    ),
    "raise in helper": (
        {
            "main.py": HEAD + ("import h") + NODE % "1",
            "h.py": ("X = 1\n"),
        },
        "h.py",
        "X = 1",
        "raise ValueError",
    ),
    "helper name error": (
        {
            "main.py": HEAD + ("import h") + NODE % "1",
            "h.py": ("X = 1\n"),
        },
        "h.py",
        "X = 1",
        "X = Y",
    ),
    "helper removed name": (
        {
            "main.py": HEAD + ("from h import X, Y") + NODE % "X",
            "h.py": ("X = 1\nY = 2\n"),
        },
        "h.py",
        "Y = 2\n",
        "",
    ),
    "helper div": (
        {
            "main.py": HEAD + ("import h") + NODE % "1",
            "h.py": ("X = 1 / 1\n"),
        },
        "h.py",
        "1 / 1",
        "1 / 0",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_edit_that_is_easily_overlooked_makes_the_node_run(tmp_path, name):
    files, file, old, new = CASES[name]
    made, other = Made(), Made()
    made.params = other.params = {}
    made.files = {f"{PIPELINES}/{each}": text for each, text in files.items()}
    other.files = made.files | {f"{PIPELINES}/{file}": files[file].replace(old, new, 1)}
    write(made, tmp_path)
    before, first = standing_of(tmp_path, made), rows_of(tmp_path, made)
    write(other, tmp_path)

    after, second = standing_of(tmp_path, other), rows_of(tmp_path, other)

    assert first != second
    assert after is None or after != before
