"""What those are called who run a page, a house or its corporation, in the languages of houses."""

#: Wherever it stands in a name: no name of a person has it.
STEMS = (
    *(
        "beheer",
        "begeleid",
        "bestuur",
        "buurtgids",
        "buurtthuis",
        "commissie",
        "consulent",
        "coordinator",
        "corporatie",
    ),
    *(
        "gemeente",
        "helpdesk",
        "huismeester",
        "huurdersraad",
        "klantenservice",
        "medewerker",
        "moderat",
        "politie",
    ),
    *("systeem", "toezichthouder", "verhuurder", "voorzitter", "wijkagent", "wijkgids", "wijkplatform"),
    *("administrat", "caretaker", "customer service", "landlord", "municipality", "supervisor", "system"),
    *("hausmeister", "hausverwaltung", "yönetici", "koordinatör", "belediye", "danışman"),
    *("administracj", "koordynator", "opiekun", "zarządca"),
    *("адміністра", "координатор", "модератор", "поліція", "співробітник", "управител", "управлінн"),
)

#: As a word of its own: people are called Guidetti, Stafford and Padmini.
_WORDS = """
admin admins bewonersraad coach conciërge directeur directie gids gidsen leiding manager managers redactie stafleden staflid
team teamleider wooncoach

board council guide guides housing_association housing_officer management mod mods officer officers official officials
police service_desk staff support

bailleur betreuer betreuerin betreuung direction équipe gardien gestionnaire leitung modérateur modératrice polizei
responsable verwalter verwaltung vorstand

إدارة بلدية دعم شرطة طاقم مجلس_الإدارة مدراء مدير مديرة مرافق مرافقة مراقب مراقبة مراقبون مرشدة مرشدون مسؤول مسؤولة مسؤولون مشرف مشرفة
مشرفات مشرفون مشرفين منسق منسقة منسقون موظف موظفة موظفون موظفين المرشد

denetçi destek ekip görevli görevliler görevlisi müdür müdürlük müdürlüğü müdürü personel personeli polis rehber rehberi
rehberler sorumlu sorumlusu temsilci yönetim yönetimi zabıta

admini dozorca gmina kierowniczka kierownik obsługa personel policja pomoc pracownica pracownicy pracownik przewodnicy
przewodniczka przewodnik spółdzielnia urząd zarząd zarządu zespół

адмін адміни гід гіди керівник керівництво керуюча керуючий команда куратор куратори кураторка мерія муніципалітет
наглядач наставник персонал правління працівник працівники працівниця підтримка
"""
ARTICLES = ("", "de", "het", "the", "ال")
OFFICES = frozenset(word.replace("_", " ") for word in _WORDS.split())
