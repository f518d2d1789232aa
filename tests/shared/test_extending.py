"""What docs/extending.md shows is what the tests run."""

from tests.quotes import LANGUAGES, PAGE, ROOT, quoted, renewed


def test_the_page_shows_the_examples_as_they_are() -> None:
    page = PAGE.read_text()
    assert renewed(page) == page, "docs/extending.md shows an older example: renew it with `make docs`"


def test_the_page_shows_every_example() -> None:
    examples = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "examples").rglob("*")
        if path.suffix in LANGUAGES
    ]
    assert sorted(quoted(PAGE.read_text())) == sorted(examples)
