"""Files that pages show, whole or by the names of what they define. `python -m tests.quotes` shows them as they are now."""

import ast
import re
from functools import reduce
from pathlib import Path
from textwrap import dedent
from typing import Any

ROOT = Path(__file__).parent.parent
EXTENDING, CONTRIBUTING = ROOT / "docs/extending.md", ROOT / "CONTRIBUTING.md"
PAGES = (EXTENDING, CONTRIBUTING)
#: `<!-- path -->` or `<!-- path: Name other_name Class.method -->`, and what is shown below it.
MARK = re.compile(
    r"<!-- (?P<path>[\w./-]+)(?:: (?P<names>[\w. ]+))? -->\n(?:\n```\w+\n.*?\n```\n)?", re.DOTALL
)
LANGUAGES = {".py": "python", ".html": "html", ".toml": "toml"}


def renewed(page: str) -> str:
    """The page with every file it names under that name."""
    return MARK.sub(_quote, page)


def quoted(page: str) -> list[str]:
    """The files that the page shows."""
    return [found["path"] for found in MARK.finditer(page)]


def _quote(found: re.Match[str]) -> str:
    path, names = Path(found["path"]), (found["names"] or "").split()
    source = (ROOT / path).read_text()
    shown = "\n\n".join(_definition(source, name) for name in names) if names else source
    mark = found[0].partition("\n")[0]
    return f"{mark}\n\n```{LANGUAGES[path.suffix]}\n{shown}```\n"


def _definition(source: str, name: str) -> str:
    """A class, a function or a method with its decorators. Raises StopIteration where there is none."""
    tree: Any = ast.parse(source)
    node = reduce(_named, name.split("."), tree)
    first = min([node, *node.decorator_list], key=lambda part: part.lineno).lineno
    return dedent("".join(source.splitlines(keepends=True)[first - 1 : node.end_lineno]))


def _named(within: Any, name: str) -> Any:
    return next(node for node in within.body if getattr(node, "name", None) == name)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(renewed(page.read_text()))
