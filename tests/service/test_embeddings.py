import base64

import numpy as np
import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.embeddings import EmbeddingsAnswer, ModelList
from tests.doubles import HashEmbedder

TEXTS = ["下村调研走马观花", "理论学习不够深入"]


def embed(client, **body):
    return client.post("/v1/embeddings", json=body)


def test_numbers_and_base64_are_the_vectors_of_the_encoder(client):
    expected = HashEmbedder().encode_passages(TEXTS)

    numbers = embed(client, input=TEXTS, model="any", encoding_format="float").json()
    coded = embed(client, input=TEXTS, model="any", encoding_format="base64").json()

    assert np.allclose(expected, [row["embedding"] for row in numbers["data"]])
    decoded = [np.frombuffer(base64.b64decode(row["embedding"]), dtype="<f4") for row in coded["data"]]
    assert np.array_equal(expected, decoded)
    for answer in (numbers, coded):
        assert EmbeddingsAnswer.model_validate(answer, strict=True)
        assert [0, 1] == [row["index"] for row in answer["data"]]
        assert "hash-bigrams-64" == answer["model"]
        assert {"prompt_tokens": 16, "total_tokens": 16} == answer["usage"]


def test_either_script_has_the_vector_that_a_corpus_has(client):
    traditional, plain = embed(client, input=["理論學習不夠深入", TEXTS[1]]).json()["data"]

    assert traditional["embedding"] == plain["embedding"]


def test_one_text_may_stand_for_a_list_of_it(client):
    assert embed(client, input=TEXTS[0]).json() == embed(client, input=TEXTS[:1]).json()


def test_the_width_of_the_encoder_may_be_asked_for(client):
    assert 200 == embed(client, input=TEXTS, dimensions=64).status_code


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "input"),
        ({"input": []}, "input"),
        ({"input": [1, 2]}, "input"),
        ({"input": [[1, 2]]}, "input"),
        ({"input": ["理论", 5]}, "input[1]"),
        ({"input": ["理论", " "]}, "input[1]"),
        ({"input": ["理论", "\u200b\ufeff\u200d"]}, "input[1]"),
        ({"input": ["理论", "长" * 21]}, "input[1]"),
        ({"input": ["理论"] * 4}, "input"),
        ({"input": ["理论"], "dimensions": 65}, "dimensions"),
        ({"input": ["理论"], "encoding_format": "hex"}, "encoding_format"),
        ({"input": ["理论"], "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_request_is_422_and_names_the_place(make_runtime, body, param):
    with TestClient(create_app(make_runtime(max_batch_texts=3, max_text_chars=20))) as client:
        response = embed(client, **body)

    assert (422, param) == (response.status_code, response.json()["error"]["param"])


def test_the_list_of_models_names_the_one_that_embeddings_come_from(client):
    answer = client.get("/v1/models")

    assert (200, ModelList.model_validate(answer.json(), strict=True).model_dump()) == (
        answer.status_code,
        answer.json(),
    )
    assert [embed(client, input=TEXTS).json()["model"]] == [model["id"] for model in answer.json()["data"]]


def test_tokens_are_refused_by_name(client):
    message = embed(client, input=[1, 2]).json()["error"]["message"]

    assert "tokens" in message and "check_embedding_ctx_length=False" in message
