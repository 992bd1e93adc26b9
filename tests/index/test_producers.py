"""Files that real programs made of one report give that report; the README beside them says how they were made."""

from pathlib import Path

import pytest

from index.readers import read_document

FILES = Path(__file__).parents[1] / "data" / "producers"
REPORT = """水务站站长对照检查材料
一、存在的问题
（一）学习方面
1．学得不深，书目列了五本，读完的只有一本，其余的翻过目录便放下了，没有联系水务站的工作想一想。
2．学得不活，会上念文件，会后不讨论。
（二）作风方面
下村少，一年只去了两个村，看的是水渠的样子，没有问过用水的人家方便不方便，长年如此。
二、整改措施
每月读一本书，每季下村两天，听到的难处十天之内回话。
李方
2025年3月2日"""


@pytest.mark.parametrize("name", ["docx-js.docx", "libreoffice.docx", "typst.pdf", "wkhtmltopdf.pdf"])
def test_a_file_of_a_real_program_gives_the_report_it_was_made_of(name):
    document = read_document(FILES / name)

    # Some programs set a little space between figures and words.
    assert REPORT == document.text.replace(" ", "")
    assert "水务站站长对照检查材料" == document.title
