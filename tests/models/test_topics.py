import json

import pytest

from models.datasets import bundled_example_files
from models.errors import BadExamples
from models.topics import BUNDLED_TOPICS, Topic, load_topics


def written(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def row(text, relation="answers", topic="调研走过场"):
    return {"text": text, "primary": "style", "topic": topic, "relation": relation}


def test_a_topic_holds_its_queries_and_the_sentences_by_their_relation(tmp_path):
    queries = written(tmp_path / "topics.jsonl", [{"topic": "调研走过场", "queries": ["走马观花", "谁只转一圈？"]}])
    rows = [
        row("车上看看"),
        row("坐坐就走"),
        row("住下来的少"),
        row("带回的问题不用", "touches"),
        row("读书囫囵", "near miss"),
    ]
    examples = written(tmp_path / "b1.jsonl", [*rows, {"text": "与题无关", "primary": "none"}])

    topics = load_topics(queries, [examples])

    assert topics == [
        Topic(
            name="调研走过场",
            queries=("走马观花", "谁只转一圈？"),
            answers=("车上看看", "坐坐就走", "住下来的少"),
            touches=("带回的问题不用",),
            near_misses=("读书囫囵",),
        )
    ]


@pytest.mark.parametrize(
    ("query_row", "example_rows", "named"),
    [
        ({"topic": "调研走过场", "queries": []}, [row("一"), row("二"), row("三")], "topics.jsonl:1"),
        ({"queries": ["走马观花"]}, [row("一"), row("二"), row("三")], "topics.jsonl:1"),
        ({"topic": "调研走过场", "queries": ["走马观花"]}, [row("一"), row("二")], "2 answers"),
        ({"topic": "调研走过场", "queries": ["走马观花"]}, [row("一", "of a kind")], "b1.jsonl:1"),
    ],
)
def test_what_is_missing_is_named(tmp_path, query_row, example_rows, named):
    queries = written(tmp_path / "topics.jsonl", [query_row])
    examples = written(tmp_path / "b1.jsonl", example_rows)

    with pytest.raises(BadExamples, match=named):
        load_topics(queries, [examples])


def test_the_bundled_topics_all_have_queries_and_answers():
    topics = load_topics(BUNDLED_TOPICS, bundled_example_files())

    assert len(topics) >= 300
    assert len({topic.name for topic in topics}) == len(topics)
