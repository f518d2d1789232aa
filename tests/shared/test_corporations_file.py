"""Corporations are put in the file and taken out of it, and the rest stays as its operator wrote it."""

import stat
from pathlib import Path
from threading import Thread

import pytest
from buurtthuis.cli import corporations_toml
from buurtthuis.core.corporations import Corporation, Corporations, CorporationsFileError
from hypothesis import example, given
from hypothesis import strategies as st

from tests.commands import Said, buurtthuis
from tests.conftest import ROOT

BEFORE = """\
# Ours, in the order of joining.

[[corporation]]
slug = "woonpartners"
name = "Woonpartners"   # as on their letters
kvk = "90000011"
languages = ["nl"]
time_zone = "Europe/Amsterdam"

[[corporation.issuers]]
url = "https://login.woonpartners.example"
audience = "buurtthuis"

# Joined in the spring.
# Their own office answers.
[[corporation]]
slug = "de-waterlelie"
name = "De Waterlelie"
kvk = "90000022"
languages = ["nl"]
time_zone = "Europe/Amsterdam"

  [[ corporation ]]
slug = "noorderhof"
name = "Noorderhof"
kvk = "90000044"
languages = ["nl", "fy"]
time_zone = "Europe/Amsterdam"
"""
MAAS = ("thuis-aan-de-maas", "--name", "Thuis aan de Maas", "--kvk", "90000033", "-l", "nl-x-b1", "-l", "nl")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "corporations.toml"
    path.write_text(BEFORE)
    path.chmod(0o640)
    return path


async def ask(file: Path, *words: object) -> Said:
    return await buurtthuis("corporations", *words, folder=file.parent, env={"CORPORATIONS_FILE": str(file)})


def some(slug: str = "some", kvk: str = "90000099", name: str = "Some") -> Corporation:
    return Corporation(slug=slug, name=name, kvk=kvk, languages=("nl",), time_zone="Europe/Amsterdam")


async def test_whoever_joins_stands_at_the_end_and_all_else_as_it_was(file: Path) -> None:
    said = await ask(file, "add", *MAAS, "--issuer", "https://login.maas.example")
    assert said.code == 0, said.err
    assert file.read_text().startswith(BEFORE)
    joined = Corporations.load(file)["thuis-aan-de-maas"]
    assert (joined.name, joined.kvk, joined.languages) == ("Thuis aan de Maas", "90000033", ("nl-x-b1", "nl"))
    assert [(issuer.url, issuer.audience) for issuer in joined.issuers] == [
        ("https://login.maas.example", "buurtthuis")
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--kvk", "12"), "kvk"),
        (("--time-zone", "Europe/Waddinxveen"), "time_zone"),
        (("--issuer", "http://login.maas.example"), "issuers.0.url"),
        (("-l", "Nederlands"), "languages"),
        (("--kvk", "90000022"), "already belongs to corporation 'de-waterlelie'"),
        (("--issuer", "https://login.woonpartners.example"), "already belongs to corporation 'woonpartners'"),
    ],
)
async def test_whoever_cannot_join_is_refused_by_field_and_the_file_is_as_it_was(
    file: Path, words: tuple[str, ...], why: str
) -> None:
    said = await ask(file, "add", *MAAS, *words)
    assert said.code == 1
    assert why in said.err
    assert "Traceback" not in said.err
    assert file.read_text() == BEFORE


async def test_a_file_that_cannot_be_used_is_mended_first(file: Path) -> None:
    file.write_text(broken := BEFORE.replace('kvk = "90000022"', 'kvk = "2"'))
    said = await ask(file, "add", *MAAS)
    assert said.code == 1
    assert "'de-waterlelie', field 'kvk'" in said.err
    assert file.read_text() == broken


async def test_a_list_says_who_is_in_the_file_where_nothing_runs(file: Path) -> None:
    said = await ask(file, "list")
    assert said.code == 0, said.err
    assert [line.split()[0] for line in said.out.splitlines()[:-1]] == [
        "Slug",
        "woonpartners",
        "de-waterlelie",
        "noorderhof",
    ]
    assert "nl, fy" in said.out
    assert "Not asked" in said.out


