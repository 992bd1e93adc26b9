import pytest

from models.classifier import Classifier
from models.datasets import DEFINITION
from models.taxonomy import load_taxonomy
from models.zero_shot import texts_of, zero_shot_head
from tests.doubles import HashEmbedder

EMBEDDER = HashEmbedder(dim=256)
MINE = """format: 1
name: mine
version: 1
none_code: none
roles: []
dimensions:
  - {code: water, label: 水利, definition: 河道清淤；水库加固, aliases: [防汛]}
  - {code: road, label: 交通, definition: 公路养护。桥梁检测}
  - {code: school, label: 教育}
"""


@pytest.fixture
def taxonomy(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE, encoding="utf-8")
    return load_taxonomy(path)


@pytest.fixture
def head(taxonomy):
    return zero_shot_head(taxonomy, EMBEDDER.encode_passages)


def test_all_that_is_known_of_a_label_is_its_text(taxonomy):
    assert ("水利", "防汛", "河道清淤", "水库加固") == texts_of(taxonomy.dimensions[0])
    assert ("教育",) == texts_of(taxonomy.dimensions[2])


def test_a_text_goes_to_the_label_whose_words_it_shares(taxonomy, head):
    texts = ["本月完成河道清淤三公里", "公路养护与桥梁检测不及时", "乡村教育投入不足"]

    predictions = Classifier(taxonomy, head).predict(texts, EMBEDDER.encode_passages(texts), evidence=1)

    assert ["water", "road", "school"] == [one.dimension for one in predictions]
    assert ["河道清淤", "公路养护", "教育"] == [one.evidence[0].text for one in predictions]
    assert {"other"} == {one.role for one in predictions}
    for one in predictions:
        assert sum(one.scores.values()) == pytest.approx(1)


def test_every_piece_of_a_definition_goes_to_its_label_and_the_roles_follow_their_words():
    bundled = load_taxonomy()
    encoder = HashEmbedder(dim=1024)
    head = zero_shot_head(bundled, encoder.encode_passages)
    texts = [example.text for example in head.examples]

    predictions = Classifier(bundled, head).predict(texts, encoder.encode_passages(texts))
    (cause, measure) = Classifier(bundled, head).predict(
        ["问题产生的原因", "整改措施"], encoder.encode_passages(["问题产生的原因", "整改措施"])
    )

    right = [one.dimension == example.primary for one, example in zip(predictions, head.examples, strict=True)]
    assert sum(right) > 0.9 * len(right)
    assert ("cause", "measure") == (cause.role, measure.role)


def test_its_evidence_is_made_of_definitions(taxonomy, head):
    assert {DEFINITION} == {example.made for example in head.examples}
    assert len(head.examples) == len(head.example_vectors) == len(head.example_columns) == 8


def test_among_many_labels_it_does_not_abstain_for_lack_of_a_great_score(taxonomy):
    assert 0.35 == zero_shot_head(taxonomy, EMBEDDER.encode_passages).thresholds.confidence
    assert 2 / 7 == pytest.approx(zero_shot_head(load_taxonomy(), EMBEDDER.encode_passages).thresholds.confidence)
