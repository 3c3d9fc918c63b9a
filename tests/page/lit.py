"""What stands on the page, as a reader sees it lit."""

from __future__ import annotations


def cards(page) -> set[str]:
    return set(_datasets(page, ".card[data-node]", "node"))


def lit_cards(page) -> dict[str, str]:
    return {found["node"]: found["lit"] for found in datasets(page, ".card[data-lit]")}


def lit_columns(page) -> dict[tuple[str, str], str]:
    found = datasets(page, ".column[data-lit]")
    return {(one["node"], one["column"]): one["lit"] for one in found}


def lit_lines(page) -> dict[tuple[str, str | None, str, str | None], str]:
    return {
        (one["from"], one.get("fromColumn"), one["to"], one.get("toColumn")): one["lit"]
        for one in datasets(page, ".lit .line")
    }


def datasets(page, selector: str) -> list[dict[str, str]]:
    return page.eval_on_selector_all(selector, "found => found.map(one => ({...one.dataset}))")


def _datasets(page, selector: str, name: str) -> list[str]:
    return [found[name] for found in datasets(page, selector)]


def card(page, identity: str):
    return page.locator(f".card[data-node={_quoted(identity)}]")


def column(page, identity: str, name: str):
    return card(page, identity).locator(f".column[data-column={_quoted(name)}]")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
