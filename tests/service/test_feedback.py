import json

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.runtime import Runtime
from service.settings import load_settings
from tests.doubles import HashEmbedder
from tests.service.conftest import EXAMPLES

FIELDS = (
    "feedback_id sentence_id text context dimension role author note made_at undone_at undone_by".split()
)  # in the order that is shown


@pytest.fixture
def stored(client, report):
    """The report in the corpus, as its record."""
    return client.post("/v1/documents", json={"text": report}).json()


def items(client, document_id):
    return client.get(f"/v1/documents/{document_id}").json()["items"]


def one_about(client, document_id, words):
    return next(item for item in items(client, document_id) if words in item["text"])


def say(client, **body):
    return client.post("/v1/feedback", json=body)


def test_what_a_person_says_of_a_sentence_shows_in_its_document_and_in_search(client, stored):
    before = one_about(client, stored["document_id"], "隔着玻璃")

    given = say(
        client, sentence_id=before["sentence_id"], dimension="integrity", role="cause", author="张三", note="改"
    )

    assert (201, FIELDS) == (given.status_code, list(given.json()))
    assert ("张三", "改", None) == tuple(given.json()[name] for name in ("author", "note", "undone_at"))
    assert "下村调研不够深入" in given.json()["context"]
    after = one_about(client, stored["document_id"], "隔着玻璃")
    assert ("integrity", "cause", False, None) == tuple(
        after[name] for name in ("dimension", "role", "abstained", "reason")
    )
    assert given.json()["feedback_id"] == after["feedback_id"]
    found = client.post("/v1/search", json={"query": "隔着玻璃", "filter": {"dimension": ["integrity"]}}).json()
    assert (before["sentence_id"], {"integrity"}) == (
        found["data"][0]["sentence_id"],
        {hit["dimension"] for hit in found["data"]},
    )


def test_a_label_of_a_person_is_sure_and_the_guess_stays_readable_beside_it(client, stored):
    before = one_about(client, stored["document_id"], "隔着玻璃")
    say(client, sentence_id=before["sentence_id"], dimension="politics", role="cause")

    first = one_about(client, stored["document_id"], "隔着玻璃")
    say(client, sentence_id=before["sentence_id"], dimension="integrity")
    second = one_about(client, stored["document_id"], "隔着玻璃")

    for after, dimension in ((first, "politics"), (second, "integrity")):
        assert (1, [], dimension) == (after["confidence"], after["secondary"], after["dimension"])
        assert {**dict.fromkeys(before["scores"], 0), dimension: 1} == after["scores"]
        assert {name: before[name] for name in after["guess"]} == after["guess"]
    assert (None, {"confidence", "scores", "reason"}) == (
        before["guess"],
        {"confidence", "scores", "reason"} & set(first["guess"]),
    )


def test_taking_it_back_restores_the_guess_and_stays_on_record(client, stored):
    before = one_about(client, stored["document_id"], "隔着玻璃")
    given = say(client, sentence_id=before["sentence_id"], dimension="integrity").json()

    undone = client.delete(f"/v1/feedback/{given['feedback_id']}", params={"author": "李四"})
    again = client.delete(f"/v1/feedback/{given['feedback_id']}", params={"author": "王五"})

    assert (200, "李四") == (undone.status_code, undone.json()["undone_by"])
    assert undone.json() == again.json() == client.get(f"/v1/feedback/{given['feedback_id']}").json()
    assert before == one_about(client, stored["document_id"], "隔着玻璃")
    assert {"data": [undone.json()], "total": 1} == client.get("/v1/feedback").json()


def test_the_names_that_tables_show_may_stand_for_codes_and_codes_are_stored(client):
    given = say(client, text="会上会下两个样", dimension="政治素质", role="问题").json()

    assert ("politics", "problem") == (given["dimension"], given["role"])


def test_a_text_of_its_own_may_be_labelled_too(client):
    given = say(client, text="会上会下两个样", context="（二）政治素质方面", dimension="politics")

    assert (201, None, "（二）政治素质方面") == (
        given.status_code,
        given.json()["sentence_id"],
        given.json()["context"],
    )