async def test_the_folder_that_the_file_is_in_leads_to_it(file: Path) -> None:
    said = await buurtthuis(
        "corporations", "add", *MAAS, folder=file.parent, env={"CORPORATIONS_FILE": str(file.parent)}
    )
    assert said.code == 0, said.err
    assert "thuis-aan-de-maas" in Corporations.load(file)


def test_two_who_join_at_once_are_both_in_it(file: Path) -> None:
    joining = [some(f"joins-{number}", f"8000000{number}") for number in range(8)]
    threads = [Thread(target=corporations_toml.add, args=(file, each)) for each in joining]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.slug for each in joining} <= Corporations.load(file).keys()


@pytest.mark.parametrize("slug", ["woonpartners", "de-waterlelie", "noorderhof"])
def test_whoever_leaves_takes_their_comment_along_and_nobody_elses(file: Path, slug: str) -> None:
    others = [each for each in Corporations.load(file).values() if each.slug != slug]
    corporations_toml.take_out(file, slug)
    assert [*Corporations.load(file).values()] == others
    left = file.read_text()
    assert slug not in left
    assert "# Ours, in the order of joining.\n" in left
    assert ("# Joined in the spring.\n# Their own office answers.\n[[corp" in left) == (
        slug != "de-waterlelie"
    )
    assert ("# as on their letters" in left) == (slug != "woonpartners")


def test_whoever_joins_and_leaves_leaves_nothing_behind(file: Path) -> None:
    corporations_toml.add(file, some())
    corporations_toml.take_out(file, "some")
    assert file.read_text() == BEFORE


@example("De\x85", "[[corporation]]")
@given(
    st.text(min_size=1, max_size=50).filter(str.strip),
    st.sampled_from(['"""\n[[corporation]]\n"""', "#", "'''", "\\", "[[corporation]]", ""]),
)
def test_whatever_a_name_has_in_it_comes_and_goes(name: str, more: str) -> None:
    joining = some(name=(name + more)[:200])
    with_it = corporations_toml._with(BEFORE, joining)
    assert Corporations.parse(with_it)["some"] == joining
    assert corporations_toml._without(with_it, "some") == BEFORE


@pytest.mark.parametrize(
    "text",
    [
        'corporation = [{ slug = "some", name = "S", kvk = "90000099", languages = ["nl"], time_zone = "Europe/Amsterdam" },'
        ' { slug = "other", name = "O", kvk = "90000098", languages = ["nl"], time_zone = "Europe/Amsterdam" }]',
        BEFORE.replace('name = "De Waterlelie"', 'name = """\nDe\n[[corporation]]\nWaterlelie"""'),
    ],
)
def test_an_entry_whose_end_cannot_be_told_is_taken_out_by_hand(file: Path, text: str) -> None:
    file.write_text(text)
    slug = [*Corporations.load(file)][-2]
    with pytest.raises(CorporationsFileError, match="by hand"):
        corporations_toml.take_out(file, slug)
    assert file.read_text() == text


def test_lines_end_as_they_did(file: Path) -> None:
    file.write_bytes(before := BEFORE.replace("\n", "\r\n").encode())
    corporations_toml.add(file, some())
    assert file.read_bytes().startswith(before.rstrip())


def test_the_last_one_cannot_be_taken_out(file: Path) -> None:
    for slug in ("woonpartners", "noorderhof"):
        corporations_toml.take_out(file, slug)
    with pytest.raises(CorporationsFileError, match="the only one"):
        corporations_toml.take_out(file, "de-waterlelie")


def test_a_link_to_the_file_stays_one(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    corporations_toml.add(link, some())
    assert link.is_symlink()
    assert "some" in Corporations.load(file)


def test_the_examples_can_be_put_in_and_taken_out_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "corporations.toml"
    file.write_text((ROOT / "corporations.toml").read_text())
    for slug in [*Corporations.load(file)][1:]:
        corporations_toml.take_out(file, slug)
    assert [*Corporations.load(file)] == ["woonpartners"]
