"""A query's filter may not cut a period that is shifted whole."""

from tests.semantic.reference.calendar import PARTS, RANK
from tests.semantic.reference.language import as_datetime, moment
from tests.semantic.reference.refusal import Reason, refuse


def check_cuts(tree, work: str, time_name, declared: str, calendar) -> None:
    """Refuses ``tree`` when it tells apart times of one period of ``work``."""

    def finer(node):
        """The item that a name is, when it is finer than the period."""
        item = time_name(node[1]) if node[0] == "name" else None
        if item is None:
            return None
        grain = PARTS[item.part] if item.part else item.grain
        return None if grain in RANK and calendar.nests(work, grain) else item

    def visit(node):
        if not isinstance(node, tuple):
            return
        if node[0] == "cmp" and comparison_fits(node, finer, work, declared, calendar):
            return
        if node[0] == "between" and finer(node[1]):
            pieces = (("cmp", ">=", node[1], node[2]), ("cmp", "<=", node[1], node[3]))
            if all(comparison_fits(one, finer, work, declared, calendar) for one in pieces):
                return
        if node[0] == "is" and node[2] == "NULL" and node[1][0] == "name":
            return
        if node[0] == "name" and finer(node):
            refuse(Reason.CUT, f"the filter on {node[1]} cuts a {work}, which is shifted whole")
        for part in node[1:]:
            for one in part if isinstance(part, list) else [part]:
                visit(one)

    visit(tree)


def comparison_fits(node, finer, work: str, declared: str, calendar) -> bool:
    _, op, left, right = node
    if right[0] == "name" and left[0] == "lit":
        turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
        left, op, right = right, turned, left
    item = finer(left)
    if item is None:
        return left[0] == "name" and right[0] == "lit"
    if item.part or item.grain not in RANK or right[0] != "lit":
        return False
    value = moment(right[1]) if isinstance(right[1], str) else right[1]
    if value is None or isinstance(value, bool | int | float):
        return value is None
    edge = value if op in (">=", "<") else calendar.next(value, item.grain)
    at_edge = as_datetime(calendar.truncate(edge, work)) == as_datetime(edge)
    return op in (">=", "<", ">", "<=") and at_edge
