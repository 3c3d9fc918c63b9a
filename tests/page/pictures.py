"""Makes the pictures of the page: ``python -m tests.page.pictures``.

Those in docs/images show the document that the page's tests use, those of the examples the page
of a copy that has run.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.examples import EXAMPLES, copy_of, fill, lineage_page
from tests.page.browser import started
from tests.page.catalogs import shop
from tests.page.documents import foldered, medallion

from seeknal.page import write_page

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZE = {"width": 1440, "height": 810}
PHONE = {"width": 390, "height": 810}
FOLLOWED = {
    "lineage_inspect": "transform.revenue_by_region.total_revenue",
    "medallion": "transform.customer_lifetime_value.lifetime_value",
}


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, started() as browser:
        path = Path(folder) / "lineage.html"
        write_page(foldered(300), path)
        _picture(browser, path, "", "light", IMAGES / "lineage-groups.png")
        write_page(medallion(), path)
        _picture(browser, path, "", "light", IMAGES / "lineage-graph.png")
        column = "#transform.revenue_by_country.revenue"
        _picture(browser, path, column, "dark", IMAGES / "lineage-column.png")
        write_page(shop(), path)
        _picture(browser, path, "", "light", IMAGES / "docs-project.png")
        _picture(browser, path, "#transform.clean_orders", "light", IMAGES / "docs-node.png")
        _picture(
            browser,
            path,
            "#transform.clean_orders.amount_eur",
            "dark",
            IMAGES / "docs-phone.png",
            PHONE,
        )
        for example, column in FOLLOWED.items():
            project = copy_of(example, Path(folder))
            fill(project)
            picture = EXAMPLES / example / "lineage.png"
            _picture(browser, lineage_page(project), f"#{column}", "light", picture)


def _picture(
    browser, path: Path, hash: str, scheme: str, picture: Path, size: dict[str, int] = SIZE
) -> None:
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.goto(path.as_uri() + hash)
    page.wait_for_selector("html[data-ready]")
    page.screenshot(path=picture)
    page.close()


if __name__ == "__main__":
    main()
