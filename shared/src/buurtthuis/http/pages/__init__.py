"""The few HTML pages of the library, and what fills them in."""

from jinja2 import Environment, PackageLoader, StrictUndefined

PAGES = Environment(
    loader=PackageLoader("buurtthuis.http", "pages"), autoescape=True, undefined=StrictUndefined
)
