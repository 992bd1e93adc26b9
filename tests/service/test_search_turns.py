import threading

from starlette.testclient import TestClient

from service.app import create_app
from service.search_turns import AT_ONCE

ENDS_WITHIN_S = 20
NOT_YET_S = 0.2


def test_a_search_waits_its_turn_and_keeps_nothing_else_waiting(make_runtime):
    runtime = make_runtime()
    inside, go = threading.Semaphore(0), threading.Event()
    answer, answers = runtime.answer, []

    def slow(*args, **kwargs):
        inside.release()
        assert go.wait(ENDS_WITHIN_S)
        return answer(*args, **kwargs)

    with TestClient(create_app(runtime)) as client:
        runtime.answer = slow
        asked = [("/v1/search", {"query": "学习"})] * (AT_ONCE + 1)
        asked.append(("/retrieval", {"knowledge_id": "any", "query": "学习", "retrieval_setting": {"top_k": 1}}))
        threads = [
            threading.Thread(
                target=lambda path, body: answers.append(client.post(path, json=body).status_code), args=one
            )
            for one in asked
        ]
        for thread in threads:
            thread.start()
        began = [inside.acquire(timeout=ENDS_WITHIN_S) for _ in range(AT_ONCE)]
        too_many = inside.acquire(timeout=NOT_YET_S)
        classified = client.post("/v1/classify", json={"input": ["理论学习不够"]})
        go.set()
        for thread in threads:
            thread.join(ENDS_WITHIN_S)

    assert all(began) and not too_many
    assert 200 == classified.status_code
    assert [200] * len(asked) == answers


def test_a_search_that_fails_leaves_its_turn_to_the_next(client):
    refused = [client.post("/v1/search", json={"query": " "}).status_code for _ in range(AT_ONCE + 1)]

    assert [422] * len(refused) == refused
    assert 200 == client.post("/v1/search", json={"query": "学习"}).status_code
