"""The small language of filters and expressions: text to a tree of tuples."""

import re
from datetime import date, datetime
from decimal import Decimal

from tests.semantic.reference.refusal import Reason, Refused, refuse

TOKEN = re.compile(
    r"""\s*(?:(?P<comment>--|/\*|;)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")+")
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<op><>|!=|<=|>=|[-+*/%()<>=,]))""",
    re.VERBOSE,
)
FILTER_FUNCTIONS = {"lower", "upper", "trim", "length", "abs", "coalesce", "nullif", "metric"}
NUMBER_FUNCTIONS = {"coalesce", "nullif", "abs", "round", "floor", "ceil", "greatest", "least"}
COLUMN_FUNCTIONS = FILTER_FUNCTIONS - {"metric"} | NUMBER_FUNCTIONS
RESERVED = {
    *("AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS", "NULL", "TRUE", "FALSE"),
    *("CASE", "WHEN", "THEN", "ELSE", "END", "SELECT", "FROM", "WHERE", "CAST", "EXISTS"),
}


def tokens(text: str):
    """The text's tokens as (kind, text); a character that starts none is refused."""
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup == "comment":
            raise SyntaxError(f"unexpected {text[at:].strip()[:10]!r} in {text!r}")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return found


class Parser:
    """Reads one expression; precedence as in SQL."""

    def __init__(self, text: str):
        self.text, self.tokens, self.at = text, tokens(text), 0

    def parse(self):
        tree = self.either()
        if self.at < len(self.tokens):
            raise SyntaxError(f"unexpected {self.tokens[self.at][1]!r} in {self.text!r}")
        return tree

    def peek(self) -> str:
        if self.at == len(self.tokens):
            return ""
        kind, text = self.tokens[self.at]
        return text.upper() if kind == "word" else text if kind == "op" else kind

    def take(self, *wanted: str) -> bool:
        if self.peek() in wanted:
            self.at += 1
            return True
        return False

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise SyntaxError(f"expected {wanted} in {self.text!r}")

    def either(self):
        tree = self.both()
        while self.take("OR"):
            tree = ("or", tree, self.both())
        return tree

    def both(self):
        tree = self.denied()
        while self.take("AND"):
            tree = ("and", tree, self.denied())
        return tree

    def denied(self):
        return ("not", self.denied()) if self.take("NOT") else self.compared()

    def compared(self):
        tree = self.sum()
        while True:
            op = self.peek()
            if op in ("=", "<>", "!=", "<", "<=", ">", ">="):
                self.at += 1
                tree = ("cmp", "<>" if op == "!=" else op, tree, self.sum())
            elif op == "IS":
                self.at += 1
                negated = self.take("NOT")
                what = self.peek()
                if not self.take("NULL", "TRUE", "FALSE"):
                    raise SyntaxError(f"expected NULL, TRUE or FALSE in {self.text!r}")
                tree = ("is", tree, what, negated)
            elif op in ("NOT", "IN", "BETWEEN", "LIKE"):
                tree = self.contained(tree)
            else:
                return tree

    def contained(self, tree):
        negated = self.take("NOT")
        if self.take("IN"):
            self.need("(")
            return ("in", tree, self.listed(), negated)
        if self.take("BETWEEN"):
            low = self.sum()
            self.need("AND")
            return ("between", tree, low, self.sum(), negated)
        self.need("LIKE")
        return ("like", tree, self.sum(), negated)

    def listed(self):
        found = []
        while not self.take(")"):
            found.append(self.either())
            if self.peek() != ")":
                self.need(",")
        return found

    def sum(self):
        tree = self.product()
        while self.peek() in ("+", "-"):
            op = self.tokens[self.at][1]
            self.at += 1
            tree = ("bin", op, tree, self.product())
        return tree

    def product(self):
        tree = self.signed()
        while self.peek() in ("*", "/", "%"):
            op = self.tokens[self.at][1]
            self.at += 1
            tree = ("bin", op, tree, self.signed())
        return tree

    def signed(self):
        if not self.take("-"):
            return self.atom()
        value = self.signed()
        return ("lit", -value[1]) if value[0] == "lit" else ("neg", value)

    def atom(self):
        if self.at == len(self.tokens):
            raise SyntaxError(f"{self.text!r} ends too early")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return ("lit", float(text) if "e" in text.lower() else number(text))
        if kind == "string":
            return ("lit", text[1:-1].replace("''", "'"))
        if kind == "quoted":
            return ("name", text[1:-1].replace('""', '"'))
        if text == "(":
            tree = self.either()
            self.need(")")
            return tree
        return self.word(text)

    def word(self, text: str):
        upper = text.upper()
        if upper in ("NULL", "TRUE", "FALSE"):
            return ("lit", {"NULL": None, "TRUE": True, "FALSE": False}[upper])
        if upper in ("DATE", "TIMESTAMP") and self.peek() == "string":
            literal = self.atom()[1]
            value = moment(literal)
            if value is None or (upper == "DATE" and isinstance(value, datetime)):
                raise SyntaxError(f"{literal!r} is no {upper.lower()}")
            return ("lit", value if upper == "DATE" else as_datetime(value))
        if upper == "CASE":
            return self.case()
        if upper in RESERVED or not re.match(r"[A-Za-z_]", text):
            raise SyntaxError(f"unexpected {text!r} in {self.text!r}")
        return ("call", text.lower(), self.listed()) if self.take("(") else ("name", text)

    def case(self):
        branches, otherwise = [], ("lit", None)
        while self.take("WHEN"):
            condition = self.either()
            self.need("THEN")
            branches.append((condition, self.either()))
        if self.take("ELSE"):
            otherwise = self.either()
        self.need("END")
        return ("case", branches, otherwise)


