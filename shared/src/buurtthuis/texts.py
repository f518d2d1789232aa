"""What people write, character by character: what of it can be seen, and what is one line."""

import unicodedata

import regex

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


def can_be_read(text: str) -> bool:
    """Whether there is a letter, a figure or a sign in it that anybody sees."""
    return any(unicodedata.category(one)[0] in SEEN for one in NOTHING.sub("", text))


def is_one_line(text: str) -> bool:
    """Whether it stays on one line wherever it is shown."""
    return not any(unicodedata.category(one) in BREAKS for one in text)
