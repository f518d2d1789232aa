"""How somebody says at the door which place is theirs: by its number, by a word, or by what their phone shows as a picture.

The picture holds the seat's id, which nobody guesses and only its resident, hosts and staff are told. The word is said aloud, in a full
room, by people of many languages to somebody who hears Dutch: plain words, without the sounds that are hard to make,
and no two of them alike. Number and word of a place stay the same as long as there is a session.
"""

from collections.abc import Iterable
from uuid import UUID

from buurtthuis.core.errors import Refusal, Refused

from buurtthuis_sessions.domain.seats import Seat

PLAIN_WORDS = """
appel banaan citroen kers meloen tomaat wortel paprika brood kaas boter melk zout soep koek taart
thee koffie water beker lepel vork ketel oven tafel bank lamp spiegel raam trap kelder tulp roos
bloem boom tak zand steen berg rivier strand wolk regen wind zon maan ster donder paard kip eend
zwaan merel vis walvis kikker vlinder olifant kameel fiets auto raket toren winkel markt straat park
krant brief pen potlood papier koffer jas sok laars knoop draad naald hamer zaag ladder bezem kam
bal trommel klok kroon vlag anker kompas deken kussen fles dorp stad veld bos pad zomer winter
herfst lente oranje wit blauw zebra panda amandel kokos olie framboos kastanje noot parel diamant
zilver karton plastic katoen robot computer telefoon radio camera film foto muziek theater circus
ballon confetti puzzel tennis voetbal motor tractor kano taxi station kasteel vulkaan cactus palm
bamboe iglo kolibri papegaai flamingo koala hamster
"""
#: As many as a prime: so each number of a session has another one, wherever it begins and however far apart.
WORDS = tuple(PLAIN_WORDS.split())
#: Neighbours in the queue have words that are far apart in the list.
APART = 41


class NoSuchTicket(Refused):
    """Nobody has a place in this session with this number, word or code. Whoever comes without a place is counted as a walk-in."""

    kind = Refusal.NOT_FOUND


def word_of(session: UUID, number: int) -> str:
    """What is said aloud for this number in a session; behind the 150th there are two words."""
    round_, place = divmod(number, len(WORDS))
    word = WORDS[(session.int + APART * place) % len(WORDS)]
    return f"{WORDS[(session.int + round_) % len(WORDS)]} {word}" if round_ else word


def seat_of(said: str, session: UUID, seats: Iterable[Seat]) -> Seat:
    """Whose place somebody names: its number, its word, or the code in the picture. Raises NoSuchTicket."""
    for seat in seats:
        if is_of(said, seat.id, seat.number, word_of(session, seat.number)):
            return seat
    raise NoSuchTicket(field="seat")


def is_of(said: str, seat: UUID, number: int, word: str) -> bool:
    """Whether this is what the owner of a seat says or shows."""
    return " ".join(said.lower().split()) in (str(number), word, str(seat))
