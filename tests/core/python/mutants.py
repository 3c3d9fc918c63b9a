"""Small projects of Python modules, edits of their files, and what plain Python makes of them.

A project is put together from features: each is a way in which a node's rows may come from
somewhere. What the rows are is found by importing the file with Python's own machinery and calling
its function; nothing of seeknal is used for that but the decorators.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import random
import re
import shutil
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace

import yaml

PIPELINES = "seeknal/pipelines"
MAIN = f"{PIPELINES}/main.py"
PROJECT = "seeknal_project.yml"


class Made:
    """The files of a project, its variables, and its environment."""

    def __init__(self) -> None:
        self.head = ["from seeknal import transform"]
        self.before: list[str] = []
        self.inside: list[str] = []
        self.values: list[str] = []
        self.files: dict[str, str] = {}
        self.params: dict[str, object] = {"unused": 1}
        self.vars: dict[str, object] = {"unused": 1}
        self.env: dict[str, str] = {"PYFP_UNUSED": "1"}

    def add(self, name: str, text: str) -> None:
        """Text at the end of a file beside the pipeline."""
        self.files[f"{PIPELINES}/{name}"] = self.files.get(f"{PIPELINES}/{name}", "") + text


FEATURES = {}


UNFOLLOWED = {
    *("computed_importlib", "evaluated", "evaluated_by_alias", "through_globals"),
    *("through_modules", "deleted_name", "subclasses", "file_executed", "read_env"),
    *("literal_importlib", "getattr_of_module", "module_getattr", "shadows_an_installed_one"),
    *("names_listed", "variables_by_getattr", "plugins_by_pattern", "reader_elsewhere"),
    *("data_of_a_package", "name_and_submodule"),
}
"""Features for which whole files count, or all: there an edit that says the same may be seen.

