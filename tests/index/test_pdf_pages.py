import pytest

from index.pdf_pages import text_spans


def without_running_lines(pages):
    return [page[span] for page, span in zip(pages, text_spans(pages), strict=True)]


@pytest.mark.parametrize(
    "number",
    ["3", "- 3 -", "—３—", "第3页", "第 3 页 共 12 页", "第三页", "3/12", "Page 3 of 12", "～3～", "3页，共12页"],
)
def test_page_numbers_are_left_out_at_the_edges_alone(number):
    page = ["学得浅。", number, "读得少。", "", number]

    assert [page[:3]] == without_running_lines([page])


def test_what_a_third_of_the_pages_repeats_at_an_edge_is_left_out():
    pages = [[f"某局简报 第{number}期", f"第{number}页的话。", "机密"] for number in range(1, 7)]
    pages[0] = ["对照检查材料", "第1页的话。", "机密"]

    assert [["对照检查材料", "第1页的话。"], *([f"第{number}页的话。"] for number in range(2, 7))] == (
        without_running_lines(pages)
    )


def test_what_is_repeated_inside_pages_or_on_one_of_two_stays():
    pages = [
        ["甲", "学得浅。", "读得少。", "同一句。", "想得少。", "用得少。", "乙"],
        ["丙", "一", "二", "同一句。", "三", "四", "丁"],
    ]

    assert pages == without_running_lines(pages)


def test_points_that_are_alike_but_for_their_number_stay():
    pages = [["1.学得浅", "平时只看标题。", "乙"], ["2.学得浅", "平时只看标题。", "丁"]]

    assert pages == without_running_lines(pages)


def test_where_every_line_is_repeated_it_is_the_text():
    assert [["学得浅"], ["学得浅"]] == without_running_lines([["学得浅"], ["学得浅"]])
    assert [[], []] == without_running_lines([[], []])
