"""What people write, character by character: what belongs to a text, what of it can be seen, and what is one line."""

import re
import unicodedata

import regex

#: What XML 1.0 cannot hold, NUL among it, and what overrides the direction of letters (UAX #9).
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff\u202d\u202e]")
#: What opens another direction, and what ends it. Whoever writes Arabic, or beside it, has these from their keyboard.
ENDS = dict.fromkeys("\u202a\u202b", "\u202c") | dict.fromkeys("\u2066\u2067\u2068", "\u2069")
QUESTIONABLE = re.compile(f"{FORBIDDEN.pattern[:-1]}\u202a-\u202c\u2066-\u2069]")
#: Where UAX #9 begins anew.
PARAGRAPHS = re.compile("[\n\r\x1c-\x1e\x85\u2029]")

#: What is drawn as nothing: by Unicode's own property, and what it leaves out (a braille cell without dots, a note without
#: a head, notes between lines, what arranges hieroglyphs).
NOTHING = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\U00013430-\U0001343f\U0001d159]"
)
#: Of these some are drawn as a gap, depending on who draws.
GAPS = regex.compile(r"[\u115f\u1160\u2800\u3164\uffa0\U0001d159]")
#: What breaks a line, and other controls (by category: Cc, Zl, Zp).
BREAKS = frozenset({"Cc", "Zl", "Zp"})
#: A letter, a figure, a sign: by the first letter of its category.
SEEN = frozenset("LNPS")


#: What is drawn as nothing and still belongs where it stands: what joins, or keeps apart, letters of a script that joins
#: them (RFC 5892, A), and what makes one picture of several.
_JOINED = r"[[\p{L}\p{M}]--[\p{Latin}\p{Greek}\p{Cyrillic}\p{Default_Ignorable_Code_Point}]]"
_PICTURE = r"[\p{Extended_Pictographic}\p{Emoji_Modifier}]"
BELONGS = regex.compile(
    rf"(?<={_JOINED})[\u200c\u200d](?={_JOINED})|(?<={_PICTURE}\ufe0f?)\u200d(?={_PICTURE})|(?<={_PICTURE})\ufe0f",
    regex.VERSION1,
)


def is_honest(text: str) -> bool:
    """Whether it reads as it is written, by itself and beside others: each direction that it opens, it ends."""
    if not QUESTIONABLE.search(text):
        return True
    return not FORBIDDEN.search(text) and all(map(_is_balanced, PARAGRAPHS.split(text)))


def _is_balanced(paragraph: str) -> bool:
    expected: list[str] = []
    for character in QUESTIONABLE.findall(paragraph):
        if character in ENDS:
            expected.append(ENDS[character])
        elif not expected or expected.pop() != character:
            return False
    return not expected


def without_hidden(text: str) -> str:
    """A name as it is seen: what is drawn as nothing is left out where it does not belong."""
    kept = {at.start() for at in BELONGS.finditer(text)}
    return "".join(
        character for at, character in enumerate(text) if at in kept or not NOTHING.match(character)
    )


def bare(text: str) -> str:
    """A code, a number or what is searched for, without anything that is drawn as nothing: keyboards and phones add it."""
    return str(NOTHING.sub("", text))


def as_keyed(text: str) -> str:
    """A code as whoever typed or copied it meant it: phones set to Arabic type their own digits, and programs put in
    spaces and hyphens of their own."""
    return "".join(map(_key, bare(text)))


def _key(one: str) -> str:
    """What stands on the key of a letter, a digit, a space or a hyphen."""
    match unicodedata.category(one):
        case "Nd":
            return str(unicodedata.decimal(one))
        case "Zs":
            return " "
        case "Pd":
            return "-"
        case _:
            return one


def can_be_read(text: str) -> bool:
    """Whether there is a letter, a figure or a sign in it that anybody sees."""
    return any(unicodedata.category(character)[0] in SEEN for character in NOTHING.sub("", text))


def is_one_line(text: str) -> bool:
    """Whether it stays on one line wherever it is shown."""
    return not any(unicodedata.category(character) in BREAKS for character in text)
