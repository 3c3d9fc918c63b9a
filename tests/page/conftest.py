import pytest
from tests.page.browser import started
from tests.page.documents import medallion

from seeknal.page import write_page


@pytest.fixture(scope="module")
def browser():
    with started() as found:
        yield found


@pytest.fixture
def opened_file(browser):
    """Opens a page's file, offline; nothing may be asked for nor go wrong in it."""
    requests, mistakes, contexts, files = [], [], [], set()

    def open_file(path, hash="", **options):
        files.add(path.as_uri())
        shape = {"viewport": {"width": 1440, "height": 900}}
        context = browser.new_context(offline=True, **shape | options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("console", lambda said: said.type == "error" and mistakes.append(said.text))
        page.on("dialog", lambda dialog: (mistakes.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri() + hash)
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_file
    for context in contexts:
        context.close()
    asked = {url.split("#")[0] for url in requests if not url.startswith("data:image/svg")}
    assert asked <= files
    assert mistakes == []


@pytest.fixture
def opened(opened_file, tmp_path):
    """Opens a document's page."""
    path = tmp_path / "lineage.html"

    def open_page(document=None, hash="", **options):
        write_page(document or medallion(), path)
        return opened_file(path, hash, **options)

    return open_page