def number(text: str):
    return Decimal(text) if "." in text else int(text)


def moment(text: str):
    """The date or timestamp that a text is, or None."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
        if re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?", text):
            return datetime.fromisoformat(text)
    except ValueError:
        return None
    return None


def as_datetime(value):
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def walk(tree):
    """Every node of a tree."""
    if isinstance(tree, tuple):
        if tree and isinstance(tree[0], str):
            yield tree
        for part in tree[1:] if isinstance(tree[0], str) else tree:
            yield from walk(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from walk(part)


def names(tree) -> list[str]:
    return [node[1] for node in walk(tree) if node[0] == "name"]


def parse_filter(text: str):
    """The tree of a filter, which holds nothing beyond what MEANING's F3 lists."""
    try:
        tree = Parser(text).parse()
    except SyntaxError as error:
        raise Refused(Reason.BAD_FILTER, str(error)) from None
    if tree[0] in ("lit", "call") and not (tree[0] == "lit" and isinstance(tree[1], bool | None)):
        refuse(Reason.BAD_FILTER, f"{text!r} is no condition")
    for node in walk(tree):
        check_node(node, FILTER_FUNCTIONS, text)
        if node[0] in ("bin", "neg", "case"):
            refuse(Reason.BAD_FILTER, f"{text!r} calculates; a filter only compares")
        if node[0] == "in" and any(part[0] != "lit" for part in node[2]):
            refuse(Reason.BAD_FILTER, f"IN of {text!r} lists literals only")
        if node[:2] == ("call", "metric") and not (
            len(node[2]) == 2 and all(p[0] == "lit" and isinstance(p[1], str) for p in node[2])
        ):
            refuse(Reason.BAD_FILTER, f"metric() in {text!r} takes a metric and an entity as text")
    return tree


def check_node(node, functions, text: str) -> None:
    if node[0] == "call" and node[1] not in functions:
        refuse(Reason.BAD_FILTER, f"function {node[1]} in {text!r} is not allowed")


def parse_expression(text: str, functions=COLUMN_FUNCTIONS):
    """The tree of a measure's, dimension's or derived metric's expression."""
    try:
        tree = Parser(text).parse()
    except SyntaxError as error:
        raise Refused(Reason.BAD_EXPRESSION, str(error)) from None
    for node in walk(tree):
        if node[0] == "call" and node[1] not in functions:
            refuse(Reason.BAD_EXPRESSION, f"function {node[1]} in {text!r} is not allowed")
    return tree
