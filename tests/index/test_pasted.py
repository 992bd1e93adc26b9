from hypothesis import given

from index.outline import outline
from index.pasted import as_read, with_line_ends
from index.sentences import sentences
from tests.index.outlines import LABELS, REPORTS, headings

REPORT = (
    "个人材料　　按照要求，我认真查摆，现将有关情况报告如下。　　一、存在的问题　　（一）理论学习方面"
    "　　学得不深不透，满足于念稿子。　　二、整改措施　　每周学习两次，每月下乡一次。"
    "　　以上是我的检查，请批评指正。"
)


def test_paragraphs_that_were_pasted_as_one_line_are_paragraphs():
    found = sentences(REPORT, outline(REPORT, LABELS))

    assert headings(REPORT) == ["一、存在的问题", "（一）理论学习方面", "二、整改措施"]
    assert [one.text for one in found][:2] == ["个人材料", "按照要求，我认真查摆，现将有关情况报告如下。"]
    assert all(REPORT[one.start : one.end] == one.text for one in found)


def test_wide_spaces_in_a_short_line_or_twice_in_a_long_one_stay():
    for line in ("办公室　　张三　　李四　　王五", "学习不深，走得不勤。" * 9 + "张　　三　　李"):
        assert with_line_ends(line) == line


@given(REPORTS)
def test_what_is_read_is_as_long_as_the_text(text):
    assert len(as_read(text * 3)) == len(text * 3)