def test_the_list_is_newest_first_and_cut_as_asked(client):
    for number in range(3):
        say(client, text=f"第{number}条", dimension="style")

    listed = client.get("/v1/feedback", params={"limit": 2, "offset": 1}).json()

    assert (3, ["第1条", "第0条"]) == (listed["total"], [one["text"] for one in listed["data"]])


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"text": "会上会下", "dimension": "nothing"}, 422, "dimension"),
        ({"text": "会上会下", "dimension": "style", "role": "reason"}, 422, "role"),
        ({"dimension": "style"}, 422, "sentence_id"),
        ({"text": "会上", "sentence_id": "a:1", "dimension": "style"}, 422, "sentence_id"),
        ({"text": "会上"}, 422, "dimension"),
        ({"text": " ", "dimension": "style"}, 422, "text"),
        ({"text": "\ud800", "dimension": "style"}, 422, "text"),
        ({"text": "会" * 20_001, "dimension": "style"}, 422, "text"),
        ({"text": "会上", "dimension": "style", "author": "长" * 201}, 422, "author"),
        ({"text": "会上", "dimension": "style", "who": "x"}, 422, "who"),
        ({"sentence_id": "0123456789abcdef:3", "dimension": "style"}, 404, None),
        ({"sentence_id": "no-id", "dimension": "style"}, 404, None),
        ({"sentence_id": "a:" + "9" * 30, "dimension": "style"}, 404, None),
    ],
)
def test_wrong_feedback_is_refused_by_name_and_nothing_is_stored(client, body, status, param):
    answer = client.post("/v1/feedback", content=json.dumps(body), headers={"Content-Type": "application/json"})

    assert (status, param) == (answer.status_code, answer.json()["error"]["param"])
    assert 0 == client.get("/v1/feedback").json()["total"]


def test_unknown_feedback_is_404(client):
    for answer in (client.get("/v1/feedback/fb-none"), client.delete("/v1/feedback/fb-none")):
        assert (404, "unknown_feedback") == (answer.status_code, answer.json()["error"]["type"])


def test_the_queue_asks_about_unsettled_sentences_the_most_doubtful_first(client, stored):
    first = client.get("/v1/feedback/queue", params={"limit": 3}).json()["data"]
    say(client, sentence_id=first[0]["sentence_id"], dimension="style")

    second = client.get("/v1/feedback/queue", params={"limit": 3}).json()["data"]

    assert 3 == len(first)
    assert max(one["doubt"] for one in first) == first[0]["doubt"]
    assert first[0]["sentence_id"] not in {one["sentence_id"] for one in second}
    assert 422 == client.get("/v1/feedback/queue", params={"limit": 0}).status_code


@pytest.fixture
def trained(monkeypatch, liuwei, tmp_path):
    """A client of a service whose head was trained by the command line; everything is real but the encoder."""
    monkeypatch.setattr("service.runtime.load_embedder", lambda name, **_: HashEmbedder(salt=name))
    monkeypatch.setenv("LIUWEI_ENCODER", "small")
    path = tmp_path / "examples.jsonl"
    rows = [{"text": text, "primary": primary, "role": role} for primary, role, text in EXAMPLES]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert 0 == liuwei("train", "--examples", path).exit_code
    with TestClient(create_app(Runtime(load_settings({})))) as client:
        yield client


TEXT = "开会时总是坐在后排低头看手机"


def classified(client, text=TEXT):
    answer = client.post("/v1/classify", json={"input": [text], "evidence": 1}).json()
    return answer["model"], answer["data"][0]


def test_refitting_learns_in_place_and_can_be_undone(trained):
    model, before = classified(trained)
    wanted = next(code for code in ("integrity", "politics") if code != before["dimension"])
    say(trained, text=TEXT, dimension=wanted, author="张三")

    refitted = trained.post("/v1/feedback/refit")
    learned, after = classified(trained)
    undone = trained.post("/v1/heads/undo")

    answer = refitted.json()
    assert (200, "v0002", "v0001", 1) == (
        refitted.status_code,
        answer["head"]["name"],
        answer["previous"],
        answer["labels"],
    )
    assert (0.0, 1.0) == (answer["agreed_before"], answer["agreed_after"])
    assert (wanted, TEXT) == (after["dimension"], after["evidence"][0]["text"])
    assert (learned, model) == (answer["head"]["model"], classified(trained)[0])
    assert (200, "v0001", before) == (undone.status_code, undone.json()["name"], classified(trained)[1])


