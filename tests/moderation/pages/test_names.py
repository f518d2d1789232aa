"""Names that residents take, and those that nobody may."""

import asyncio

import httpx
import pytest
from buurtthuis.events.moderation import Check
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from buurtthuis.testing.fake import WOONPARTNERS
from buurtthuis_moderation.domain.checks import Checks, Mode
from buurtthuis_moderation.domain.names import NameReserved, NameUnfit, check_name
from buurtthuis_moderation.domain.offices import OFFICES, STEMS

from tests.conftest import together
from tests.moderation.people import a_page, a_post, read
from tests.people import fields, problem

place = together

#: A house that looks for nothing has names all the same.
HOUSES_OWN = Checks(dict.fromkeys(Check, Mode.OFF), words=frozenset({"duivenmelker"}))
STEK = WOONPARTNERS.model_copy(update={"name": "Stek", "slug": "stek"})
A_NAME = "Jan van de derde"


def is_refused(name: str) -> bool:
    try:
        check_name(name, WOONPARTNERS, HOUSES_OWN)
    except NameReserved:
        return True
    return False


async def taken(client: httpx.AsyncClient, page: str, name: str = A_NAME) -> httpx.Response:
    return await client.post(f"/moderation/v1/pages/{page}/name", json={"name": name})


@pytest.mark.parametrize("name", [*STEMS, "Woonpartners Midden-Holland", "woonpartners", "Moderator"])
def test_the_names_of_whoever_runs_a_page_are_reserved(name: str) -> None:
    with pytest.raises(NameReserved):
        check_name(name, WOONPARTNERS, HOUSES_OWN)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Gids",
            "De gids",
            "Gidsen",
            "Begeleider",
            "begeleiders",
            "Wijkbegeleidster",
            "Het Bestuur",
            "Bestuurslid",
        ),
        *("Guide", "the guides", "Staff", "STAFF Wingerd", "Manager", "Caretaker", "Support", "Huurdersraad"),
        *("مشرف", "المشرف", "مشرفة", "مشرف الصفحة", "المشرفون", "إدارة", "الادارة", "موظف"),
        *("Yönetici", "YÖNETİM", "yoneticiler", "Rehber", "Görevli"),
        *("Zarząd", "Opiekun", "Opiekunka", "Przewodnik", "Pracownik", "Kierownik"),
        *("Адміністратор", "Гід", "Модератор", "Куратор", "Управління", "Правління"),
    ],
)
def test_a_name_that_suggests_an_office_is_nobodys_in_any_language_of_a_house(name: str) -> None:
    with pytest.raises(NameReserved):
        check_name(name, WOONPARTNERS, HOUSES_OWN)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "G i d s",
            "G.i.d.s",
            "g-i-d-s",
            "Gi ds",
            "GIDS!",
            "9ids",
            "Gіds",
            "ɢɪᴅꜱ",
            "Gids\u200b",
            "Gi\u3164ds",
            "Giiids",
        ),
        *("$taff", "St@ff", "Ｓｔａｆｆ", "Sta ff", "Staffff", "Gu1de", "Jan (gids)", "gids_Jan", "Gids/Jan"),
        *("مشـــرف", "مُشْرِف", "م ش ر ف", "مشر\u200fف", "موظّف", "ادارة"),
    ],
)
def test_whatever_looks_like_an_office_is_one(name: str) -> None:
    with pytest.raises(NameReserved):
        check_name(name, WOONPARTNERS, HOUSES_OWN)


@pytest.mark.parametrize("name", ["Stek", "De Stek", "S t e k", "stek!"])
def test_a_corporation_with_a_short_name_has_it_to_itself(name: str) -> None:
    with pytest.raises(NameReserved):
        check_name(name, STEK, HOUSES_OWN)


def test_whoever_has_a_corporations_short_name_in_theirs_is_welcome() -> None:
    check_name("Mees van Stekelenburg", STEK, HOUSES_OWN)


@pytest.mark.parametrize(
    "name",
    [
        "Beheer",
        "BEHEER",
        "bеhееr",
        "Вeheer",
        "8eheer",
        "ßeheer",
        "B33h33r",
        "b.e.h.e.e.r",
        "B e h e e r",
        "beheeeer",
        "ｂｅｈｅｅｒ",
        "𝔟𝔢𝔥𝔢𝔢𝔯",
        "behéér",
        "be\u200bheer",
        "Mode\u115frator",
        "Woon\u3164partners",
        "bеheer Wingerd",
        "hetbeheer",
        "beheerder",
        "ᏴEHEER",
        "rnoderator",
        "VVoonpartners",
    ],
)
def test_whatever_looks_like_beheer_is_beheer(name: str) -> None:
    with pytest.raises(NameReserved):
        check_name(name, WOONPARTNERS, HOUSES_OWN)


@pytest.mark.parametrize(
    "name",
    ["...", "123", "06-12345678", "jan@voorbeeld.nl", "klootzak", "duivenmelker", "bit.ly/jan", "Jan\nPiet"],
)
def test_a_name_is_a_name(name: str) -> None:
    with pytest.raises(NameUnfit):
        check_name(name, WOONPARTNERS, HOUSES_OWN)


@pytest.mark.parametrize(
    "name", ["Jan", "Ayşe", "محمد", "Łukasz", "Mevrouw De Vries", "Oma 3", "Jo-Anne", "李"]
)
def test_names_of_people_are_welcome(name: str) -> None:
    check_name(name, WOONPARTNERS, HOUSES_OWN)


