"""What lawyers sign says what the code does."""

import pytest

from tests import papers


@pytest.mark.parametrize("service", papers.SERVICES)
def test_everything_that_is_kept_of_people_is_in_the_register(service: str) -> None:
    said = papers.processing()[service]
    assert sorted(said) == sorted(papers.kept(service)), "say in docs/privacy/register.toml what it is for"


def test_the_register_says_of_each_what_for_how_long_and_who_sees_it() -> None:
    said = [entry for tables in papers.processing().values() for entry in tables.values()]
    assert [
        entry
        for entry in said
        if [*entry] != ["what", "purpose", "term", "seen_by"] or not all(entry.values())
    ] == []


def test_the_register_is_as_the_code_is() -> None:
    assert papers.REGISTER.read_text() == papers.register(), "make docs"
