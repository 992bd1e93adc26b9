import threading

from starlette.testclient import TestClient

from service.app import create_app

ENDS_WITHIN_S = 20


def test_what_comes_beyond_the_limit_is_429_and_told_when_to_try_again(make_runtime):
    runtime = make_runtime(max_requests=2)
    inside, go = threading.Semaphore(0), threading.Event()
    classify, answers = runtime.classified, []

    def slow(*args, **kwargs):
        inside.release()
        assert go.wait(ENDS_WITHIN_S)
        return classify(*args, **kwargs)

    with TestClient(create_app(runtime)) as client:
        runtime.classified = slow
        body = {"input": ["理论学习不够"]}
        threads = [
            threading.Thread(target=lambda: answers.append(client.post("/v1/classify", json=body).status_code))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        assert all(inside.acquire(timeout=ENDS_WITHIN_S) for _ in threads)

        refused = client.post("/v1/search", json={"query": "学习"})
        probe, figures = client.get("/livez"), client.get("/metrics")
        go.set()
        for thread in threads:
            thread.join(ENDS_WITHIN_S)
        after = client.post("/v1/search", json={"query": "学习"})

    assert (429, "overloaded") == (refused.status_code, refused.json()["error"]["type"])
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-Request-ID"] == refused.json()["error"]["request_id"]
    assert (200, 200) == (probe.status_code, figures.status_code)
    assert [200, 200] == answers
    assert 200 == after.status_code
