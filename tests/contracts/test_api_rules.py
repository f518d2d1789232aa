"""The API's documents keep to the rules, and each rule is seen to fail."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.contracts.api_rules import RULES, Document, complaints, documents, operations

VERSION = {"API-Version": {"schema": {"type": "string"}}}
GOOD: Document = {
    "openapi": "3.1.0",
    "info": {
        "version": "1.0.0",
        "description": "x",
        "contact": {"name": "x", "url": "https://x.nl", "email": "x@x.nl"},
    },
    "servers": [{"url": "/keys/v1"}],
    "tags": [{"name": "keys", "description": "Keys."}],
    "paths": {
        "/lent-keys/{id}": {
            "post": {
                "operationId": "lend",
                "tags": ["keys"],
                "x-roles": ["staff"],
                "parameters": [{"in": "query", "name": "dryRun"}],
                "responses": {
                    "201": {"headers": VERSION | {"Location": {}}},
                    "400": {"headers": VERSION, "content": {"application/problem+json": {}}},
                },
            }
        }
    },
    "components": {"schemas": {"Key": {"properties": {"at": {"type": "string", "format": "date-time"}}}}},
}


def post(document: Document) -> Any:
    return document["paths"]["/lent-keys/{id}"]["post"]


def move(document: Document, path: str) -> None:
    document["paths"] = {path: document["paths"]["/lent-keys/{id}"]}


SPOILT: dict[str, Callable[[Document], Any]] = {
    "openapi_3": lambda one: one.update(openapi="2.0"),
    "who_to_ask": lambda one: one["info"]["contact"].pop("email"),
    "semantic_version": lambda one: one["info"].update(version="1.0"),
    "version_in_the_path": lambda one: one.update(servers=[{"url": "/keys"}]),
    "version_on_every_answer": lambda one: post(one)["responses"]["400"].pop("headers"),
    "kebab_case": lambda one: move(one, "/lentKeys"),
    "no_trailing_slash": lambda one: move(one, "/lent-keys/"),
    "standard_methods": lambda one: one["paths"]["/lent-keys/{id}"].update(lend=post(one)),
    "camel_case_in_queries": lambda one: post(one)["parameters"][0].update(name="dry_run"),
    "problem_documents": lambda one: post(one)["responses"]["400"].update(content={"application/json": {}}),
    "four_hundred": lambda one: post(one)["responses"].pop("400"),
    "moments_with_a_zone": lambda one: one["components"]["schemas"]["Key"]["properties"]["at"].update(
        format="time"
    ),
    "declared_tags": lambda one: one["tags"][0].pop("description"),
    "who_may": lambda one: post(one).pop("x-roles"),
    "names_once": lambda one: post(one).update(operationId="lendALentKeyPost"),
    "names_of_classes": lambda one: one["components"]["schemas"].update(Page_Key_={}),
    "headers_of_answers": lambda one: post(one)["responses"]["201"]["headers"].pop("Location"),
}


def test_a_document_that_keeps_to_the_rules_is_found_right() -> None:
    assert list(complaints(GOOD)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_is_seen_to_fail(rule: Any) -> None:
    spoilt = deepcopy(GOOD)
    SPOILT[rule.__name__](spoilt)
    assert list(rule(spoilt)) != []


def test_the_documents_of_all_services_keep_to_the_rules() -> None:
    found = documents()
    assert [f"{name}: {one}" for name, document in found.items() for one in complaints(document)] == []
    assert sum(len(list(operations(document))) for document in found.values()) > 200


def test_no_document_is_larger_than_a_browser_likes() -> None:
    """What all operations share stands in one place."""
    assert {name: len(str(one)) // 1024 for name, one in documents().items() if len(str(one)) > 400_000} == {}
