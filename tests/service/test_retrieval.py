import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.keys import KeyFile
from service.retrieval import RetrievalAnswer, RetrievalErrorAnswer

SETTING = {"top_k": 3, "score_threshold": 0.0}


@pytest.fixture
def filled(client, report, other_report):
    for text, year in ((report, "2022"), (other_report, "2023")):
        client.post("/v1/documents", json={"text": text, "metadata": {"unit": "某镇", "year": year}})
    return client


def ask(client, query="下村调研不够深入", setting=SETTING, headers=None, **more):
    body = {"knowledge_id": "reports", "query": query, "retrieval_setting": setting, **more}
    return client.post("/retrieval", json=body, headers=headers or {})


def where(*conditions, operator="and"):
    return {
        "logical_operator": operator,
        "conditions": [
            {"name": name, "comparison_operator": test, **({"value": value[0]} if value else {})}
            for name, test, *value in conditions
        ],
    }


def test_passages_come_with_score_title_and_where_they_stand(filled):
    response = ask(filled, metadata_condition=None)

    answer = RetrievalAnswer.model_validate_json(response.content, strict=True)
    first = answer.records[0]
    assert 3 == len(answer.records)
    assert "下村调研不够深入。有时坐在车上看" in first.content
    assert "个人对照检查材料" == first.title
    assert ("某镇", "2022", "style") == tuple(first.metadata[name] for name in ("unit", "year", "dimension"))
    assert "一、存在的问题 / （二）工作作风方面" == first.metadata["path"]
    assert sorted((record.score for record in answer.records), reverse=True) == [one.score for one in answer.records]
    assert 0 < answer.records[-1].score <= first.score <= 1


def test_what_scores_below_the_threshold_is_left_out(filled):
    scores = [record["score"] for record in ask(filled).json()["records"]]

    few = ask(filled, setting={"top_k": 3, "score_threshold": scores[1]}).json()["records"]

    assert [score for score in scores if score >= scores[1]] == [record["score"] for record in few]
    assert len(few) < 3


def test_a_setting_without_numbers_has_defaults(filled):
    assert 1 <= len(ask(filled, setting={"top_k": None, "score_threshold": None}).json()["records"]) <= 5
    assert ask(filled, setting={}).json() == ask(filled, setting={"top_k": 5}).json()


def test_conditions_keep_only_what_passes_and_still_fill_top_k(filled):
    later = ask(filled, metadata_condition=where((["year"], ">", 2022))).json()["records"]
    named = ask(filled, metadata_condition=where(("title", "contains", "剖析"), ("role", "is", "problem"))).json()[
        "records"
    ]
    nobody = ask(filled, metadata_condition=where(("unit", "empty"))).json()["records"]

    assert 3 == len(later)
    assert {"2023"} == {record["metadata"]["year"] for record in later}
    assert {"problem"} == {record["metadata"]["role"] for record in named}
    assert [] == nobody


def test_without_a_word_for_it_all_conditions_must_hold(filled):
    """Dify's program sends null where its form has one condition."""
    conditions = ("unit", "is", "某镇"), ("year", "is", "2022")
    records = ask(filled, metadata_condition=where(*conditions, operator=None)).json()["records"]

    assert {"2022"} == {record["metadata"]["year"] for record in records}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"query": " "}, "query"),
        ({"knowledge_id": None}, "knowledge_id"),
        ({"retrieval_setting": None}, "retrieval_setting"),
        ({"retrieval_setting": {"top_k": 0}}, "retrieval_setting.top_k"),
        ({"retrieval_setting": {"score_threshold": 2}}, "retrieval_setting.score_threshold"),
        ({"retrieval_setting": {"score_threshold": False}}, "retrieval_setting.score_threshold"),
        ({"retrieval_setting": {"limit": 2}}, "retrieval_setting.limit"),
        ({"metadata_condition": where(("boss", "is", "x"))}, "metadata_condition.conditions[0].name[0]"),
        ({"metadata_condition": where(("year", "like", "x"))}, "metadata_condition.conditions[0].comparison_operator"),
        ({"metadata_condition": where(("year", "is", True))}, "metadata_condition.conditions[0].value[0]"),
        ({"metadata_condition": where(("title", "is"))}, "metadata_condition.conditions[0].value"),
        ({"metadata_condition": where(("title", "in", []))}, "metadata_condition.conditions[0].value"),
        (
            {"metadata_condition": where(("unit", "empty"), ("year", "≥", "abc"))},
            "metadata_condition.conditions[1].value",
        ),
        ({"metadata_condition": where(("year", "before", "nan"))}, "metadata_condition.conditions[0].value"),
        (
            {"metadata_condition": where(("role", "is", "x"), ("year", "is", "x"), operator="or")},
            "metadata_condition.conditions",
        ),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_request_is_422_in_the_words_of_dify_and_in_our_own(filled, change, param):
    response = ask(filled, **change) if "query" not in change else ask(filled, query=change["query"])

    answer = RetrievalErrorAnswer.model_validate_json(response.content, strict=True)
    assert (422, 422, param) == (response.status_code, answer.error_code, answer.error.param)
    assert answer.error_msg == answer.error.message


def test_keys_are_refused_as_dify_knows_it(make_runtime):
    runtime = make_runtime()
    token = KeyFile(runtime.settings.data_dir).create(name="Dify", role="read").token

    with TestClient(create_app(runtime)) as client:
        refused = [ask(client, headers=headers) for headers in ({}, {"Authorization": "Bearer x"})]
        let_in = ask(client, headers={"Authorization": f"Bearer {token}"})
        # What Dify sends when an endpoint is set up: no body at all.
        probe = client.post("/retrieval", headers={"Authorization": f"Bearer {token}"})

    assert [(401, 1001), (403, 1002)] == [(one.status_code, one.json()["error_code"]) for one in refused]
    assert (200, {"records": []}) == (let_in.status_code, let_in.json())
    assert 422 == probe.status_code


def test_a_stranger_and_a_large_body_are_told_in_the_words_of_dify_too(make_runtime):
    runtime = make_runtime(max_upload_bytes=1000)
    with TestClient(create_app(runtime)) as client:
        large = ask(client, query="长" * 1000)
        runtime.search = lambda *args, **kwargs: 1 / 0
        broken = ask(client)

    assert [(413, 413), (500, 500)] == [(one.status_code, one.json()["error_code"]) for one in (large, broken)]
