"""Figures that everybody reads count nobody where people are few: it could be somebody."""

#: A group that is smaller is not shown apart.
FEWEST = 5


def unless_few(people: int) -> int | None:
    """How many they are; None where they are fewer than that."""
    return people if people >= FEWEST else None
