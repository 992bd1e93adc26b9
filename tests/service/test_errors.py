import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from index.errors import CorpusBusy, IndexFault, UnknownDocument
from models.errors import BadText, ModelFault
from service.errors import FAULTS, OUTCOMES, BadRequest, ServiceFault, outcome
from service.handlers import install_handlers, param_of
from service.middleware import RequestIds, request_id_of


def every_fault(base):
    """Return all classes below a base that the packages themselves define."""
    below = {kind for child in base.__subclasses__() for kind in (child, *every_fault(child))}
    return {kind for kind in below if kind.__module__.partition(".")[0] in ("index", "models", "service")}


def test_every_fault_of_every_folder_has_its_own_row():
    known = every_fault(IndexFault) | every_fault(ModelFault) | every_fault(ServiceFault)

    assert known == set(OUTCOMES)
    assert {IndexFault, ModelFault, ServiceFault} == set(FAULTS)


def test_statuses_and_exit_codes_are_those_that_are_promised():
    for row in OUTCOMES.values():
        assert row.status in (401, 403, 404, 409, 422, 429, 500, 503)
        assert row.exit_code in (1, 2, 3)
    assert len(OUTCOMES) == len({row.type for row in OUTCOMES.values()})


def test_a_fault_without_a_row_has_the_outcome_of_its_parent():
    class StillBusy(CorpusBusy):
        pass

    assert outcome(CorpusBusy("busy")) == outcome(StillBusy("busy"))


def test_a_stranger_has_no_outcome():
    with pytest.raises(KeyError):
        outcome(ValueError("who?"))


@pytest.mark.parametrize(
    ("fault", "status", "kind", "param"),
    [
        (UnknownDocument("none"), 404, "unknown_document", None),
        (BadText("input[2] is empty", param="input[2]"), 422, "bad_text", "input[2]"),
        (BadRequest("too many", param="input"), 422, "invalid_request", "input"),
        (CorpusBusy("busy"), 503, "corpus_busy", None),
        (IndexFault("corpus.sqlite: disk I/O error"), 503, "environment", None),
    ],
)
def test_a_fault_is_answered_with_its_row_its_message_and_its_place(fault, status, kind, param):
    response = answer_to(fault)

    expected = {"type": kind, "message": str(fault), "param": param, "request_id": "r1"}
    assert (status, {"error": expected}) == (response.status_code, response.json())


@pytest.mark.parametrize("fault", [MemoryError(), RuntimeError("can't start new thread")])
def test_a_shortage_of_memory_is_answered_with_503_and_its_name(fault):
    response = answer_to(fault)

    assert (503, "out_of_memory") == (response.status_code, response.json()["error"]["type"])


def test_a_message_that_quotes_the_caller_is_cut_and_fit_for_utf_8():
    message = answer_to(UnknownDocument("\ud800" + "长" * 2000)).json()["error"]["message"]

    assert message.startswith("?长")
    assert 1000 == len(message)


def answer_to(fault):
    app = FastAPI()
    install_handlers(app)
    app.add_middleware(RequestIds)

    @app.get("/")
    def raise_it() -> None:
        raise fault

    return TestClient(app).get("/", headers={"X-Request-ID": "r1"})


@pytest.mark.parametrize(
    ("location", "param"),
    [
        (("body", "input", 1, "<object>", "text"), "input[1].text"),
        (("body", "input", 0, "<text>"), "input[0]"),
        (("body", "metadata", "boss", "[key]"), "metadata.boss"),
        (("query", "limit"), "limit"),
        (("body",), None),
    ],
)
def test_a_place_in_a_request_is_written_as_a_path(location, param):
    assert param == param_of(location)


def test_only_an_id_that_is_fit_for_a_log_is_taken_over():
    assert "a-B_9.:" == request_id_of("a-B_9.:")
    for unfit in (None, "", "a\nb", "编号", "x" * 129):
        assert request_id_of(unfit) != unfit
