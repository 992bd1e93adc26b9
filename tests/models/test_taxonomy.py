from pathlib import Path

import pytest

from models.errors import BadTaxonomy
from models.taxonomy import load_taxonomy

CODES = ("theory", "politics", "ability", "responsibility", "style", "integrity", "none")
ROLES = ("problem", "cause", "measure", "study", "other")


def test_the_bundled_taxonomy_has_the_public_codes_and_labels():
    taxonomy = load_taxonomy()

    assert CODES == taxonomy.codes
    assert ROLES == taxonomy.role_codes
    assert ["理论学习", "政治素质", "能力本领", "担当作为", "工作作风", "廉洁自律", "其他"] == [
        taxonomy.label(code) for code in CODES
    ]


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("（一）在理论学习方面。", "theory"),
        ("（二）政治建设方面", "politics"),
        ("三是业务素质不高的问题。", "ability"),
        ("（三）担当负责方面", "responsibility"),
        ("（三）宗旨意识淡化。", "style"),
        ("（四）落实面从严治党责任方面", "integrity"),
        ("（一）加强理论学习，提高政治素养。", "theory"),
        ("一、存在的问题", None),
        ("（三）带头在遵规守纪、清正廉洁前提下勇于担当、敢于作为方面", "responsibility"),
        ("在清正廉洁的前提下敢于碰硬方面", None),
        ("（三）带头在遵规守纪、清正廉洁前提下勇于担责、敢于善为方面", "responsibility"),
        ("（三）带头坚持和加强党的全面领导方面", "politics"),
        ("（二）党员意识方面", "politics"),
        ("（一）严以修身方面", "politics"),
        ("（五）作用发挥方面", "responsibility"),
        ("（三）践行宗旨、服务人民方面", "style"),
        ("（四）群众纪律方面", "style"),
        ("（二）严以用权方面", "integrity"),
        ("（三）严以律己方面", "integrity"),
        ("（二）执行纪律合格方面", "integrity"),
        ("学习方面", "theory"),
        ("业务学习方面", "ability"),
        ("政治纪律方面", "politics"),
        ("工作纪律方面", "integrity"),
    ],
)
def test_a_heading_declares_the_dimension_that_it_names_first(heading, code):
    assert code == load_taxonomy().declared(heading)


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("一、存在的问题", "problem"),
        ("二、产生问题的原因分析", "cause"),
        ("三、问题整改措施", "measure"),
        ("四、今后的努力方向和改进措施", "measure"),
        ("三、下步打算", "measure"),
        ("一、学习情况", "study"),
        ("四、典型案例剖析情况", "other"),
        ("三、对照反面典型剖析根源", "cause"),
        ("二、病根在哪里", "cause"),
        ("（一）在理论学习方面。", None),
    ],
)
def test_a_heading_has_the_role_that_it_names_last(heading, role):
    assert role == load_taxonomy().role(heading)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "holds no fields"),
        ("format: 2\nname: a", "format is 2"),
        ("format: 1\nname: a\nversion: 1\nroles: []", "dimensions missing"),
        ("format: 1\nname: a\nversion: 1\nroles: []\ndimensions: [{code: a, label: A}]", "at least two"),
        ("format: 1\nname: a\nversion: 1\nroles: []\ndimensions: [{code: a, label: A}, {code: a, label: B}]", "a more"),
        ("format: 1\nname: a\nversion: 1\nroles: []\ndimensions: [{code: a}]", "dimensions[0]"),
        ("format: [1", "no readable YAML"),
        ("[" * 100_000, "no readable YAML"),
        ("name: a\nversion: 1" + "0" * 5_000, "no readable YAML"),
        ("x: &x [1, 2]\nname: *x\nversion: 1\ndimensions: []", "name is not a text"),
        ("name: a\nversion: 1\ndimensions: [{code: a, label: A, definition: [1]}]", "definition is not a text"),
    ],
)
def test_a_bad_taxonomy_is_refused_with_the_place(tmp_path: Path, content, said):
    path = tmp_path / "my.yaml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(BadTaxonomy, match="my.yaml") as caught:
        load_taxonomy(path)

    assert said in str(caught.value)


def test_a_taxonomy_may_leave_out_its_format(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("name: a\nversion: 1\ndimensions: [{code: a, label: A}, {code: none, label: B}]", encoding="utf-8")

    assert ("a", "none") == load_taxonomy(path).codes


def test_a_code_for_none_that_is_left_blank_is_the_usual_one(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(
        "name: x\nversion: 1\nnone_code:\ndimensions:\n- {code: a, label: 学习}\n- {code: b, label: 工作}\n",
        encoding="utf-8",
    )

    assert "none" == load_taxonomy(path).none_code
