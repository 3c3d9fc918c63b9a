"""Names through which Python code learns of the machine, its user and how it was started."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from seeknal.project.python.syntax import DECORATORS

_HOME = ("HOME", "USERPROFILE")
_TEMP = ("TMPDIR", "TEMP", "TMP")
_ZONE = ("TZ",)
_LOCALE = (
    *("LC_ALL", "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES"),
    *("LANG", "LANGUAGE"),
)
_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "os.path.expanduser": _HOME,
    "pathlib.Path.home": _HOME,
    "pathlib.PosixPath.home": _HOME,
    **dict.fromkeys(("tempfile.gettempdir", "tempfile.gettempdirb", "tempfile.tempdir"), _TEMP),
    **{
        f"time.{name}": _ZONE
        for name in (
            *("localtime", "strftime", "mktime", "ctime", "asctime", "tzset"),
            *("timezone", "altzone", "daylight", "tzname"),
        )
    },
    **{
        f"datetime.{name}": _ZONE
        for name in (
            *("datetime.now", "datetime.today", "datetime.fromtimestamp"),
            *("date.today", "date.fromtimestamp"),
        )
    },
}
"""What decides what these give."""
_BY_METHOD = {"expanduser": _HOME, "astimezone": _ZONE, "timestamp": _ZONE}
"""The same of methods, whatever they are called on."""
_MACHINE = {
    *("sys.argv", "sys.orig_argv", "sys.stdin", "sys.platform", "sys.executable", "sys.prefix"),
    *("os.getcwd", "os.getcwdb", "pathlib.Path.cwd", "pathlib.PosixPath.cwd", "os.name"),
    *("os.uname", "os.getlogin", "os.getuid", "os.geteuid", "os.getgid", "os.getegid"),
    *("os.getgroups", "os.cpu_count", "os.process_cpu_count", "os.sched_getaffinity"),
    *("os.getloadavg", "os.sysconf", "os.confstr", "os.statvfs", "os.get_terminal_size"),
    *("os.get_exec_path", "shutil.which", "shutil.disk_usage", "shutil.get_terminal_size"),
    *("getpass.getuser", "socket.gethostname", "socket.getfqdn", "socket.gethostbyname"),
    *("socket.if_nameindex", "uuid.getnode", "site.getuserbase", "site.getusersitepackages"),
}
_MACHINE_MODULES = ("platform", "pwd", "grp", "fileinput", "sysconfig", "platformdirs", "psutil")
_OTHER_NAMES = {"posixpath": "os.path", "ntpath": "os.path", "posix": "os", "nt": "os"}
_OF_US = (*DECORATORS, "pipeline", "errors", "run.own", "__version__")
"""What a node may take from seeknal without asking a project for anything."""
_IN_TEXT = re.compile(r"\$(?:(\w+)|\{([^}]*)\})|%(\w+)%")


def plain(name: str) -> str:
    """A dotted name as it is usually written: ``os.path.join`` of ``posixpath.join``."""
    first, dot, rest = name.partition(".")
    return f"{_OTHER_NAMES.get(first, first)}{dot}{rest}"


def variables_of(name: str) -> tuple[str, ...]:
    """The environment variables that decide what a name of Python's library gives."""
    if name.startswith("locale.") and not name.startswith("locale.LC_"):
        return _LOCALE
    return _VARIABLES.get(name, ())


def variables_of_method(method: str) -> tuple[str, ...]:
    return _BY_METHOD.get(method, ())


def tells_of_machine(name: str) -> bool:
    # The bare name of a module is more often that of a variable.
    return name in _MACHINE or ("." in name and name.partition(".")[0] in _MACHINE_MODULES)


def asks_projects(name: str) -> bool:
    """Whether a name is something of seeknal by which stored rows may be read."""
    first, _, rest = name.partition(".")
    return first == "seeknal" and bool(rest) and not _is_in(rest, _OF_US)


def _is_in(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def variables_in(text: str) -> set[str]:
    """The variables that ``os.path.expandvars`` puts into a text."""
    return {name for found in _IN_TEXT.findall(text) for name in found if name}


def imported_names(tree: ast.Module) -> frozenset[str]:
    """The names that a file's imports bind, wherever they stand."""
    return frozenset(
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    )
