import pytest

from index.records import DocumentSummary, SearchFilter
from service.conditions import Condition, Conditions
from service.errors import BadRequest

DIMENSIONS = {"theory": "理论学习", "style": "工作作风", "none": "其他"}
ROLES = {"problem": "问题", "measure": "措施"}


def document(document_id, title, **metadata):
    return DocumentSummary(
        document_id=document_id,
        title=title,
        source=f"{document_id}.docx",
        metadata=metadata,
        added_at="",
        sentences=1,
        characters=1,
    )


DOCUMENTS = (
    document("d1", "县局对照检查材料", unit="县局", year="2022"),
    document("d2", "镇政府对照检查材料", unit="镇政府", year="2023"),
    document("d3", "乡镇卫生院材料", year="去年"),
)


def passed(*conditions, operator="and"):
    made = tuple(
        Condition(names=(names,) if isinstance(names, str) else names, operator=test, values=values)
        for names, test, *values in conditions
    )
    return Conditions(operator=operator, conditions=made).filter(DOCUMENTS, dimensions=DIMENSIONS, roles=ROLES)


def documents(*conditions, operator="and"):
    found = passed(*conditions, operator=operator)
    return None if found is None else (found.document_id or ("d1", "d2", "d3"))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("title", "contains", "对照检查"), ("d1", "d2")),
        (("title", "not contains", "对照检查"), ("d3",)),
        (("title", "start with", "镇"), ("d2",)),
        (("title", "end with", "院材料"), ("d3",)),
        (("unit", "is", "县局"), ("d1",)),
        (("unit", "is not", "县局"), ("d2", "d3")),
        (("unit", "in", "县局", "镇政府"), ("d1", "d2")),
        (("unit", "not in", "县局", "镇政府"), ("d3",)),
        (("unit", "in", "县局, 镇政府"), ("d1", "d2")),
        (("unit", "not in", "县局,镇政府"), ("d3",)),
        (("unit", "empty"), ("d3",)),
        (("unit", "not empty"), ("d1", "d2")),
        (("year", "=", "2022.0"), ("d1",)),
        (("year", "≠", "2022"), ("d2", "d3")),
        (("year", ">", "2022"), ("d2",)),
        (("year", "<", "2023"), ("d1",)),
        (("year", "≥", "2022"), ("d1", "d2")),
        (("year", "≤", "2022"), ("d1",)),
        (("year", "before", "2023"), ("d1",)),
        (("year", "after", "2022"), ("d2",)),
        (("source", "is", "d3.docx"), ("d3",)),
        (("document_id", "is", "d2"), ("d2",)),
        ((("unit", "title"), "contains", "镇"), ("d2", "d3")),
        (("title", "contains", "材料"), ("d1", "d2", "d3")),
        (("title", "is", "没有"), None),
        (("year", ">", "很久"), None),
    ],
)
def test_a_condition_on_documents_becomes_the_documents_that_pass(condition, expected):
    assert expected == documents(condition)


def test_all_must_hold_with_and_any_with_or():
    county, later = ("unit", "is", "县局"), ("year", ">", "2022")

    assert documents(county, later) is None
    assert ("d1", "d2") == documents(county, later, operator="or")


def test_conditions_on_sentences_become_the_labels_that_pass():
    found = passed(("dimension", "is not", "none"), ("role", "is", "problem"), ("unit", "is", "县局"))

    assert SearchFilter(dimension=("theory", "style"), role=("problem",), document_id=("d1",)) == found


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("dimension", "is", "理论学习"), ("theory",)),
        (("dimension", "is not", "理论学习"), ("style", "none")),
        (("dimension", "in", "理论学习,style"), ("theory", "style")),
        (("dimension", "contains", "作风"), ("style",)),
    ],
)
def test_a_label_may_be_named_as_tables_show_it(condition, expected):
    assert SearchFilter(dimension=expected) == passed(condition)


def test_what_all_pass_is_no_filter_and_what_none_passes_is_none():
    assert SearchFilter() == passed(("dimension", "not empty"))
    assert passed(("dimension", "is", "courage")) is None
    assert SearchFilter() == passed()


@pytest.mark.parametrize(
    "conditions",
    [
        [("dimension", "is", "style"), ("role", "is", "problem")],
        [("dimension", "is", "style"), ("title", "is", "x")],
    ],
)
def test_alternatives_that_no_filter_can_express_are_refused(conditions):
    with pytest.raises(BadRequest, match="'or'"):
        passed(*conditions, operator="or")


def test_one_condition_asks_about_documents_or_sentences_not_both():
    with pytest.raises(BadRequest, match="dimension, title"):
        passed((("dimension", "title"), "is", "style"))