``name_and_submodule``: which of the two a name means is decided by who imports first.
"""


def feature(function):
    FEATURES[function.__name__] = function
    return function


def frame_feature(function):
    return feature(function) if importlib.util.find_spec("pandas") else function


@feature
def helper(m, i):
    m.head.append(f"from helpers{i} import scale{i} as grow{i}")
    m.add(
        f"helpers{i}.py",
        f"FACTOR{i} = 3\nSPARE{i} = 7\n\ndef scale{i}(x):\n    return x * FACTOR{i}\n"
        f"\ndef spare{i}(x):\n    return x - SPARE{i}\n",
    )
    return f"grow{i}(2)"


@feature
def star_import(m, i):
    m.head.append(f"from stars{i} import *")
    m.add(f"stars{i}.py", f"from deep{i} import *\nSTAR{i} = DEEP{i} + 1\n_HIDDEN{i} = 5\n")
    m.add(f"deep{i}.py", f"DEEP{i} = 4\ndef star{i}(x):\n    return x + DEEP{i}\n")
    return f"star{i}(STAR{i})"


@feature
def star_all(m, i):
    m.head.append(f"from listed{i} import *")
    m.add(f"listed{i}.py", f'__all__ = ["one{i}", "_two{i}"]\none{i} = 1\n_two{i} = 2\n')
    return f"(one{i}, _two{i})"


@feature
def star_shadows(m, i):
    m.before += [f"def late{i}():\n    return 1", f"from shade{i} import *"]
    m.add(f"shade{i}.py", f"def late{i}():\n    return 2\n")
    return f"late{i}()"


@feature
def table_by_loop(m, i):
    m.before += [
        f"TABLE{i} = {{}}",
        f"for number{i} in range(3):\n    TABLE{i}[number{i}] = number{i} * 2",
    ]
    return f"sorted(TABLE{i}.items())"


@feature
def helper_table_by_loop(m, i):
    m.head.append(f"import tables{i}")
    m.add(
        f"tables{i}.py",
        f"ROWS{i} = []\nSTEP{i} = 2\nfor n in (1, 2, 3):\n    ROWS{i}.append(n * STEP{i})\n"
        f"while len(ROWS{i}) < 5:\n    ROWS{i}.insert(0, 9)\n",
    )
    return f"list(tables{i}.ROWS{i})"


@feature
def class_with_everything(m, i):
    m.before += [
        f"RATE{i} = 3",
        f"def loud{i}(function):\n    def inner(*a):\n        return function(*a) + 1\n"
        f"    return inner",
        f"class Base{i}:\n    FACTOR = 2\n    def value(self, by=RATE{i}):\n"
        f"        return self.FACTOR * by",
        f"class Child{i}(Base{i}):\n    @loud{i}\n    def value(self):\n"
        f"        return super().value() + 5\n    @staticmethod\n    def other():\n"
        f"        return 1",
    ]
    return f"(Child{i}().value(), Child{i}.other())"


@feature
def dataclass_fields(m, i):
    m.head.append("from dataclasses import asdict, dataclass, field, fields")
    m.before += [
        f"def start{i}():\n    return [1, 2]",
        f"@dataclass(frozen=True)\nclass Row{i}:\n    a: int = 1\n    b: str = 'x'\n"
        f"    c: list = field(default_factory=start{i})",
    ]
    return f"(asdict(Row{i}()), [(f.name, str(f.type)) for f in fields(Row{i})])"


@feature
def registry_of_classes(m, i):
    m.before += [
        f"class Plug{i}:\n    known = []\n    def __init_subclass__(cls):\n"
        f"        Plug{i}.known.append(cls.TAG)",
        f"class First{i}(Plug{i}):\n    TAG = 'first'",
        f"class Second{i}(Plug{i}):\n    TAG = 'second'",
    ]
    return f"list(Plug{i}.known)"


@feature
def subclasses(m, i):
    m.before += [
        f"class Shape{i}:\n    SIDES = 0",
        f"class Square{i}(Shape{i}):\n    SIDES = 4",
        f"class Tri{i}(Shape{i}):\n    SIDES = 3",
    ]
    return f"sorted(c.SIDES for c in Shape{i}.__subclasses__())"


@feature
def registry_by_decorator(m, i):
    m.head.append(f"from registry{i} import KNOWN{i}, register{i}")
    m.add(
        f"registry{i}.py",
        f"KNOWN{i} = {{}}\ndef register{i}(function):\n"
        f"    KNOWN{i}[function.__name__] = function\n    return function\n",
    )
    m.before += [
        f"@register{i}\ndef first{i}(x):\n    return x + 1",
        f"@register{i}\ndef second{i}(x):\n    return x + 2",
    ]
    return f"[KNOWN{i}[name](3) for name in sorted(KNOWN{i})]"


@feature
def monkeypatch(m, i):
    m.head += [f"import target{i}", f"import patch{i}"]
    m.add(f"target{i}.py", f"X{i} = 1\nY{i} = 2\ndef read{i}():\n    return X{i} + Y{i}\n")
    m.add(f"patch{i}.py", f"import target{i}\ntarget{i}.X{i} = 5\n")
    m.before += [f"target{i}.Y{i} = 3"]
    return f"target{i}.read{i}()"


@feature
def patch_by_function(m, i):
    m.head.append(f"import patched{i}")
    m.add(f"patched{i}.py", f"STORE{i} = {{'a': 1}}\ndef get{i}():\n    return dict(STORE{i})\n")
    m.add(f"setup{i}.py", f"def install{i}(store):\n    store['b'] = 2\n")
    m.before += [f"from setup{i} import install{i}", f"install{i}(patched{i}.STORE{i})"]
    return f"sorted(patched{i}.get{i}().items())"


@feature
def alias_mutated(m, i):
    m.before += [f"LIST{i} = [1]", f"SAME{i} = LIST{i}", f"SAME{i} += [2]", f"SAME{i}.append(3)"]
    return f"list(LIST{i})"


@feature
def module_getattr(m, i):
    m.head.append(f"import magic{i}")
    m.add(
        f"magic{i}.py",
        f"SECRET{i} = 4\ndef __getattr__(name):\n    if name == 'WHAT{i}':\n"
        f"        return SECRET{i} * 2\n    raise AttributeError(name)\n",
    )
    return f"magic{i}.WHAT{i}"


@feature
def global_statement(m, i):
    m.before += [
        f"COUNT{i} = 1",
        f"def bump{i}():\n    global COUNT{i}, MORE{i}\n    COUNT{i} += 2\n    MORE{i} = 3",
        f"bump{i}()",
    ]
    return f"(COUNT{i}, MORE{i})"


@feature
def closure(m, i):
    m.before += [
        f"BY{i} = 2",
        f"def adder{i}(n):\n    def add(x, by=BY{i}):\n        return x + n * by\n    return add",
        f"add{i} = adder{i}(4)",
    ]
    return f"add{i}(1)"


@feature
def partial(m, i):
    m.head.append("import functools")
    m.before += [
        f"def power{i}(base, exponent):\n    return base ** exponent",
        f"square{i} = functools.partial(power{i}, exponent=2)",
    ]
    return f"square{i}(3)"


@feature
def comprehension(m, i):
    m.before += [
        f"NAMES{i} = ['a', 'b']",
        f"PAIRS{i} = {{name: len(name) + k for k, name in enumerate(NAMES{i}, 1)}}",
    ]
    return f"sorted(PAIRS{i}.items())"


@feature
def conditional_constant(m, i):
    m.before += [
        f"FLAG{i} = True",
        f"if FLAG{i}:\n    CHOSEN{i} = 1\nelse:\n    CHOSEN{i} = 2",
        f"try:\n    import not_there_{i}\nexcept ImportError:\n    FALLBACK{i} = 3",
    ]
    return f"(CHOSEN{i}, FALLBACK{i})"


@feature
def not_the_main_guard(m, i):
    m.before += [
        f"GUARDED{i} = [1]",
        f"if __name__ != '__main__':\n    GUARDED{i}.append(2)",
        f"if __name__ == '__main__':\n    GUARDED{i}.append(3)\nelse:\n    GUARDED{i}.append(4)",
    ]
    return f"list(GUARDED{i})"


@feature
def conditional_import(m, i):
    m.before += [
        f"try:\n    from fast{i} import work{i}\nexcept ImportError:\n"
        f"    from slow{i} import work{i}"
    ]
    m.add(f"slow{i}.py", f"def work{i}(x):\n    return x + 10\n")
    return f"work{i}(1)"


@feature
def package(m, i):
    m.head += [f"import pack{i}.inner.leaf as leaf{i}", f"from pack{i} import lifted{i}"]
    m.add(f"pack{i}/__init__.py", f"from .inner import lifted{i}\nFROM_TOP{i} = 2\n")
    m.add(
        f"pack{i}/inner/__init__.py",
        f"from . import leaf\nleaf.PATCHED{i} = 6\ndef lifted{i}(x):\n    return x + 7\n",
    )
    m.add(
        f"pack{i}/inner/leaf.py",
        f"from .. import other{i}\nPATCHED{i} = 1\n"
        f"def value{i}():\n    return PATCHED{i} + other{i}.OTHER{i}\n",
    )
    m.add(f"pack{i}/other{i}.py", f"OTHER{i} = 1\n")
    return f"(leaf{i}.value{i}(), lifted{i}(1))"


@feature
def dotted_import(m, i):
    m.head += [f"import dots{i}.one", f"import dots{i}.two"]
    m.add(f"dots{i}/__init__.py", f"ZERO{i} = 0\n")
    m.add(f"dots{i}/one.py", f"def f{i}():\n    return 1\n")
    m.add(f"dots{i}/two.py", f"def g{i}():\n    return 2\n")
    return f"(dots{i}.one.f{i}(), dots{i}.two.g{i}(), dots{i}.ZERO{i})"


@feature
def name_and_submodule(m, i):
    """The package binds a name that is also a file of its own."""
    m.head.append(f"from both{i} import thing{i}")
    m.add(f"both{i}/__init__.py", f"thing{i} = 5\n")
    m.add(f"both{i}/thing{i}.py", "VALUE = 6\n")
    return f"thing{i} if isinstance(thing{i}, int) else thing{i}.VALUE"


@feature
def same_name_deeper(m, i):
    """An absolute import inside a package means the file beside the pipeline."""
    m.head.append(f"from near{i}.user{i} import used{i}")
    m.add(f"near{i}/__init__.py", "")
    m.add(f"near{i}/twin{i}.py", f"VALUE{i} = 1\n")
    m.add(f"twin{i}.py", f"VALUE{i} = 2\n")
    m.add(f"near{i}/user{i}.py", f"import twin{i}\ndef used{i}():\n    return twin{i}.VALUE{i}\n")
    return f"used{i}()"


@feature
def relative_import(m, i):
    m.head += [f"from . import beside{i}", f"from .beside{i} import here{i}"]
    m.add(f"beside{i}.py", f"THERE{i} = 3\ndef here{i}():\n    return 4\n")
    return f"(beside{i}.THERE{i}, here{i}())"


@feature
def sys_path(m, i):
    m.head += ["import sys", "from pathlib import Path"]
    m.before += [
        f"sys.path.append(str(Path(__file__).parents[2] / 'lib{i}'))",
        f"from shared{i} import share{i}",
        f"import whole{i}.part{i}",
    ]
    m.files[f"lib{i}/shared{i}.py"] = (
        f"from lower{i} import LOW{i}\ndef share{i}(x):\n    return x + LOW{i}\n"
    )
    m.files[f"lib{i}/lower{i}.py"] = f"LOW{i} = 2\n"
    m.files[f"lib{i}/whole{i}/part{i}.py"] = f"PART{i} = 3\n"
    return f"(share{i}(1), whole{i}.part{i}.PART{i})"


@feature
def literal_importlib(m, i):
    m.head.append("import importlib")
    m.add(f"named{i}.py", f"from under{i} import U{i}\nN{i} = U{i} + 1\n")
    m.add(f"under{i}.py", f"U{i} = 1\n")
    return f"importlib.import_module('named{i}').N{i}"


@feature
def computed_importlib(m, i):
    m.head.append(f"from importlib import import_module as bring{i}")
    m.before += [f"WHICH{i} = 'dyn' + str({i})"]
    m.add(f"dyn{i}.py", f"D{i} = 1\n")
    return f"bring{i}(WHICH{i}).D{i}"


@feature
def evaluated(m, i):
    m.before += [f"HIDDEN{i} = 4", f"TEXT{i} = 'HIDDEN' + '{i} + 1'"]
    return f"eval(TEXT{i}, globals())"


@feature
def evaluated_by_alias(m, i):
    m.before += [f"def deep_hidden{i}():\n    return 4", f"run{i} = eval"]
    return f"run{i}('deep_' + 'hidden{i}()', globals())"


@feature
def through_globals(m, i):
    m.before += [f"def found{i}(x):\n    return x + 1"]
    return f"globals()['fou' + 'nd{i}'](1)"


@feature
def through_modules(m, i):
    m.head.append("import sys")
    m.before += [f"def reached{i}():\n    return 2", f"ME{i} = sys.modules[__name__]"]
    return f"getattr(ME{i}, 'rea' + 'ched{i}')()"


@feature
def getattr_of_module(m, i):
    m.head.append(f"import attr{i}")
    m.add(f"attr{i}.py", f"def one{i}():\n    return 1\ndef two{i}():\n    return 2\n")
    return f"[getattr(attr{i}, name)() for name in ('one{i}', 'two' + '{i}')]"


@feature
def import_inside(m, i):
    m.inside += [f"    import late{i}\n    from later{i} import late_value{i}"]
    m.add(f"late{i}.py", f"L{i} = 1\nL{i} += 1\n")
    m.add(f"later{i}.py", f"import late{i}\nlate{i}.L{i} += 5\nlate_value{i} = 8\n")
    return f"(late{i}.L{i}, late_value{i})"


@feature
def swapped_aliases(m, i):
    m.head.append(f"from pair{i} import left{i} as a{i}, right{i} as b{i}")
    m.add(f"pair{i}.py", f"def left{i}():\n    return 1\ndef right{i}():\n    return 2\n")
    return f"(a{i}(), b{i}())"


@feature
def order_of_statements(m, i):
    m.before += [
        f"SEQ{i} = [0]",
        f"SEQ{i}.append(1)",
        f"SEQ{i}.append(2)",
        f"SEQ{i}.append(2)",
        f"X{i} = 2",
        f"X{i} = X{i} + 1",
        f"X{i} *= 3",
    ]
    return f"(list(SEQ{i}), X{i})"


@feature
def read_params(m, i):
    m.params[f"p{i}"] = 3
    m.params[f"nested{i}"] = {"a": [1, 2]}
    return f"(ctx.params['p{i}'], ctx.params.get('nested{i}'))"


@feature
def read_vars(m, i):
    m.vars[f"v{i}"] = "x"
    m.before += [f"def var{i}(context):\n    return context.vars.get('v{i}')"]
    return f"(ctx.vars['v{i}'], var{i}(ctx))"


@feature
def read_all_vars(m, i):
    m.vars[f"w{i}"] = 2
    m.inside.append(f"    everything{i} = ctx.vars")
    return f"sorted((k, v) for k, v in everything{i}.items() if k.startswith('w'))"


@feature
def read_env(m, i):
    m.head += ["import os", "from os import getenv as ask"]
    m.env[f"PYFP_A{i}"] = "1"
    m.env[f"PYFP_B{i}"] = "2"
    m.before += [f"AT_IMPORT{i} = os.environ.get('PYFP_A{i}')"]
    return f"(AT_IMPORT{i}, ask('PYFP_B{i}'), os.environ.get('PYFP_A{i}', '-'))"


@feature
def read_env_in_helper(m, i):
    m.head.append(f"import envs{i}")
    m.env[f"PYFP_C{i}"] = "1"
    m.add(
        f"envs{i}.py",
        f"from os import environ\nNAME{i} = 'PYFP_C{i}'\n"
        f"def env{i}():\n    return environ[NAME{i}]\n",
    )
    return f"envs{i}.env{i}()"


@feature
def file_beside(m, i):
    m.head += ["import json", "from pathlib import Path"]
    m.add(f"beside{i}.json", '{"a": 1}\n')
    m.before += [f"BESIDE{i} = json.loads(Path(__file__).with_name('beside{i}.json').read_text())"]
    return f"BESIDE{i}"


@feature
def file_opened(m, i):
    m.files[f"data/opened{i}.txt"] = "1 2 3\n"
    m.inside += [
        f"    with open('data/opened{i}.txt') as lines{i}:\n"
        f"        words{i} = lines{i}.read().split()"
    ]
    return f"words{i}"


@feature
def file_by_parts(m, i):
    m.head.append("from pathlib import Path")
    m.files[f"data/part{i}_a.txt"] = "1\n"
    m.files[f"data/part{i}_b.txt"] = "2\n"
    m.before += [
        f"ROOT{i} = Path(__file__).resolve().parents[2]",
        f"def load{i}(kind):\n    return (ROOT{i} / 'data' / f'part{i}_{{kind}}.txt').read_text()",
    ]
    return f"[load{i}(kind) for kind in 'ab']"


@feature
def file_by_argument(m, i):
    m.files[f"data/arg{i}.txt"] = "1\n"
    m.before += [f"def slurp{i}(path):\n    with open(path) as lines:\n        return lines.read()"]
    return f"slurp{i}('data/' + 'arg{i}' + '.txt')"


@feature
def folder_listed(m, i):
    m.head.append("import os")
    m.files[f"data/listed{i}/a.txt"] = "1\n"
    m.files[f"data/listed{i}/b.txt"] = "1\n"
    return f"sorted(os.listdir('data/listed{i}'))"


@feature
def files_globbed(m, i):
    m.head.append("from pathlib import Path")
    m.files[f"data/glob{i}/a.csv"] = "1\n"
    m.files[f"data/glob{i}/b.csv"] = "2\n"
    return f"sorted(p.read_text() for p in Path('data/glob{i}').glob('*.csv'))"


@feature
def file_in_sql(m, i):
    m.head.append("import duckdb")
    m.files[f"data/sql{i}.csv"] = "a\n1\n2\n"
    m.files[f"data/from{i}.csv"] = "a\n3\n"
    return (
        f"(ctx.duckdb.sql(\"SELECT sum(a)::INT FROM read_csv('data/sql{i}.csv')\").fetchall(),"
        f" ctx.duckdb.sql(\"FROM 'data/from{i}.csv'\").fetchall())"
    )


@feature
def file_in_computed_sql(m, i):
    m.files[f"data/computed{i}.csv"] = "a\n1\n2\n"
    m.inside.append(f"    path{i} = '/'.join(['data', 'computed{i}' + '.csv'])")
    return f"ctx.duckdb.sql(f\"SELECT a FROM read_csv('{{path{i}}}')\").fetchall()"


@feature
def file_executed(m, i):
    m.files[f"data/code{i}.txt"] = f"RAN{i} = 3\n"
    m.before += [f"with open('data/code{i}.txt') as code{i}:\n    exec(code{i}.read())"]
    return f"RAN{i}"


@feature
def file_exists(m, i):
    m.head.append("import os")
    m.files[f"data/there{i}.flag"] = ""
    return f"(os.path.exists('data/there{i}.flag'), os.path.isfile('data/flags{i}.txt'))"


@feature
def docstring_read(m, i):
    m.before += [f'def documented{i}():\n    """Text{i}"""\n    return documented{i}.__doc__']
    return f"documented{i}()"


@feature
def annotation_read(m, i):
    m.before += [f"def noted{i}(x: int = 1) -> str:\n    return noted{i}.__annotations__"]
    return f"sorted((k, v.__name__) for k, v in noted{i}().items())"


@feature
def singledispatched(m, i):
    m.head.append("import functools")
    m.before += [
        f"@functools.singledispatch\ndef shown{i}(x):\n    return 'any'",
        f"@shown{i}.register\ndef _(x: int):\n    return 'int'",
    ]
    return f"(shown{i}(1), shown{i}('a'))"


@feature
def enum_members(m, i):
    m.head.append("import enum")
    m.before += [f"class Color{i}(enum.Enum):\n    RED = 1\n    BLUE = 2"]
    return f"[(c.name, c.value) for c in Color{i}]"


@feature
def lambda_in_table(m, i):
    m.before += [
        f"def third{i}(x):\n    return x + 3",
        f"STEPS{i} = {{'a': lambda x: x + 1, 'b': third{i}}}",
    ]
    return f"[STEPS{i}[k](1) for k in sorted(STEPS{i})]"


@feature
def shadowed_builtin(m, i):
    m.head.append(f"from shades{i} import *")
    m.add(f"shades{i}.py", f"def round{i}(x):\n    return 1\n")
    return "round(2.6)"


@feature
def deleted_name(m, i):
    m.before += [f"GONE{i} = 1", f"KEPT{i} = [GONE{i}]", f"del GONE{i}"]
    return f"(list(KEPT{i}), 'GONE{i}' in globals())"


@feature
def setattr_at_top(m, i):
    m.before += [f"class Box{i}:\n    pass", f"setattr(Box{i}, 'size', 4)", f"Box{i}.more = 5"]
    return f"(Box{i}.size, Box{i}.more)"


@feature
def with_at_top(m, i):
    m.head.append("import contextlib")
    m.before += [
        f"LOG{i} = []",
        f"@contextlib.contextmanager\ndef opened{i}():\n    LOG{i}.append(1)\n    yield\n"
        f"    LOG{i}.append(2)",
        f"with opened{i}():\n    LOG{i}.append(3)",
    ]
    return f"list(LOG{i})"


@feature
def match_at_top(m, i):
    m.before += [
        f"WHAT{i} = {{'a': 2}}",
        f"match WHAT{i}:\n    case {{'a': got{i}}}:\n        pass\n    case _:\n        got{i} = 0",
    ]
    return f"got{i}"


@feature
def effect_in_unread_value(m, i):
    m.before += [
        f"HEAP{i} = [1, 2, 3]",
        f"TOP{i} = HEAP{i}.pop()",
        f"NEW{i} = [HEAP{i}.append(n) for n in (7, 8)]",
        f"def default{i}(x=HEAP{i}.append(9)):\n    return x",
    ]
    return f"list(HEAP{i})"


@frame_feature
def named_in_sql(m, i):
    m.head.append("import pandas")
    m.before += [f"NUMBERS{i} = [1, 2]", f"frame{i} = pandas.DataFrame({{'a': NUMBERS{i}}})"]
    return f"ctx.duckdb.sql('SELECT a FROM frame{i} ORDER BY a').fetchall()"


@frame_feature
def named_in_computed_sql(m, i):
    m.head.append("import pandas")
    m.before += [f"table{i} = pandas.DataFrame({{'a': [3, 4]}})", f"WHAT{i} = 'ta' + 'ble{i}'"]
    return f"ctx.duckdb.sql(f'SELECT a FROM {{WHAT{i}}} ORDER BY a').fetchall()"


@feature
def names_listed(m, i):
    m.before += [f"def visible{i}():\n    return 1"]
    return (
        f"sorted(n for n in dir() if n.endswith('ible{i}')) or 'visible{i}' in repr(dir.__name__)"
    )


@feature
def variables_by_getattr(m, i):
    m.vars[f"g{i}"] = 3
    m.before += [f"WORD{i} = 'va' + 'rs'"]
    return f"(getattr(ctx, 'vars')['g{i}'], getattr(ctx, WORD{i})['g{i}'])"


@feature
def context_in_a_class(m, i):
    m.vars[f"c{i}"] = 3
    m.add(
        f"job{i}.py",
        f"class Job{i}:\n    def __init__(self, context):\n        self.context = context\n"
        f"    def run(self):\n        found = self.context.vars['c{i}']\n"
        f"        return found, self.context.params['unused']\n",
    )
    m.head.append(f"from job{i} import Job{i}")
    return f"Job{i}(ctx).run()"


@feature
def property_with_an_effect(m, i):
    m.before += [
        f"HITS{i} = []",
        f"class Probe{i}:\n    @property\n    def value(self):\n        HITS{i}.append(1)\n"
        f"        return 1",
        f"probe{i} = Probe{i}()",
        f"SEEN{i} = probe{i}.value",
        f"AGAIN{i} = probe{i}.value",
    ]
    return f"len(HITS{i})"


@feature
def operator_with_an_effect(m, i):
    m.before += [
        f"EDGES{i} = []",
        f"class Step{i}:\n    def __init__(self, name):\n        self.name = name\n"
        f"    def __rshift__(self, other):\n        EDGES{i}.append((self.name, other.name))\n"
        f"        return other",
        f"a{i}, b{i} = Step{i}('a'), Step{i}('b')",
        f"a{i} >> b{i}",
        f"last{i} = b{i} >> a{i}",
    ]
    return f"list(EDGES{i})"


@feature
def metaclass(m, i):
    m.add(
        f"meta{i}.py",
        f"class Meta{i}(type):\n    made = []\n    def __new__(cls, name, bases, body):\n"
        f"        cls.made.append(len(body.get('FIELDS', ())))\n"
        f"        return super().__new__(cls, name, bases, body)\n"
        f"class Model{i}(metaclass=Meta{i}):\n    FIELDS = ()\n",
    )
    m.head.append(f"from meta{i} import Meta{i}, Model{i}")
    m.before += [f"class User{i}(Model{i}):\n    FIELDS = ('a', 'b')"]
    return f"list(Meta{i}.made)"


@feature
def config_parser(m, i):
    m.head.append("import configparser")
    m.files[f"data/conf{i}.ini"] = "[a]\nx = 1\n"
    m.inside += [
        f"    parser{i} = configparser.ConfigParser()\n"
        f"    parser{i}.read('data/' + 'conf{i}' + '.ini')"
    ]
    return f"dict(parser{i}['a']) if 'a' in parser{i} else None"


@feature
def csv_reader(m, i):
    m.head.append("import csv")
    m.files[f"data/rows{i}.csv"] = "a,b\n1,2\n"
    m.inside += [
        f"    with open(f'data/rows{i}.csv', newline='') as lines{i}:\n"
        f"        found{i} = [dict(row) for row in csv.DictReader(lines{i})]"
    ]
    return f"found{i}"


@feature
def data_of_a_package(m, i):
    m.head += ["import importlib.resources", "import pkgutil", f"import stored{i}"]
    m.add(f"stored{i}/__init__.py", "")
    m.add(f"stored{i}/x.txt", "1\n")
    m.add(f"stored{i}/w", "2\n")
    return (
        f"(pkgutil.get_data('stored{i}', 'x.txt'),"
        f" importlib.resources.files('stored{i}').joinpath('w').read_text())"
    )


@feature
def reader_elsewhere(m, i):
    """Whoever opens a file, a text that names it is seen."""
    m.head.append("import tokenize")
    m.files[f"data/kind{i}.txt"] = "1\n"
    m.files[f"data/name{i}.txt"] = "1\n"
    m.inside += [
        f"    def opened{i}(path):\n        with getattr(tokenize, 'op' + 'en')(path) as lines:\n"
        f"            return lines.read()"
    ]
    return f"(opened{i}('data/kind{i}.txt'), [opened{i}(f'data/{{n}}{i}.txt') for n in ['name']])"


@feature
def star_of_an_import(m, i):
    m.head += [f"import lib{i}a as tool{i}", f"from swap{i} import *"]
    m.add(f"lib{i}a.py", "NAME = 'a'\n")
    m.add(f"lib{i}b.py", "NAME = 'b'\n")
    m.add(f"swap{i}.py", f"import lib{i}b as tool{i}\n")
    return f"tool{i}.NAME"


@feature
def plugins_by_pattern(m, i):
    m.head += ["import importlib", "from pathlib import Path"]
    m.add(f"plug{i}_one.py", "VALUE = 1\n")
    m.add(f"plug{i}_two.py", "VALUE = 2\n")
    m.before += [
        f"FOUND{i} = sorted(p.stem for p in Path(__file__).parent.glob('plug{i}_*.py'))",
    ]
    return f"[importlib.import_module(name).VALUE for name in FOUND{i}]"


@feature
def another_node_called(m, i):
    m.before += [
        f"@transform(name='base{i}', description='A base.')\ndef base{i}(ctx):\n"
        f"    return [{{'a': LEVEL{i}}}]",
        f"LEVEL{i} = 4",
    ]
    return f"base{i}(ctx)"


@feature
def nodes_in_a_loop(m, i):
    m.before += [
        f"for number{i} in (1, 2):\n    @transform(name=f'looped{i}_{{number{i}}}')\n"
        f"    def looped{i}(ctx, number=number{i}):\n        return [{{'a': number}}]",
    ]
    return f"looped{i}(ctx)"


@feature
def path_changed_elsewhere(m, i):
    m.head += [f"import paths{i}", f"from moved{i} import MOVED{i}"]
    m.add(
        f"paths{i}.py",
        "import sys\nfrom pathlib import Path\n"
        f"for name in ('vendor{i}',):\n"
        "    sys.path.insert(0, str(Path(__file__).parents[2] / name))\n",
    )
    m.files[f"vendor{i}/moved{i}.py"] = f"MOVED{i} = 1\n"
    return f"MOVED{i}"


@feature
def shadows_an_installed_one(m, i):
    m.head += ["import sys", "from pathlib import Path"]
    m.before += [
        "sys.path.insert(0, str(Path(__file__).parents[2] / 'vendored'))",
        "import pluggy\nPLUGGY = getattr(pluggy, 'MINE', 0)",
    ]
    m.files["vendored/pluggy.py"] = "MINE = 1\n"
    return "PLUGGY"


@feature
def function_of_a_function(m, i):
    m.add(
        f"chain{i}.py",
        f"def outer{i}():\n    from chained{i} import inner{i} as go\n    return go() + 1\n",
    )
    m.add(f"chained{i}.py", f"def inner{i}(by=len('abc')):\n    return by\n")
    m.head.append(f"from chain{i} import outer{i}")
    return f"outer{i}()"


@feature
def typed_dict_and_named_tuple(m, i):
    m.head += ["from collections import namedtuple", "from typing import NamedTuple"]
    m.before += [
        f"Point{i} = namedtuple('Point{i}', 'x y', defaults=[5])",
        f"class Pair{i}(NamedTuple):\n    a: int\n    b: str = 'z'",
    ]
    return f"(Point{i}(1)._asdict(), Pair{i}(2)._asdict(), Pair{i}._fields)"


@feature
def decorator_factory(m, i):
    m.head.append(f"from factory{i} import times{i}")
    m.add(
        f"factory{i}.py",
        f"EXTRA{i} = 1\ndef times{i}(n):\n    def wrap(function):\n"
        f"        def inner(*args):\n            return function(*args) * n + EXTRA{i}\n"
        f"        return inner\n    return wrap\n",
    )
    m.before += [f"@times{i}(3)\ndef tripled{i}(x):\n    return x"]
    return f"tripled{i}(2)"


@feature
def set_by_a_function_elsewhere(m, i):
    m.head += [f"import state{i}", f"from state{i} import use{i}"]
    m.add(
        f"state{i}.py",
        f"_now = {{'v': 1}}\ndef use{i}(v):\n    _now['v'] = v\ndef now{i}():\n"
        f"    return _now['v']\n",
    )
    m.before += [f"use{i}(7)"]
    return f"state{i}.now{i}()"


@feature
def late_binding(m, i):
    m.before += [
        f"def caller{i}():\n    return later{i}()",
        f"if len('ab') == 2:\n    def later{i}():\n        return 1\nelse:\n"
        f"    def later{i}():\n        return 2",
    ]
    return f"caller{i}()"


@feature
def import_of_import(m, i):
    m.head.append(f"from outer{i} import util{i}")
    m.add(f"outer{i}.py", f"import inner{i} as util{i}\n")
    m.add(f"inner{i}.py", f"V{i} = 1\ndef f{i}():\n    return V{i}\n")
    return f"util{i}.f{i}()"


@feature
def circular(m, i):
    m.head.append(f"import ring{i}a")
    m.add(f"ring{i}a.py", f"import ring{i}b\nA{i} = 1\ndef f{i}():\n    return ring{i}b.g{i}()\n")
    m.add(
        f"ring{i}b.py", f"import ring{i}a\nB{i} = 2\ndef g{i}():\n    return ring{i}a.A{i} + B{i}\n"
    )
    return f"ring{i}a.f{i}()"


UNUSED = """
SPARE = 1


