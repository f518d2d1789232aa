from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from buurtthuis.core.corporations import Corporations, CorporationsFileError, claim_path, travels_safely
from buurtthuis.events import Audience

ROOT = Path(__file__).parents[2]

WOONPARTNERS = """
[[corporation]]
slug = "woonpartners"
name = "Woonpartners Midden-Holland"
kvk = "90000011"
languages = ["nl", "nl-x-b1"]
time_zone = "Europe/Amsterdam"

[[corporation.issuers]]
url = "https://login.woonpartners.example"
audience = "buurtthuis"
"""

WATERLELIE = """
[[corporation]]
slug = "de-waterlelie"
name = "De Waterlelie"
kvk = "90000022"
languages = ["nl"]
time_zone = "Europe/Amsterdam"

[[corporation.issuers]]
url = "https://login.waterlelie.example"
audience = "buurtthuis"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "corporations.toml"


def complaint_about(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CorporationsFileError) as refused:
        Corporations.load(file)
    return str(refused.value)


def test_the_file_in_the_project_can_be_used() -> None:
    assert next(iter(Corporations.load(ROOT / "corporations.toml"))) == "woonpartners"


def test_corporations_keep_the_order_of_the_file(file: Path) -> None:
    file.write_text(WOONPARTNERS + WATERLELIE, encoding="utf-8")
    assert list(Corporations.load(file)) == ["woonpartners", "de-waterlelie"]


def test_an_issuer_leads_to_its_corporation(file: Path) -> None:
    file.write_text(WOONPARTNERS + WATERLELIE, encoding="utf-8")
    assert Corporations.load(file).by_issuer("https://login.waterlelie.example").slug == "de-waterlelie"


def test_an_unknown_issuer_leads_nowhere(file: Path) -> None:
    file.write_text(WOONPARTNERS, encoding="utf-8")
    with pytest.raises(KeyError):
        Corporations.load(file).by_issuer("https://login.waterlelie.example")


def test_a_provider_that_maps_no_roles_gives_ours_by_their_own_names_but_never_system(file: Path) -> None:
    file.write_text(WOONPARTNERS, encoding="utf-8")
    (issuer,) = Corporations.load(file)["woonpartners"].issuers
    assert issuer.roles == {
        name: name for name in ("staff", "chain_partner", "guide", "caretaker", "resident", "operator")
    }


@pytest.mark.parametrize(
    ("written", "instead", "field"),
    [
        ('slug = "woonpartners"', 'slug = "Woon Partners"', "slug"),
        ('slug = "woonpartners"', 'slug = "w"', "slug"),
        ('slug = "woonpartners"', 'slug = "woonpartners\\n"', "slug"),
        ('name = "Woonpartners Midden-Holland"', 'name = "  "', "name"),
        ('kvk = "90000011"', 'kvk = "9000001"', "kvk"),
        ('kvk = "90000011"', "kvk = 90000011", "kvk"),
        ('["nl", "nl-x-b1"]', "[]", "languages"),
        ('["nl", "nl-x-b1"]', '["nl", "nl"]', "languages"),
        ('["nl", "nl-x-b1"]', '["nl", "Nederlands"]', "languages.1"),
        ('"Europe/Amsterdam"', '"Europe/Gouda"', "time_zone"),
        ('"Europe/Amsterdam"', '"Europe"', "time_zone"),
        ('"Europe/Amsterdam"', '"../etc/passwd"', "time_zone"),
        ('"Europe/Amsterdam"', '"Europe/Amsterdam"\nlook = { accent = "red;}" }', "look.accent"),
        ('"Europe/Amsterdam"', '"Europe/Amsterdam"\nlook = { logo = "http://x.nl/a.svg" }', "look.logo"),
        ('url = "https://login', 'url = "http://login', "issuers.0.url"),
        ("woonpartners.example", "woonpartners.example?tenant=1", "issuers.0.url"),
        ('audience = "buurtthuis"', 'audience = ""', "issuers.0.audience"),
        ('audience = "buurtthuis"', 'audience = "x"\nroles = { admin = "boss" }', "issuers.0.roles.admin"),
        ('audience = "buurtthuis"', 'audience = "x"\nroles = { s = "system" }', "issuers.0.roles.s"),
        ('audience = "buurtthuis"', 'audience = "x"\ntyp = "JWT"', "issuers.0.typ"),
        ('audience = "buurtthuis"', 'audience = "x"\nclients = [""]', "issuers.0.clients.0"),
        ('audience = "buurtthuis"', 'audience = "x"\nrolesclaim = "groups"', "issuers.0.rolesclaim"),
        (
            'audience = "buurtthuis"',
            'audience = "x"\nclients = ["a"]\nfront_end = { client_id = "b" }',
            "issuers.0",
        ),
        *(
            (
                'audience = "buurtthuis"',
                f'audience = "x"\nfront_end = {{ client_id = "web", {said} }}',
                f"issuers.0.front_end.{field}",
            )
            for said, field in (
                ("scopes = []", "scopes"),
                ('scopes = ["profile"]', "scopes"),
                ('scopes = ["openid", "two words"]', "scopes.1"),
                ('after_sign_out = "http://www.woonpartners.example"', "after_sign_out"),
                ('client_secret = "geheim"', "client_secret"),
            )
        ),
        ('kvk = "90000011"', 'kvk = "90000011"\nsign_in_page = "https://x.example/?a=b"', "sign_in_page"),
        *(
            ('audience = "buurtthuis"', f'audience = "x"\nroles_claim = "{path}"', "issuers.0.roles_claim")
            for path in ("", "a..b", ".a", "a.", "a. b", "/", "//a", "/a/", "/a~2b", "/a~", "/a/ b")
        ),
    ],
)
def test_a_mistake_is_told_with_its_file_corporation_and_field(
    file: Path, written: str, instead: str, field: str
) -> None:
    told = complaint_about(file, WATERLELIE + WOONPARTNERS.replace(written, instead))
    slug = "woonpartners" if field != "slug" else ""
    assert told.startswith(f"CORPORATIONS_FILE: {file}: corporation ")
    assert slug in told
    assert f"field '{field}'" in told


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("roles", ("roles",)),
        ("realm_access.roles", ("realm_access", "roles")),
        ("resource_access.buurtthuis-web.roles", ("resource_access", "buurtthuis-web", "roles")),
        ("https://woonpartners.nl/roles", ("https://woonpartners.nl/roles",)),
        ("/resource_access/nl.buurtthuis/roles", ("resource_access", "nl.buurtthuis", "roles")),
        ("/https:~1~1woonpartners.nl~1x/~0roles", ("https://woonpartners.nl/x", "~roles")),
        ("/~01", ("~1",)),
    ],
)
def test_a_claims_path_is_written_with_dots_or_as_a_json_pointer(
    written: str, names: tuple[str, ...]
) -> None:
    assert claim_path(written) == names


@pytest.mark.parametrize("name", ["Europe/Gouda", "Europe", "../etc/passwd", "/etc/passwd", ""])
def test_a_wrong_time_zone_is_told_in_words(file: Path, name: str) -> None:
    assert "IANA name" in complaint_about(file, WOONPARTNERS.replace("Europe/Amsterdam", name))


def test_a_corporation_without_a_slug_is_named_by_its_place(file: Path) -> None:
    told = complaint_about(file, WOONPARTNERS + WATERLELIE.replace('slug = "de-waterlelie"', ""))
    assert "corporation 2, field 'slug'" in told


def test_two_corporations_cannot_share_a_slug(file: Path) -> None:
    told = complaint_about(file, WOONPARTNERS + WATERLELIE.replace("de-waterlelie", "woonpartners"))
    assert "field 'slug': 'woonpartners' already belongs to" in told


def test_two_corporations_cannot_share_a_kvk_number(file: Path) -> None:
    told = complaint_about(file, WOONPARTNERS + WATERLELIE.replace("90000022", "90000011"))
    assert "corporation 'de-waterlelie', field 'kvk'" in told


def test_two_corporations_cannot_share_an_issuer(file: Path) -> None:
    told = complaint_about(file, WOONPARTNERS + WATERLELIE.replace("login.waterlelie", "login.woonpartners"))
    assert "corporation 'de-waterlelie', field 'issuers.url'" in told


@pytest.mark.parametrize("text", ["", "corporation = 3", "[corporation]\nslug = 'a'", "corporation = ["])
def test_a_file_without_corporations_is_refused_by_name(file: Path, text: str) -> None:
    assert complaint_about(file, text).startswith(f"CORPORATIONS_FILE: {file}: ")


def test_an_entry_that_is_no_table_is_refused(file: Path) -> None:
    assert "corporation 1" in complaint_about(file, 'corporation = ["woonpartners"]')


def test_a_missing_file_is_refused_by_name(file: Path) -> None:
    with pytest.raises(CorporationsFileError, match=r"corporations\.toml"):
        Corporations.load(file)


def test_a_file_in_another_encoding_is_refused_by_name(file: Path) -> None:
    file.write_bytes(WOONPARTNERS.replace("Holland", "Hollànd").encode("latin-1"))
    with pytest.raises(CorporationsFileError, match=r"corporations\.toml"):
        Corporations.load(file)


@pytest.mark.parametrize(
    "url", ["https://login.example", "http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:1"]
)
def test_https_and_this_machine_travel_safely(url: str) -> None:
    assert travels_safely(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example",
        "http://127.0.0.1.example",
        "http://192.168.1.1",
        "ftp://localhost",
        "https://",
        "",
    ],
)
def test_anything_else_does_not(url: str) -> None:
    assert not travels_safely(url)


HISTORY = f"{WOONPARTNERS}\n[corporation.history]\n"


def test_a_corporation_says_how_far_back_its_journals_go(file: Path) -> None:
    file.write_text(HISTORY + "staff = 36\nsystem = 12", encoding="utf-8")
    known = Corporations.load(file)["woonpartners"].history
    assert known.audiences == [Audience.STAFF, Audience.SYSTEM]
    now = datetime(2018, 11, 12, tzinfo=UTC)
    assert now - known.since(Audience.SYSTEM, now) >= timedelta(days=366)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("residents = 24", "staff would be kept for longer than residents, which more may see"),
        ("staff = 12\nsystem = 13", "say system = 12 or less"),
        ("system = 2", "field 'history.system'"),
        ("system = 0", "field 'history.system'"),
        ("system = '12'", "field 'history.system'"),
        ("system = 1.5", "field 'history.system'"),
        ("everybody = 12", "field 'history.everybody'"),
    ],
)
def test_a_history_that_cannot_be_is_told_with_its_field(file: Path, written: str, told: str) -> None:
    complaint = complaint_about(file, HISTORY + written)
    assert "corporation 'woonpartners', field 'history" in complaint
    assert told in complaint
