"""A small slice of what `make schemathesis` asks a running service: every operation, and chains of them, in seconds."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.specs.openapi.checks import positive_data_acceptance

from index.readers import document_from_text
from service.app import create_app
from service.keys import KeyFile
from service.settings import Settings
from tests.contract.try_schemathesis import CONFIG
from tests.service.conftest import OTHER_REPORT, REPORT, FakeRuntime

SLICE = settings(
    derandomize=True,  # the same requests in every run
    max_examples=5,
    stateful_step_count=6,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
# What the OpenAPI document cannot say; see `tests.contract.try_schemathesis`.
LEFT_OUT = [positive_data_acceptance]


@pytest.fixture(scope="module")
def schema(tmp_path_factory, small_head):
    """The OpenAPI document of an application that has two reports and a key."""
    folder = tmp_path_factory.mktemp("contract")
    key = KeyFile(folder).create(name="contract", role="admin").token
    with FakeRuntime(Settings(data_dir=folder)) as runtime:
        runtime.__dict__["head"] = small_head
        for text in (REPORT, OTHER_REPORT):
            runtime.add(document_from_text(text, source="甲.txt"))
        config = schemathesis.Config.from_path(CONFIG)
        schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(runtime), config=config)
        schema.config.update(headers={"Authorization": f"Bearer {key}"})
        yield schema


def test_every_operation_keeps_to_its_openapi_document(schema, subtests):
    for found in schema.get_all_operations():
        operation = found.ok()

        @SLICE
        @given(case=operation.as_strategy())
        def ask(case):
            case.call_and_validate(excluded_checks=LEFT_OUT)

        with subtests.test(operation.label):
            ask()


def test_chains_of_requests_keep_to_it_too(schema):
    class Chains(schema.as_state_machine()):
        def validate_response(self, response, case, **options):
            case.validate_response(response, excluded_checks=LEFT_OUT, transport_kwargs=options)

    run_state_machine_as_test(Chains, settings=SLICE)
