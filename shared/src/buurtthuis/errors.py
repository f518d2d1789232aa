"""Refusals: each class is one reason, and its docstring is what the caller reads."""


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """This is not allowed."""

    def __init__(self, **facts: object) -> None:
        super().__init__((type(self).__doc__ or "").format(**facts))


class Unauthenticated(Refused):
    """This request needs a valid access token: {why}."""
