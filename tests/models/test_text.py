from models.text import canonical


def test_half_width_marks_inside_chinese_become_full_width():
    assert "学得不深，用得不够；还有差距：不小" == canonical("学得不深,用得不够;还有差距:不小")


def test_marks_inside_numbers_and_latin_words_stay():
    assert "完成1,200件，占3:1" == canonical("完成1,200件，占3:1")


def test_quotes_dashes_and_case_become_what_the_vocabulary_has():
    assert '"app"--..' == canonical("“APP”——……")


def test_line_breaks_inside_a_chinese_sentence_vanish_and_spaces_between_words_stay():
    assert "开展调研不深入 use ai" == canonical("开展调\n研不深入 use AI ")
