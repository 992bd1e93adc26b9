import pytest

from index.outline import outline
from index.role_names import role_alone, role_labels
from index.sentences import sentences
from models.taxonomy import load_taxonomy

TAXONOMY = load_taxonomy()


def roles(text):
    """Return the roles of the sentences of a text, each before its first characters."""
    return [f"{one.role} {one.text[:6]}" for one in sentences(text, outline(text, TAXONOMY))]


@pytest.mark.parametrize(
    ("words", "role"),
    [
        ("存在的问题", "problem"),
        ("主要问题表现", "problem"),
        ("问题查摆：", "problem"),
        ("原因分析：", "cause"),
        ("产生问题的根源", "cause"),
        ("问题根源", "cause"),
        ("【措施】", "measure"),
        ("★整改措施★", "measure"),
        ("改进打算", "measure"),
        ("努力方向和整改措施", "measure"),
        ("下一步打算。", "measure"),
        ("问题与原因", None),
        ("原因分析及改进措施", None),
        ("问题和差距", "problem"),
        ("问题与不足的原因", "cause"),
        ("解决突出问题", None),
        ("思想问题", None),
        ("具体表现", None),
        ("整改措施及时限", None),
        ("整改措施不实", None),
        ("工作", None),
        ("", None),
    ],
)
def test_words_that_are_nothing_but_the_name_of_a_role_have_it(words, role):
    assert role == role_alone(words, TAXONOMY)


def test_names_before_a_colon_or_in_brackets_are_labels_at_the_beginning_of_a_sentence():
    text = "学得浅。产生原因：忙。【措施】多读。这是主要问题：少。解决问题：好"

    found = [(text[place:][:4], role) for place, role in role_labels(text, 0, len(text), TAXONOMY)]

    assert [("产生原因", "cause"), ("【措施】", "measure")] == found


def test_a_label_in_a_line_gives_the_sentences_after_it_their_role():
    text = (
        "一、存在问题\n（一）学习不深。问题表现：念稿子。很少看书。产生原因：忙于业务。想得少。整改措施：每周学。\n"
        "（二）作风不实。【原因】忙。【措施】多走。\n又一次。"
    )

    assert [
        "problem 一、存在问题", "problem （一）学习不", "problem 问题表现：念", "problem 很少看书。",
        "cause 产生原因：忙", "cause 想得少。", "measure 整改措施：每",
        "problem （二）作风不", "cause 【原因】忙。", "measure 【措施】多走", "problem 又一次。",
    ] == roles(text)  # fmt: skip


def test_a_label_before_a_list_on_its_line_gives_the_entries_their_role():
    text = (
        "一、存在问题\n一是学得浅。甲。\n二是走得少。乙。\n原因分析：一是想得少。丙。二是忙。丁。\n整改措施：一是多读。"
    )

    assert ["cause 原因分析：", "cause 一是想得少。", "cause 丙。", "cause 二是忙。", "cause 丁。"] == roles(text)[5:10]
    assert ["measure 整改措施：", "measure 一是多读。"] == roles(text)[10:]
    assert [node.parent for node in outline(text, TAXONOMY)][-5:] == [0] * 5


def test_a_label_inside_an_entry_ends_with_it():
    text = "一、存在问题\n一是学得浅。原因：忙。二是走得少。不下乡。"

    assert ["cause 原因：忙。", "problem 二是走得少。", "problem 不下乡。"] == roles(text)[2:]


def test_a_numbered_heading_that_is_the_name_of_a_role_alone_has_it_below_another():
    text = "一、存在问题\n（一）学习方面\n1.问题表现：读得少。\n2.产生原因：忙。\n3.改进举措。每天读。"

    assert ["cause 2.产生原因", "cause 忙。", "measure 3.改进举措", "measure 每天读。"] == roles(text)[4:]


def test_closing_words_have_no_label():
    assert "None 以上是我的检" == roles("一、存在问题\n甲。\n以上是我的检查。问题：请批评指正。")[2]


def test_a_label_may_say_how_many_follow():
    text = "一、作风方面\n问题主要表现在：坐得多。主要原因有三点：一是懒。努力的方向：走。"

    assert roles(text)[1:] == ["problem 问题主要表现", "cause 主要原因有三", "cause 一是懒。", "measure 努力的方向："]


def test_a_part_that_names_several_roles_gives_none_and_its_sections_and_labels_may():
    text = "一、主要问题、原因及整改措施\n问题1：学得浅。读得少。\n原因：懒。\n问题2：走得少。坐得多。\n措施：多走。"

    assert roles(text) == [
        "None 一、主要问题",
        "problem 问题1：学得",
        "problem 读得少。",
        "cause 原因：懒。",
        "problem 问题2：走得",
        "problem 坐得多。",
        "measure 措施：多走。",
    ]
    assert roles("（一）理论学习方面存在的问题及整改措施\n学得浅。")[1].startswith("None")
    assert roles("一、问题和不足产生的原因\n懒。")[1].startswith("cause")
