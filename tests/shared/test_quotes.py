"""What docs/extending.md and CONTRIBUTING.md show is what the tests run."""

from tests.quotes import EXTENDING, LANGUAGES, PAGES, ROOT, quoted, renewed


def test_pages_show_the_code_as_it_is() -> None:
    older = [page.name for page in PAGES if renewed(page.read_text()) != page.read_text()]
    assert older == [], "these show code as it was: renew them with `make docs`"


def test_the_page_on_extending_shows_every_example() -> None:
    examples = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "examples").rglob("*")
        if path.suffix in LANGUAGES
    ]
    assert sorted(quoted(EXTENDING.read_text())) == sorted(examples)
