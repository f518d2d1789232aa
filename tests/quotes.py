"""Files that docs/extending.md shows in full. `python -m tests.quotes` shows them as they are now."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/extending.md"
MARK = re.compile(r"<!-- (?P<path>\S+) -->\n(?:\n```\w+\n.*?\n```\n)?", re.DOTALL)
LANGUAGES = {".py": "python", ".html": "html", ".toml": "toml"}


def renewed(page: str) -> str:
    """The page with every file it names under that name."""
    return MARK.sub(lambda found: _quote(Path(found["path"])), page)


def quoted(page: str) -> list[str]:
    """The files that the page shows."""
    return [found["path"] for found in MARK.finditer(page)]


def _quote(path: Path) -> str:
    return f"<!-- {path} -->\n\n```{LANGUAGES[path.suffix]}\n{(ROOT / path).read_text()}```\n"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