def spare(x):
    return x + SPARE


class Spare:
    KEPT = 2

    def get(self):
        return self.KEPT
"""


def build(names: list[str], unused: bool = False) -> Made:
    """A project with these features; ``unused``: and with much that no node uses."""
    made = Made()
    for number, name in enumerate(names):
        made.values.append(FEATURES[name](made, number))
    made.files[f"{PIPELINES}/unrelated.py"] = "ALONE = 1\n\n\ndef alone():\n    return ALONE\n"
    made.files["data/unrelated.csv"] = "a\n1\n"
    made.files["notes.md"] = "Notes.\n"
    values = "".join(f"        [{n}, repr({value})],\n" for n, value in enumerate(made.values))
    made.files[MAIN] = (
        "\n".join(dict.fromkeys(made.head))
        + f"\n{UNUSED if unused else ''}\n\n"
        + "\n\n".join(made.before)
        + f"\n\n@transform(name='n', params={made.params!r})\ndef n(ctx):\n"
        + "".join(f"{line}\n" for line in made.inside)
        + f"    rows = [\n{values}    ]\n"
        + "    return [{'k': k, 'v': v} for k, v in rows]\n"
        + ("\n\n@transform(name='other')\ndef other(ctx):\n    return [{'a': SPARE}]\n" * unused)
    )
    return made


def write(made: Made, root: Path) -> None:
    """The project as files, in place of whatever is there; of what seeknal keeps, only that."""
    wanted = {**made.files, PROJECT: project_text(made)}
    for path in sorted(root.rglob("*"), reverse=True):
        name = path.relative_to(root).as_posix()
        if name.partition("/")[0] == "target":
            continue
        if path.is_file() and name not in wanted:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    for name, text in wanted.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def project_text(made: Made) -> str:
    settings = {"name": "mutants", "vars": made.vars, "janitor": {"auto_run": False}}
    return yaml.safe_dump(settings)


# What plain Python makes of it


@contextmanager
def alone(root: Path, env: dict[str, str]):
    """Python as it is before anything of the project was imported, standing in its folder."""
    modules, paths, place, flag = (
        set(sys.modules),
        list(sys.path),
        os.getcwd(),
        sys.dont_write_bytecode,
    )
    variables = dict(os.environ)
    sys.dont_write_bytecode = True
    os.chdir(root)
    for name in [name for name in os.environ if name.startswith("PYFP_")]:
        del os.environ[name]
    os.environ.update(env)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(variables)
        sys.path[:] = paths
        sys.dont_write_bytecode = flag
        for name in set(sys.modules) - modules:
            # Not by getattr: a module's own __getattr__ is project code.
            said = vars(sys.modules[name])
            file = str(said.get("__file__") or "")
            spaces = [str(path) for path in said.get("__path__") or ()]
            if any(path.startswith(str(root)) for path in (file, *spaces)):
                del sys.modules[name]


@cache
def connection():
    import duckdb

    return duckdb.connect()


def rows_of(root: Path, made: Made) -> object:
    """The rows of the node ``n``, or the error in their place."""
    with alone(root, made.env):
        folder = root / PIPELINES
        sys.path.append(str(folder))
        package = ModuleType("_oracle")
        package.__path__ = [str(folder)]
        sys.modules["_oracle"] = package
        spec = importlib.util.spec_from_file_location("_oracle.main", root / MAIN)
        module = importlib.util.module_from_spec(spec)
        sys.modules["_oracle.main"] = module
        params = params_of(made)
        database = connection() if "duckdb" in "".join(made.files.values()) else None
        ctx = SimpleNamespace(params=params, vars=made.vars, duckdb=database, environment="prod")
        try:
            spec.loader.exec_module(module)
            return re.sub(r" at 0x\w+", "", repr(module.n(ctx)))
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        finally:
            for name in ("_oracle", "_oracle.main"):
                sys.modules.pop(name, None)


def params_of(made: Made) -> object:
    """What the decorator of ``n`` says."""
    tree = ast.parse(made.files[MAIN])
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "n" and node.decorator_list:
            return ast.literal_eval(node.decorator_list[0].keywords[1].value)
    return {}


# Edits


def edit(made: Made, number: int) -> tuple[Made, str]:
    """Another project by one edit that may change rows, and what was done."""
    chance = random.Random(number)
    for _ in range(50):
        found = copied(made)
        what = chance.choice([_edit_python] * 12 + [_edit_file, _edit_value] * 2 + [_edit_files])
        told = what(found, chance)
        if told and (found.files, found.vars, found.env) != (made.files, made.vars, made.env):
            return found, told
    return made, "nothing"


def copied(made: Made) -> Made:
    found = Made()
    found.files, found.vars, found.env = dict(made.files), dict(made.vars), dict(made.env)
    return found


def _edit_python(made, chance):
    file = chance.choice([name for name in made.files if name.endswith(".py")])
    try:
        tree = ast.parse(made.files[file])
    except SyntaxError:
        return None
    told = chance.choice(_TREE_EDITS)(tree, chance)
    if told is None:
        return None
    made.files[file] = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    return f"{file}: {told}"


def _changed_constant(tree, chance):
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, str, bool)
    ]
    if not found:
        return None
    node = chance.choice(found)
    old = node.value
    node.value = (not old) if isinstance(old, bool) else old + (1 if isinstance(old, int) else "x")
    return f"{old!r} became {node.value!r}"


def _changed_operator(tree, chance):
    found = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp | ast.AugAssign)]
    if not found:
        return None
    node = chance.choice(found)
    node.op = ast.Sub() if not isinstance(node.op, ast.Sub) else ast.Add()
    return "another operator"


def _lists_of_statements(tree):
    return [
        getattr(node, name)
        for node in ast.walk(tree)
        for name in ("body", "orelse")
        if isinstance(getattr(node, name, None), list) and getattr(node, name)
    ]


def _left_out(tree, chance):
    lists = [body for body in _lists_of_statements(tree) if len(body) > 1]
    if not lists:
        return None
    body = chance.choice(lists)
    return f"left out {ast.unparse(body.pop(chance.randrange(len(body))))!r}"


def _twice(tree, chance):
    lists = _lists_of_statements(tree)
    if not lists:
        return None
    body = chance.choice(lists)
    place = chance.randrange(len(body))
    body.insert(place, body[place])
    return f"twice {ast.unparse(body[place])!r}"


def _swapped(tree, chance):
    lists = [body for body in _lists_of_statements(tree) if len(body) > 1]
    if not lists:
        return None
    body = chance.choice(lists)
    place = chance.randrange(len(body) - 1)
    body[place], body[place + 1] = body[place + 1], body[place]
    return f"swapped {ast.unparse(body[place])!r} and {ast.unparse(body[place + 1])!r}"


def _bound_again(tree, chance):
    names = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
    names += [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    names += ["round", "sorted", "len", "list"]
    name = chance.choice(names)
    text = chance.choice(["{n} = 77", "def {n}(*a, **k):\n    return 88", "{n} += 1", "del {n}"])
    added = ast.parse(text.format(n=name)).body
    place = chance.choice([0, len(tree.body) // 2, len(tree.body)])
    tree.body[place:place] = added
    return f"added {ast.unparse(added[0])!r}"


def _swapped_aliases(tree, chance):
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import) and len(node.names) > 1
    ]
    if not found:
        return None
    one, two = chance.choice(found).names[:2]
    one.asname, two.asname = two.asname or two.name, one.asname or one.name
    return "swapped the names of an import"


def _other_name(tree, chance):
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]
    if len(found) < 2:
        return None
    node, other = chance.sample(found, 2)
    old, node.id = node.id, other.id
    return f"{old} became {node.id}"


def _raises(tree, chance):
    bodies = [n.body for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.For | ast.If)]
    if not bodies:
        return None
    body = chance.choice(bodies)
    body.insert(0, ast.parse("raise ValueError('planted')").body[0])
    return "raises"


_TREE_EDITS = (
    *(_changed_constant,) * 6,
    *(_changed_operator,) * 2,
    *(_left_out,) * 2,
    _twice,
    *(_swapped,) * 2,
    *(_bound_again,) * 3,
    _swapped_aliases,
    _other_name,
    _raises,
)


def _edit_file(made, chance):
    files = [name for name in made.files if not name.endswith(".py")]
    file = chance.choice(files)
    if chance.random() < 0.2:
        del made.files[file]
        return f"{file}: removed"
    made.files[file] = made.files[file].replace("1", "9", 1) + chance.choice(["", "5\n"])
    return f"{file}: other data"


def _edit_files(made, chance):
    """A new file, where a node may look for one."""
    folder = chance.choice(sorted({name.rpartition("/")[0] for name in made.files}))
    pattern = chance.choice(["new.txt", "zz.csv", "flags0.txt", "fast0.py", "json.py", "dyn9.py"])
    name = f"{folder}/{pattern}".lstrip("/")
    if name in made.files:
        return None
    text = "def work0(x):\n    return x + 99\n" if name.endswith(".py") else "9\n"
    made.files[name] = text
    return f"{name}: new"


def _edit_value(made, chance):
    place = chance.choice([made.vars, made.env])
    name = chance.choice(sorted(place))
    if chance.random() < 0.2:
        del place[name]
        return f"{name}: removed"
    place[name] = f"{place[name]}9" if isinstance(place[name], str) else 99
    return f"{name}: {place[name]!r}"


# Edits that change no rows


def harmless(made: Made, number: int) -> tuple[Made, str]:
    """Another project by one edit that cannot change rows."""
    chance = random.Random(number)
    found = copied(made)
    told = chance.choice(_HARMLESS)(found, chance)
    return found, told


def _comment(made, chance):
    file, lines = _code_lines(made, chance)
    line = chance.choice(_top_lines("\n".join(lines)))
    lines.insert(line, "# A comment.")
    made.files[file] = "\n".join(lines) + "\n"
    return f"{file}: a comment at line {line + 1}"


def _blank_line(made, chance):
    file, lines = _code_lines(made, chance)
    line = chance.choice(_top_lines("\n".join(lines)))
    lines[line:line] = [""] * chance.randint(1, 4)
    made.files[file] = "\n".join(lines) + "\n"
    return f"{file}: blank lines at {line + 1}"


def _reformatted(made, chance):
    file = chance.choice([name for name in made.files if name.endswith(".py")])
    made.files[file] = ast.unparse(ast.parse(made.files[file])) + "\n"
    return f"{file}: reformatted"


def _docstring(made, chance):
    file = chance.choice([name for name in made.files if name.endswith(".py")])
    if "__doc__" in "".join(made.files.values()):
        return _reformatted(made, chance)
    tree = ast.parse(made.files[file])
    places = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Module)]
    chance.choice(places).body.insert(0, ast.Expr(ast.Constant("What it is.")))
    made.files[file] = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    return f"{file}: a docstring"


def _unused(made, chance):
    old, new = chance.choice(
        [("SPARE = 1", "SPARE = 2"), ("x + SPARE", "x - SPARE"), ("KEPT = 2", "KEPT = 3")]
    )
    made.files[MAIN] = made.files[MAIN].replace(old, new, 1)
    return f"{MAIN}: {old} became {new}"


def _unused_in_helper(made, chance):
    file = chance.choice(sorted(name for name in made.files if name.endswith(".py")))
    made.files[file] += f"\n\ndef nobody_calls(x):\n    return x + {chance.randint(1, 9)}\n"
    return f"{file}: an unused function"


def _other_node(made, chance):
    made.files[MAIN] = made.files[MAIN].replace("'a': SPARE", "'b': SPARE")
    return f"{MAIN}: another node"


def _unrelated_module(made, chance):
    name = f"{PIPELINES}/unrelated.py"
    made.files[name] = made.files[name].replace("ALONE = 1", "ALONE = 2")
    return f"{name}: another constant"


def _unrelated_file(made, chance):
    name = chance.choice(["notes.md", "data/unrelated.csv"])
    made.files[name] += "2\n"
    return f"{name}: more"


def _new_module(made, chance):
    made.files[f"{PIPELINES}/nobody.py"] = "NOBODY = 1\n"
    return "a new module that nobody imports"


def _unused_variable(made, chance):
    made.env["PYFP_UNUSED"] = "2"
    if "vars.items" not in made.files[MAIN] and "= ctx.vars" not in made.files[MAIN]:
        made.vars["unused"] = 2
    return "an unused variable"


def _code_lines(made, chance):
    file = chance.choice([name for name in made.files if name.endswith(".py")])
    return file, made.files[file].splitlines()


def _top_lines(text):
    """Indices of lines where a statement at the top begins."""
    starts = [
        min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1
        for node in ast.parse(text).body
    ]
    return starts or [0]


_HARMLESS = (
    _comment,
    _blank_line,
    _reformatted,
    _docstring,
    _unused,
    _unused_in_helper,
    _other_node,
    _unrelated_module,
    _unrelated_file,
    _new_module,
    _unused_variable,
)


def clear(root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
