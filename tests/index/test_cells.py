import pytest

from index.cells import column_role, names_row, outside
from index.numbering import marks
from index.paragraphs import paragraphs
from models.taxonomy import load_taxonomy
from tests.index.heading_labels import AliasLabels

TAXONOMY = load_taxonomy()


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("问题", "problem"),
        ("具体表现", "problem"),
        ("原因分析", "cause"),
        ("措施", "measure"),
        ("整改举措", "measure"),
        ("整改措施及时限", "measure"),
        ("整改措施及完成时限", "measure"),
        ("整改措施及责任人", "measure"),
        ("整改目标、措施和时限", "measure"),
        ("整改措施（责任人、时限）", "measure"),
        ("整改时限及措施", "measure"),
        ("解决办法和完成时间", "measure"),
        ("存在问题及责任人", "problem"),
        ("整改措施完成时限", "other"),
        ("整改责任人及时限", "other"),
        ("问题来源和责任单位", "other"),
        ("整改时限", "other"),
        ("整改责任人", "other"),
        ("完成时间（年月）", "other"),
        ("落实主体责任", None),
        ("履行全面从严治党责任", None),
        ("坚持党的领导", None),
        ("分管领导", "other"),
        ("问题来源", None),
        ("类别", None),
        ("", None),
    ],
)
def test_the_heading_of_a_column_names_a_role_in_few_words(column, role):
    assert role == column_role(column, TAXONOMY)


@pytest.mark.parametrize(
    ("words", "column", "named"),
    [
        ("理论学习方面", "类别", True),
        ("1 理论学习", "", True),
        ("理论学习不够经常", "存在问题", False),
        ("理论学习不够，读得少。", "类别", False),
        ("班子建设", "类别", False),
        ("公务用车方面", "查摆方面", True),
        ("理论学习方面", "责任科室", True),
    ],
)
def test_a_cell_that_names_a_dimension_under_no_role_names_its_row(words, column, named):
    assert named == names_row(words, column, AliasLabels())


def test_marks_in_cells_are_left_out():
    text = "一、问题\n一、学得浅。二是读得少。\n二、措施"
    blocks = paragraphs(text)

    kept = outside(marks(text), blocks, {blocks[1].start})

    assert ["一、", "二、"] == [mark.number for mark in kept]