def test_a_label_that_was_taken_back_leaves_no_trace_at_the_next_refitting(trained):
    before = classified(trained)
    given = say(trained, text=TEXT, dimension="integrity").json()
    trained.post("/v1/feedback/refit")
    trained.delete(f"/v1/feedback/{given['feedback_id']}")
    say(trained, text="慰问品没有登记", dimension="integrity")

    second = trained.post("/v1/feedback/refit").json()
    only = trained.get("/v1/heads").json()["data"][-1]
    trained.delete(f"/v1/feedback/{trained.get('/v1/feedback').json()['data'][0]['feedback_id']}")
    third = trained.post("/v1/feedback/refit").json()

    assert (1, 15) == (second["labels"], only["examples"])
    assert (0, "v0001") == (third["labels"], third["head"]["name"])
    assert before == classified(trained)


def test_refitting_without_feedback_is_refused(trained):
    answer = trained.post("/v1/feedback/refit")

    assert (422, "invalid_request") == (answer.status_code, answer.json()["error"]["type"])


def test_labels_that_the_taxonomy_in_use_does_not_know_are_counted_and_left_out(trained, liuwei, tmp_path):
    say(trained, text=TEXT, dimension="integrity")
    taxonomy = tmp_path / "mine.yaml"
    taxonomy.write_text(
        "format: 1\nname: mine\nversion: 1\nroles: [{code: r, label: 角色}]\n"
        "dimensions: [{code: a, label: 甲}, {code: b, label: 乙}]\n",
        encoding="utf-8",
    )
    examples = tmp_path / "mine.jsonl"
    examples.write_text('{"text": "甲甲甲", "primary": "a"}\n{"text": "乙乙乙", "primary": "b"}\n', encoding="utf-8")
    liuwei("train", "--taxonomy", taxonomy, "--examples", examples)
    none_known = trained.post("/v1/feedback/refit")
    say(trained, text="甲和甲", dimension="a")

    answer = trained.post("/v1/feedback/refit").json()

    assert (1, 1) == (answer["labels"], answer["left_out"])
    assert "mine@1" == answer["head"]["taxonomy"]
    assert (422, True) == (none_known.status_code, "(1) is for labels that" in none_known.json()["error"]["message"])


def test_the_command_line_refits_too(trained, liuwei):
    say(trained, text=TEXT, dimension="integrity")

    ran = liuwei("heads", "refit", "--json")

    assert (0, 1, "v0002") == (ran.exit_code, ran.rows[0]["labels"], ran.rows[0]["head"]["name"])
    assert ran.rows[0]["head"]["model"] == classified(trained)[0]
    assert (0, True) == ((shown := liuwei("heads", "refit")).exit_code, "1 labels" in shown.stdout)


def test_heads_are_shown_and_chosen_over_http(trained):
    shown = trained.get("/v1/heads").json()["data"]

    chosen = trained.post("/v1/heads/use", json={"name": "bundled"})
    wrong = trained.post("/v1/heads/use", json={"name": "v0099"})

    assert ["bundled", "v0001"] == [head["name"] for head in shown]
    assert (200, "bundled", True) == (chosen.status_code, chosen.json()["name"], chosen.json()["in_use"])
    assert (422, "name") == (wrong.status_code, wrong.json()["error"]["param"])


def test_an_audit_of_feedback_names_the_labels_that_the_examples_contradict(trained, liuwei):
    assert 2 == liuwei("audit").exit_code
    wrong = say(trained, text="下村调研走马观花，与群众谈心很少", dimension="theory").json()
    say(trained, text="下村调研走马观花，与群众谈心太少", dimension="style")

    ran = liuwei("audit", "--json")

    assert 0 == ran.exit_code
    assert ("theory", "style") == next(
        (row["label"], row["suggested"]) for row in ran.rows if row["feedback_id"] == wrong["feedback_id"]
    )
    assert "2 labels judged" in ran.stderr


def test_an_audit_of_examples_names_the_wrong_one(trained, liuwei, tmp_path):
    rows = [
        {"text": f"{text}（{number}）", "primary": primary, "batch": f"b{number}"}
        for number in range(6)
        for primary, _, text in EXAMPLES
    ]
    rows[16]["primary"] = "integrity"
    path = tmp_path / "audited.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    ran = liuwei("audit", "--examples", path, "--json")

    assert 0 == ran.exit_code
    assert ("integrity", "politics") == next(
        (row["label"], row["suggested"]) for row in ran.rows if row["text"] == rows[16]["text"]
    )
    assert 0 == liuwei("audit", "--examples", path).exit_code
