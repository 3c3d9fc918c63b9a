"""Makes the pictures of the lineage page in docs/images: ``python -m tests.page.pictures``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.page.browser import started
from tests.page.documents import medallion

from seeknal.page import write_page

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZE = {"width": 1440, "height": 810}


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, started() as browser:
        path = Path(folder) / "lineage.html"
        write_page(medallion(), path)
        _picture(browser, path, "", "light", "lineage-graph.png")
        column = "#transform.revenue_by_country.revenue"
        _picture(browser, path, column, "dark", "lineage-column.png")


def _picture(browser, path: Path, hash: str, scheme: str, name: str) -> None:
    page = browser.new_page(viewport=SIZE, color_scheme=scheme)
    page.goto(path.as_uri() + hash)
    page.wait_for_selector("html[data-ready]")
    page.screenshot(path=IMAGES / name)
    page.close()


if __name__ == "__main__":
    main()
