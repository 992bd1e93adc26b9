import pytest

from index.readers import parse_document

# As Word, LibreOffice and pandoc write them.
KINDS = [
    (
        '<p>甲甲。<a href="#_ftn1" name="_ftnref1"><span>[1]</span></a>后。</p><p>乙乙。</p>',
        '<div id=ftn1><p><a href="#_ftnref1" name="_ftn1">[1]</a> 注的话。</p></div>',
    ),
    (
        '<p>甲甲。<a class="sdfootnoteanc" name="sd1anc" href="#sd1sym"><sup>1</sup></a>后。</p><p>乙乙。</p>',
        '<div id="sd1"><p><a class="sdfootnotesym" name="sd1sym" href="#sd1anc">1</a>注的话。</p></div>',
    ),
    (
        '<p>甲甲。<a href="#fn1" id="fnref1"><sup>1</sup></a>后。</p><p>乙乙。</p>',
        '<section><hr/><ol><li id="fn1"><p>注的话。<a href="#fnref1">↩︎</a></p></li></ol></section>',
    ),
]


def lines_of(body):
    return parse_document("a.html", f"<html><body>{body}</body></html>".encode()).text.split("\n")


@pytest.mark.parametrize(("text", "note"), KINDS)
def test_a_note_stands_below_the_line_that_leads_to_it_without_marks(text, note):
    assert ["甲甲。后。", "注的话。", "乙乙。"] == lines_of(text + note)


def test_a_number_that_leads_to_a_heading_moves_nothing():
    assert ["见第节。", "一、问题", "学得浅。"] == lines_of(
        '<p>见第<a href="#s1">1</a>节。</p><p>一、问题</p><p id="s1">学得浅。</p>'
    )


def test_links_of_words_and_links_elsewhere_stay():
    assert ["见附件，2，完。"] == lines_of('<p>见<a href="#f">附件</a>，<a href="http://a/2">2</a>，完。</p>')


def test_a_note_of_a_cell_stays_where_it_is():
    cell, note = '<table><tr><td>甲<a href="#n" id="r">[1]</a></td></tr></table>', '<p id="n"><a href="#r">[1]</a>注。'

    assert ["甲", "乙。", "注。"] == lines_of(f"{cell}<p>乙。</p>{note}")
