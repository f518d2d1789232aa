"""What is written about the code is true of it: links lead somewhere, and what is named is there."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from pkgutil import resolve_name

import buurtthuis

ROOT = Path(__file__).parent.parent.parent
PAGES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("services/*/README.md"),
    *ROOT.glob("shared/*.md"),
]
#: These tell how things were.
PAST = {"CHANGELOG.md", "0008-where-the-house-grew.md"}
OF_TODAY = [page for page in PAGES if page.name not in PAST]
CODE = [
    path.as_posix()
    for folder in ("shared", "services", "tests", "examples", "deploy")
    for path in (ROOT / folder).rglob("*.*")
]
#: So many files at most lie between a request and the message that comes of it.
LONGEST_WALK = 35


@cache
def prose(page: Path) -> str:
    """Without what is quoted from files."""
    return re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)


@cache
def anchors(page: Path) -> set[str]:
    """Its headings, as links name them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    for path, anchor in re.findall(r"\]\((?!\w+:)([^)#\s]*)#?([^)\s]*)\)", prose(page)):
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield f"{page.name}: {path}#{anchor}"


def test_every_link_leads_somewhere() -> None:
    assert [link for page in PAGES for link in broken_links(page)] == []


def test_every_file_that_is_named_is_there() -> None:
    named = {
        (page.name, name)
        for page in OF_TODAY
        for name in re.findall(r"`([\w/-]+\.(?:py|toml))`", prose(page))
    }
    assert {
        (page, name) for page, name in named if not any(path.endswith(f"/{name}") for path in CODE)
    } == set()


def test_every_part_of_the_library_that_is_named_is_there() -> None:
    for page in OF_TODAY:
        for name in re.findall(r"`(buurtthuis\.\w+\.[\w.]+)`", prose(page)):
            resolve_name(name)


def test_every_part_of_the_library_that_docstrings_name_is_there() -> None:
    source = "".join(
        path.read_text() for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py")
    )
    for name in set(re.findall(r"`(buurtthuis\.\w+\.[\w.]+)`", source)):
        resolve_name(name)


def test_the_librarys_page_knows_every_package() -> None:
    [root] = buurtthuis.__path__
    packages = {path.parent.name for path in Path(root).glob("*/__init__.py")}
    assert set(re.findall(r"^\| `(\w+)` \|", prose(ROOT / "shared/README.md"), re.MULTILINE)) == packages


def imported(root: Path) -> Iterator[tuple[str, str]]:
    """Rooms of a service, and what each imports of the others."""
    for path in root.rglob("*.py"):
        room = path.relative_to(root).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == root.name:
                below = str(node.module).split(".")[1:2] or [alias.name for alias in node.names]
                yield from ((room, other) for other in below if other != room)


def test_rooms_know_each_other_as_the_page_says() -> None:
    table = re.findall(
        r"^\| `(\w+)[./\w]*` \| .+ \| (.+) \|$", prose(ROOT / "docs/architecture.md"), re.MULTILINE
    )
    knows = {room: set(re.findall(r"\w+", others)) for room, others in table}
    services = [path for path in ROOT.glob("services/*/src/*") if path.is_dir()]
    found = {pair for service in services for pair in imported(service)}
    assert len(services) == 4
    assert {
        (room, other) for room, other in found if "all" not in knows[room] and other not in knows[room]
    } == set()


def test_the_walk_from_an_idea_to_a_moderators_mail_is_short() -> None:
    walk = prose(ROOT / "docs/architecture.md").partition("## A walk")[2]
    steps = re.findall(r"^\| (\d+) \| \[`…/[\w/.-]+`\]\(", walk, re.MULTILINE)
    assert steps == [str(number + 1) for number in range(len(steps))]
    assert 20 < len(steps) <= LONGEST_WALK


def test_a_word_of_the_glossary_is_explained_once() -> None:
    words = re.findall(r"^\| ([^|*-]+) \|", prose(ROOT / "docs/glossary.md"), re.MULTILINE)
    assert {word for word in words if words.count(word) > 1} == {"word"}
