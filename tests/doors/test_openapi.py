"""Requests made up from the API's own description find no mistake of ours, on a whole server with a device inside."""

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from whole import Server

from waykeep.api.app import described

EXAMPLES = 8
CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance)
DOCUMENT = msgspec.json.decode(msgspec.json.encode(described()))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("home"))
    yield made
    made.close()


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_no_request_finds_a_mistake(server, case):
    if "unit" in (case.path_parameters or {}) and case.method != "DELETE":
        case.path_parameters["unit"] = server.unit
    answer = case.call(base_url=server.address, headers=server.headers)
    case.validate_response(answer, checks=CHECKS)


def test_the_described_document_is_the_one_that_is_served(server):
    assert httpx.get(f"{server.address}/v1/openapi.json").json() == DOCUMENT
