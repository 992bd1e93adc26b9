import json

import pytest

from models.errors import BadExamples
from models.judged_queries import BUNDLED_QUERIES, JudgedQuery, load_judged_queries


def written(path, row):
    path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_judged_query_holds_its_sentences_by_judgement(tmp_path):
    row = {
        "query": "谁只转一圈？",
        "kind": "question",
        "collection": "a",
        "answers": ["车上看看"],
        "touches": ["住得少"],
    }

    assert [
        JudgedQuery(text="谁只转一圈？", collection="a", answers=("车上看看",), touches=("住得少",))
    ] == load_judged_queries(written(tmp_path / "queries.jsonl", row))


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ([], "`query` and `collection`"),
        ({"query": "谁？", "answers": ["一"]}, "`query` and `collection`"),
        ({"query": 3, "collection": "a", "answers": ["一"]}, "`query` and `collection`"),
        ({"query": " ", "collection": "a", "answers": ["一"]}, "`query` and `collection`"),
        ({"query": "谁？", "collection": "a", "answers": ["一", ""]}, "`answers` must be a list"),
        ({"query": "谁？", "collection": "a"}, "`answers` is empty"),
        ({"query": "谁？", "collection": "a", "answers": "一"}, "`answers` must be a list"),
        ({"query": "谁？", "collection": "a", "answers": ["一"], "touches": [2]}, "`touches` must be a list"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, row, named):
    with pytest.raises(BadExamples, match=f"queries.jsonl:1.*{named}"):
        load_judged_queries(written(tmp_path / "queries.jsonl", row))


def test_no_bundled_query_has_a_sentence_twice():
    queries = load_judged_queries(BUNDLED_QUERIES)

    assert len(queries) > 500
    assert len({(query.collection, query.text) for query in queries}) == len(queries)
    for query in queries:
        texts = [*query.answers, *query.touches, *query.near_misses]
        assert len(texts) == len(set(texts)), query.text