#: Names of many people, and some that have the beginning or the middle of an office in them.
PEOPLE = """
Jan Piet Klaas Kees Henk Willem Johannes Cornelis Hendrik Gerrit Dirk Sjoerd Bram Daan Sem Levi Milan Luuk Thijs Lars Finn
Staf Gustaaf Guido Gijs Gidske Stef Stefan Staffan Bas Bastiaan Teun Teake Beheydt Anna Maria Johanna Emma Sanne Lotte
Fleur Roos Femke Hilde Truus Greet Wil Mien Coby Bep Ans Riet Hostens Guidetti Stafford Modesta Modeste Gidion Hulpiau
de_Jong Jansen de_Vries van_den_Berg van_Dijk Bakker Visser Smit Meijer de_Boer Mulder de_Groot Bos Vos Peters Hendriks
van_Leeuwen Dekker Brouwer de_Wit Dijkstra Smits de_Graaf van_der_Meer Kok Jacobs Vermeulen Schouten Willems Hoekstra
Koster Prins Huisman Postma Kuipers Veenstra Kramer Schipper Wachter Koning Burgers Bestman Besten van_der_Besten Raad Raats
Bestebreurtje Meester Burgemeester Schout Wethouder Dienstbier Officier Portier Voogd Teamah Adema Adams Admiraal Padmini
Mohammed Ahmed Fatima Aisha Khadija Youssef Omar Ali Hassan Hussein Ibrahim Khalid Mustafa Abdullah Zeinab Maryam Nour
Rachid Samira Najat Driss Hamza Bilal Yasmina Said Karim Leila Amina Mudar Idris Idrissi Adil Daliah Munir Musharraf
محمد أحمد علي حسن حسين فاطمة عائشة خديجة مريم يوسف عمر خالد إبراهيم مصطفى عبد_الله زينب نور ليلى سعيد كريم ياسمين رشيد
شريف أشرف شرف مشيرة مدين إدريس نادر ناظم منصور موسى مراد أمين فريق_الدين رئيسة حارث حسام دليلة إيمان سارة هدى سلمى ريم
Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim Ayşe Fatma Emine Hatice Zeynep Elif Meryem Şerife Yusuf Ömer Murat Özgür
Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt Özkan
Yöntem Rehbein Başkan Müdürov Görkem Görgülü Sorkun Destan Kapıcıoğlu Polisoy
Anna Maria Katarzyna Małgorzata Agnieszka Krystyna Barbara Ewa Elżbieta Zofia Jan Stanisław Andrzej Józef Tadeusz Jerzy
Nowak Kowalski Kowalska Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski
Zarzycki Zarzecki Opielka Opioła Przewoźnik Kierski Urzędowski Gminski Policht Pracki
Олександр Андрій Сергій Володимир Іван Микола Василь Юрій Тарас Богдан Олена Наталія Ірина Оксана Тетяна Юлія Марія Ганна
Шевченко Бондаренко Коваленко Ткаченко Кравченко Мельник Шевчук Поліщук Бойко Савченко Гнатюк Адамчук Модест Гідон Кур
"""


def test_no_name_of_people_is_taken_for_an_office() -> None:
    people = [one.replace("_", " ") for one in PEOPLE.split()]
    assert [one for one in people if is_refused(one)] == []


def test_every_office_is_reserved() -> None:
    assert [one for one in OFFICES if not is_refused(one)] == []


@pytest.mark.parametrize(
    "name", ["Staf de Wit", "Gui de Vries", "Guy de Boer", "G. I. D. Smit", "Ad Minnema", "Мойсей"]
)
def test_two_names_that_make_an_office_together_are_welcome(name: str) -> None:
    check_name(name, WOONPARTNERS, HOUSES_OWN)


async def test_a_name_stands_under_everything_that_its_owner_wrote(place: Playground) -> None:
    page, resident = await a_page(place), place.client(Role.RESIDENT)
    post = await a_post(resident, page)
    await taken(resident, page)
    assert (await read(place.client(Role.RESIDENT), post))["author"] == A_NAME


async def test_a_name_counts_on_one_page(place: Playground) -> None:
    here, there, resident = await a_page(place), await a_page(place), place.client(Role.RESIDENT)
    await taken(resident, here)
    assert (await read(resident, await a_post(resident, there)))["author"] is None


@pytest.mark.parametrize("name", [A_NAME, "JAN van de derde", "Jаn van de derde", "Jan vande derde"])
async def test_nobody_looks_like_somebody_else(place: Playground, name: str) -> None:
    page = await a_page(place)
    await taken(place.client(Role.RESIDENT), page)
    response = await taken(place.client(Role.RESIDENT), page, name)
    assert (problem(response), fields(response)) == ("name-taken", ["/name"])


async def test_somebody_may_write_their_own_name_otherwise(place: Playground) -> None:
    page, resident = await a_page(place), place.client(Role.RESIDENT)
    await taken(resident, page)
    assert (await taken(resident, page, A_NAME.upper())).status_code == 200


async def test_of_those_who_want_a_name_at_once_one_gets_it(place: Playground) -> None:
    page, residents = await a_page(place), [place.client(Role.RESIDENT) for _ in range(5)]
    for resident in residents:  # who is connected already is as fast as the others
        await resident.get(f"/moderation/v1/pages/{page}")
    answers = await asyncio.gather(*(taken(resident, page) for resident in residents))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409, 409]
