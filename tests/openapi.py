"""A service does what its OpenAPI document says, whatever it is sent."""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import requests
import schemathesis
from buurtthuis.identity.principals import Role
from buurtthuis.testing import Playground
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
#: For hundreds of letters on a machine that is busy with other tests.
PATIENCE_SECONDS = 120


async def tried(place: Playground, service: str, known: list[str], examples: int) -> int:
    """How many requests it was sent, so many examples of each; `known` are ids that exist, so that not everything ends in 404."""
    token = place.process.issuer.issue("woonpartners", [Role.STAFF, Role.RESIDENT, Role.OPERATOR])
    document = (await place.client().get(f"/{service}/v1/openapi.json")).json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=f"{place.url}/{service}/v1")
    return await asyncio.to_thread(
        _try_everything, schema, {"Authorization": f"Bearer {token}"}, known, examples
    )


def _try_everything(schema: Any, headers: dict[str, str], known: list[str], examples: int) -> int:
    """How many requests were sent, by somebody who stays connected and reads no proxy's settings each time."""
    tried = itertools.count()
    operations = [result.ok() for result in schema.get_all_operations()]
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(headers)
        for operation in sorted(operations, key=_moves):
            _try(operation, session, known, tried, examples)
    return next(tried)


def _moves(operation: Any) -> bool:
    """Reads come first, while nothing has moved."""
    return bool(operation.method.upper() != "GET")


def _try(
    operation: Any, session: requests.Session, known: list[str], tried: Iterator[int], examples: int
) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        number = next(tried)
        parameters = case.path_parameters or {}
        real = {"id": known[number % len(known)], "corporation": "woonpartners"}
        parameters.update({name: real[name] for name in parameters if name in real})
        case.query.pop("wait", None)  # a long poll waits as long as it is told to
        case.headers.pop("Accept", None)  # a live stream never ends
        if number % 2:  # else nearly all that is made up is refused
            case.headers.pop("If-Match", None)
        case.call_and_validate(session=session, checks=CHECKS, timeout=PATIENCE_SECONDS)

    check()
