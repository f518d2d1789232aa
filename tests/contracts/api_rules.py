"""What the documents of all services keep to: the Dutch API Design Rules 2.1, and a little that generated clients need.

`python -m tests.contracts.api_rules`, part of `make lint`. A rule is a function that yields what is wrong; its docstring names the
rule of the standard. What may differ, and why, stands in EXCEPTIONS."""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from buurtthuis.core.api_version import path_of
from buurtthuis.runtime.application import documented
from buurtthuis.runtime.installed import installed_services

Document = dict[str, Any]
Rule = Callable[[Document], Iterator[str]]

METHODS = {"get", "put", "post", "delete", "patch"}
CONTACT = {"name": "BuurtThuis", "url": "https://buurtthuis.example.nl", "email": "api@buurtthuis.example.nl"}
#: By path; for each, which rule it does not keep, and why.
EXCEPTIONS = {
    "/public/{corporation}/agendas/{key}.ics": "kebab_case: some calendar programs go by the end of an address",
}


def documents() -> dict[str, Document]:
    """As they are served where API_CONTACT is set, by service."""
    found = {}
    for name, service in installed_services().items():
        document = documented(service, CONTACT).openapi()
        document["servers"] = [{"url": path_of(name)}]
        found[name] = document
    return found


def openapi_3(document: Document) -> Iterator[str]:
    """/core/doc-openapi"""
    if not re.fullmatch(r"3\.\d+\.\d+", document.get("openapi", "")):
        yield "openapi: not version 3"


def who_to_ask(document: Document) -> Iterator[str]:
    """/core/doc-openapi-contact"""
    for field in ("name", "email", "url"):
        if not document["info"].get("contact", {}).get(field):
            yield f"info.contact: no {field}"
    if not document["info"].get("description"):
        yield "info: no description"


def semantic_version(document: Document) -> Iterator[str]:
    """/core/semver"""
    if not re.fullmatch(r"\d+\.\d+\.\d+", document["info"]["version"]):
        yield f"info.version: {document['info']['version']}"


def version_in_the_path(document: Document) -> Iterator[str]:
    """/core/uri-version"""
    for server in document.get("servers", [{"url": ""}]):
        if not re.search(r"/v\d+$", server["url"]):
            yield f"servers: {server['url']} has no version"


def version_on_every_answer(document: Document) -> Iterator[str]:
    """/core/version-header"""
    for where, operation in operations(document):
        for status, answer in operation["responses"].items():
            if "API-Version" not in resolved(document, answer).get("headers", {}):
                yield f"{where}: {status} without API-Version"


def kebab_case(document: Document) -> Iterator[str]:
    """/core/path-segments-kebab-case, without file extensions"""
    for path in document["paths"]:
        for segment in path.strip("/").split("/"):
            if not re.fullmatch(r"[a-z0-9-]+|\{\w+\}|[a-z0-9-]+\.(csv|pdf|svg|png|ics|json)", segment):
                yield f"{path}: {segment}"


def no_trailing_slash(document: Document) -> Iterator[str]:
    """/core/no-trailing-slash"""
    yield from (path for path in document["paths"] if path.endswith("/"))


def standard_methods(document: Document) -> Iterator[str]:
    """/core/http-methods"""
    for path, methods in document["paths"].items():
        yield from (f"{method} {path}" for method in methods if method not in METHODS)


def camel_case_in_queries(document: Document) -> Iterator[str]:
    """/core/query-keys-camel-case"""
    for where, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query" and not re.fullmatch(r"[a-z][a-zA-Z0-9]*", parameter["name"]):
                yield f"{where}: {parameter['name']}"


def problem_documents(document: Document) -> Iterator[str]:
    """/core/error-handling/problem-details"""
    for where, operation in operations(document):
        for status, answer in operation["responses"].items():
            content = resolved(document, answer).get("content", {})
            if status[0] in "45" and "application/problem+json" not in content:
                yield f"{where}: {status} is no problem document"


def four_hundred(document: Document) -> Iterator[str]:
    """/core/error-handling/invalid-input"""
    for where, operation in operations(document):
        takes = operation.get("parameters") or operation.get("requestBody")
        if (takes or where.split()[0] in ("PUT", "POST", "PATCH")) and "400" not in operation["responses"]:
            yield f"{where}: no 400"


def moments_with_a_zone(document: Document) -> Iterator[str]:
    """/core/date-time/timezone: what the wall shows is a `time-local`, or a pattern that says so."""
    for where, schema in parts(document):
        if schema.get("format") in ("time", "date-time-local"):
            yield f"{where}: {schema['format']}"


def declared_tags(document: Document) -> Iterator[str]:
    """Every tag is declared, with what it is about."""
    declared = {tag["name"] for tag in document.get("tags", ()) if tag.get("description")}
    for where, operation in operations(document):
        yield from (f"{where}: tag {tag}" for tag in operation.get("tags", ()) if tag not in declared)


def who_may(document: Document) -> Iterator[str]:
    """Every operation says which roles it is for, or that it is for everybody."""
    for where, operation in operations(document):
        if bool(operation.get("x-roles")) == (operation.get("security") == []):
            yield f"{where}: for whom?"


def names_once(document: Document) -> Iterator[str]:
    """Operations have short names of their own, as functions of a client have."""
    seen: set[str] = set()
    for where, operation in operations(document):
        name = operation["operationId"]
        if name in seen or not re.fullmatch(r"[a-z][a-z0-9_]{,60}", name):
            yield f"{where}: {name}"
        seen.add(name)


def names_of_classes(document: Document) -> Iterator[str]:
    """Schemas are named as classes are."""
    names = document["components"]["schemas"]
    yield from (name for name in names if not re.fullmatch(r"([A-Z][a-zA-Z0-9]*)(-Input|-Output)?", name))


def headers_of_answers(document: Document) -> Iterator[str]:
    """What was made says where; who is to come back is told when."""
    needed = {"201": "Location", "429": "Retry-After", "503": "Retry-After", "401": "WWW-Authenticate"}
    for where, operation in operations(document):
        for status, answer in operation["responses"].items():
            header = needed.get(status, "API-Version")
            if header not in resolved(document, answer).get("headers", {}):
                yield f"{where}: {status} without {header}"


RULES: tuple[Rule, ...] = (
    openapi_3,
    who_to_ask,
    semantic_version,
    version_in_the_path,
    version_on_every_answer,
    kebab_case,
    no_trailing_slash,
    standard_methods,
    camel_case_in_queries,
    problem_documents,
    four_hundred,
    moments_with_a_zone,
    declared_tags,
    who_may,
    names_once,
    names_of_classes,
    headers_of_answers,
)


def complaints(document: Document) -> Iterator[str]:
    """What breaks which rule, without the exceptions."""
    for rule in RULES:
        for complaint in rule(document):
            excepted = EXCEPTIONS.get(complaint.partition(": ")[0], "")
            if not excepted.startswith(f"{rule.__name__}: "):
                yield f"{rule.__name__}: {complaint}"


def operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each with its method and path."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def parts(document: Any, where: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a document, with where it stands."""
    if isinstance(document, dict):
        yield where, document
    inside = document.items() if isinstance(document, dict) else enumerate(document)
    for name, part in inside:
        if isinstance(part, dict | list):
            yield from parts(part, f"{where}/{name}")


def resolved(document: Document, part: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to."""
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


if __name__ == "__main__":
    wrong = [f"{name}: {one}" for name, document in documents().items() for one in complaints(document)]
    print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
    sys.exit(bool(wrong))
