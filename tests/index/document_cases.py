"""Files as offices send them, made by code, each with the lines and the outline that it must give."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from tests.index.files import zip_bytes
from tests.index.pdf_files import WIDE, chinese_pdf
from tests.index.word_files import LEVELS, abstract, docx_bytes, levels, listed, para, run, style, table

TITLE = "副局长对照检查材料"
NUMBERED = (
    TITLE,
    "一、存在的问题",
    "（一）理论学习方面",
    "1、学得浅。平时只看标题，读得少。",
    "2、学得偏。集体学习多，自学少。",
    "（二）工作作风方面",
    "1、走得少。一年下乡不到三次。",
    "二、整改措施",
    "（一）多读书。每天读一小时。",
    "（二）多下乡。每月走两个村。",
)
JOINED = "\n".join(NUMBERED)
# The same report as (depth, words): depth 0 is the title, then the levels of the list.
PIECES = (
    (0, TITLE),
    (1, "存在的问题"),
    (2, "理论学习方面"),
    (3, "学得浅。平时只看标题，读得少。"),
    (3, "学得偏。集体学习多，自学少。"),
    (2, "工作作风方面"),
    (3, "走得少。一年下乡不到三次。"),
    (1, "整改措施"),
    (2, "多读书。每天读一小时。"),
    (2, "多下乡。每月走两个村。"),
)
OUTLINE = (
    "paragraph",
    "part 一、存在的问题",
    "  section （一）理论学习方面",
    "    point 1、学得浅。",
    "    point 2、学得偏。",
    "  section （二）工作作风方面",
    "    point 1、走得少。",
    "part 二、整改措施",
    "  section （一）多读书。",
    "  section （二）多下乡。",
)
# Headings without numbers, the text below them in paragraphs.
HEADED = (
    (0, TITLE),
    (1, "存在的问题"),
    (2, "理论学习不够深入"),
    (3, "平时只看标题，读得少。"),
    (2, "下基层少"),
    (3, "一年下乡不到三次。"),
    (1, "今后怎么办"),
    (3, "每天读一小时，每月走两个村。"),
)
HEADED_LINES = tuple(words for _, words in HEADED)
HEADED_OUTLINE = (
    "paragraph",
    "part 存在的问题",
    "  section 理论学习不够深入",
    "    paragraph",
    "  section 下基层少",
    "    paragraph",
    "part 今后怎么办",
    "  paragraph",
)
SPOKEN = (
    TITLE,
    "一、存在的问题",
    "一是学得浅。平时只看标题。二是走得少。一年下乡不到三次。",
    "二、整改措施",
    "每天读一小时。",
)
SPOKEN_OUTLINE = (
    "paragraph",
    "part 一、存在的问题",
    "  point 一是学得浅。",
    "  point 二是走得少。",
    "part 二、整改措施",
    "  paragraph",
)

PLAN = (
    ("序号", "存在问题", "整改措施"),
    ("1", "学得不够经常", "1.每周读两次。二是写心得。"),
    ("2", "走得少", "一、每季度驻村三天"),
)
PLAN_LINES = (
    "序号 存在问题 整改措施",
    "1 学得不够经常",
    "1.每周读两次。二是写心得。",
    "2 走得少",
    "一、每季度驻村三天",
)
PLAN_OUTLINE = (
    "part 一、问题清单",
    "  paragraph 序号 存在问题 整改措施",
    *("  point", "    paragraph 存在问题", "    paragraph 整改措施") * 2,
    "part 二、说明",
    "  paragraph",
)


@dataclass(frozen=True)
class Case:
    """A file: what is special about it, its name, its bytes, and the lines and the outline wanted (None: any)."""

    about: str
    file: str
    data: Callable[[], bytes]
    lines: tuple[str, ...] = NUMBERED
    outline: tuple[str, ...] | None = OUTLINE
    notes: int = 0


def word(about, body, lines=NUMBERED, outline=OUTLINE, **parts):
    return Case(about, "a.docx", lambda: docx_bytes(body, **parts), lines, outline)


def automatic(list_of=lambda place: "1", pieces=PIECES):
    """Return the report as a body numbered by Word, `list_of` the place of each paragraph."""
    return "".join(
        para(words, numbered=(list_of(place), depth - 1) if depth else None)
        for place, (depth, words) in enumerate(pieces)
    )


def typed(lines=NUMBERED):
    return "".join(map(para, lines))


def styled(names, pieces=PIECES):
    return "".join(para(words, style=names[depth]) for depth, words in pieces)


def without(lines, *places):
    return tuple(line for place, line in enumerate(lines) if place not in places)


LIST = abstract(0, levels(*LEVELS))
ONE_LIST = LIST + listed(1, 0)
HEADINGS = {1: "Heading1", 2: "Heading2", 3: "Body", 0: "Title"}
HEADING_STYLES = (
    style("Normal", "Normal", default=True)
    + style("Title", "Title")
    + "".join(
        style(f"Heading{level}", f"heading {level}", properties=f'<w:outlineLvl w:val="{level - 1}"/>')
        for level in (1, 2, 3)
    )
    + style("Body", "Body Text", based_on="Normal")
)
NUMBERED_STYLES = "".join(
    style(
        f"H{depth + 1}",
        f"heading {depth + 1}",
        properties=f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="1"/></w:numPr>',
    )
    for depth in range(3)
)
OWN = {0: "", 1: "H1", 2: "H2", 3: "H3"}
FOOTED = "".join(
    para(words, *(['<w:r><w:footnoteReference w:id="2"/></w:r>'] if place == 3 else []))
    for place, words in enumerate(NUMBERED)
)
NOTE = (
    '<w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
    f'<w:footnote w:id="2">{para("<w:r><w:footnoteRef/></w:r>", "标题指文件标题。")}</w:footnote>'
)
BOX = (
    '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent>{0}</w:txbxContent>'
    "</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>{0}</w:txbxContent></v:textbox>"
    "</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
)
OLD_BOX = "<w:r><w:pict><v:textbox><w:txbxContent>{0}</w:txbxContent></v:textbox></w:pict></w:r>"
FORM = ("姓名 张三", "职务 副局长")
CONTENTS = (
    '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>'
    + para("一、存在的问题 1")
    + para("二、整改措施 3")
    + "</w:sdtContent></w:sdt>"
)
DELETED = '<w:del w:id="1" w:author="a">{}</w:del>'
INSERTED = '<w:ins w:id="2" w:author="a">{}</w:ins>'
GONE = "<w:r><w:delText>旧的话。</w:delText></w:r>"


def word_numbers():
    return [
        word("numbers typed by hand", typed()),
        word("numbers drawn by Word", automatic(), numbering=ONE_LIST),
        word(
            "numbers of two lists of one definition go on",
            automatic(lambda place: "1" if place < 5 else "2"),
            numbering=ONE_LIST + listed(2, 0),
        ),
        word(
            "numbers brought along by styles",
            styled(OWN),
            styles=NUMBERED_STYLES,
            numbering=abstract(0, levels(*LEVELS, styles=("H1", "H2", "H3"))) + listed(1, 0),
        ),
        word(
            "numbers of styles that only their lists know",
            styled(OWN),
            numbering=abstract(0, levels(*LEVELS, styles=("H1", "H2", "H3"))) + listed(1, 0),
            styles="".join(
                style(f"H{level}", f"s{level}", properties='<w:numPr><w:numId w:val="1"/></w:numPr>')
                for level in (1, 2, 3)
            ),
        ),
        word(
            "numbers of a style two steps away",
            styled({0: "", 1: "G1", 2: "G2", 3: "G3"}),
            numbering=ONE_LIST,
            styles=NUMBERED_STYLES
            + "".join(
                style(f"F{level}", "f", based_on=f"H{level}") + style(f"G{level}", "g", based_on=f"F{level}")
                for level in (1, 2, 3)
            ),
        ),
        word(
            "numbers of a list style",
            automatic(lambda place: "2"),
            styles='<w:style w:type="numbering" w:styleId="L">'
            '<w:name w:val="l"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>',
            numbering=abstract(0, '<w:styleLink w:val="L"/>' + levels(*LEVELS))
            + abstract(1, '<w:numStyleLink w:val="L"/>')
            + listed(1, 0)
            + listed(2, 1),
        ),
        word(
            "a format that its list has in place of the definition's",
            automatic(),
            numbering=abstract(0, levels(("decimal", "%1."), *LEVELS[1:]))
            + listed(1, 0, '<w:lvlOverride w:ilvl="0">' + levels(LEVELS[0]) + "</w:lvlOverride>"),
        ),
        word(
            "a list that begins anew at one",
            automatic(lambda place: "2" if place in {5, 6} else "1"),
            (*NUMBERED[:5], "（一）工作作风方面", *NUMBERED[6:]),
            None,
            numbering=LIST
            + listed(1, 0)
            + listed(2, 0, '<w:lvlOverride w:ilvl="1"><w:startOverride w:val="1"/></w:lvlOverride>'),
        ),
        word(
            "a level that never begins anew",
            automatic(),
            (*NUMBERED[:6], "3、走得少。一年下乡不到三次。", *NUMBERED[7:]),
            (*OUTLINE[:6], "    point 3、走得少。", *OUTLINE[7:]),
            numbering=abstract(0, levels(*LEVELS, extra=("", "", '<w:lvlRestart w:val="0"/>'))) + listed(1, 0),
        ),
        word(
            "an empty numbered paragraph counts",
            automatic(pieces=(*PIECES[:3], (3, ""), *PIECES[3:])),
            (*NUMBERED[:3], "", "2、学得浅。平时只看标题，读得少。", "3、学得偏。集体学习多，自学少。", *NUMBERED[5:]),
            None,
            numbering=ONE_LIST,
        ),
        word(
            "a style's number turned off",
            para("问题", style="H1") + para("说明", style="H1", numbered=("0", 0)) + para("措施", style="H1"),
            ("一、问题", "说明", "二、措施"),
            None,
            styles=NUMBERED_STYLES,
            numbering=ONE_LIST,
        ),
        word(
            "legal numbers",
            para("甲", numbered=("1", 0)) + para("乙", numbered=("1", 1)) + para("丙", numbered=("1", 1)),
            ("一、甲", "1.1 乙", "1.2 丙"),
            None,
            numbering=abstract(0, levels(LEVELS[0], ("decimal", "%1.%2"), extra=("", "<w:isLgl/>"))) + listed(1, 0),
        ),
        *map(numeral_case, NUMERALS),
    ]


NUMERALS = (
    ("decimalEnclosedCircleChinese", "%1", ("① 甲", "② 乙", "③ 丙")),
    ("chineseCounting", "第%1部分", ("第一部分 甲", "第二部分 乙", "第三部分 丙")),
    ("upperLetter", "%1)", ("A)甲", "B)乙", "C)丙")),
    ("lowerRoman", "%1.", ("i. 甲", "ii. 乙", "iii. 丙")),
    ("ideographTraditional", "%1、", ("甲、甲", "乙、乙", "丙、丙")),
    ("decimalFullWidth", "%1、", ("１、甲", "２、乙", "３、丙")),
    ("chineseLegalSimplified", "%1、", ("壹、甲", "贰、乙", "叁、丙")),
    ("decimalZero", "%1)", ("01)甲", "02)乙", "03)丙")),
    ("decimalEnclosedParen", "%1", ("⑴ 甲", "⑵ 乙", "⑶ 丙")),
    ("bullet", "●", ("甲", "乙", "丙")),
)


def numeral_case(wanted):
    kind, template, lines = wanted
    body = "".join(para(words, numbered=("1", 0)) for words in "甲乙丙")
    numbering = abstract(0, levels((kind, template))) + listed(1, 0)
    return Case(f"numbers in {kind}", "a.docx", lambda: docx_bytes(body, numbering=numbering), lines, None)


def word_headings():
    by_level = "".join(
        para(words, properties=f'<w:outlineLvl w:val="{depth - 1}"/>' if depth in {1, 2} else "")
        for depth, words in HEADED
    )
    wps = {0: "", 1: "2", 2: "3", 3: ""}
    all_in_one = "".join(para(words, style="Heading1" if depth < 2 else "") for depth, words in HEADED if depth != 2)
    mixed = (
        para(TITLE)
        + "".join(
            para(words, style="Heading1")
            for words in (
                "前言",
                "按要求作了检查，现报告如下。" * 9,
                "一、存在的问题",
                "学得浅，读得少，用得更少。" * 9,
                "二、整改措施",
            )
        )
        + para("每天读书。")
    )
    return [
        word(
            "headings by style, without numbers",
            styled(HEADINGS, HEADED),
            HEADED_LINES,
            HEADED_OUTLINE,
            styles=HEADING_STYLES,
        ),
        word(
            "heading styles as WPS names them",
            styled(wps, HEADED),
            HEADED_LINES,
            HEADED_OUTLINE,
            styles=style("2", "heading 1") + style("3", "heading 2"),
        ),
        word("headings by outline level alone", by_level, HEADED_LINES, HEADED_OUTLINE),
        word(
            "title and parts in one style",
            all_in_one,
            without(HEADED_LINES, 2, 4),
            ("paragraph", "part 存在的问题", "  paragraph", "  paragraph", "part 今后怎么办", "  paragraph"),
            styles=HEADING_STYLES,
        ),
        word(
            "headings with and without numbers in one style, and sentences too",
            mixed,
            None,
            (
                "paragraph",
                "part 前言",
                "  paragraph",
                "part 一、存在的问题",
                "  paragraph",
                "part 二、整改措施",
                "  paragraph",
            ),
            styles=HEADING_STYLES,
        ),
        word(
            "numbered points below headings without numbers",
            styled(HEADINGS, (*HEADED[:3], (3, "1、看得少。只看标题。"), (3, "2、想得少。不动脑筋。"), *HEADED[4:])),
            None,
            (*HEADED_OUTLINE[:3], "    point 1、看得少。", "    point 2、想得少。", *HEADED_OUTLINE[4:]),
            styles=HEADING_STYLES,
        ),
        word(
            "a numbered report in heading styles",
            styled(
                HEADINGS | {3: "Heading3"},
                tuple((depth, line) for (depth, _), line in zip(PIECES, NUMBERED, strict=True)),
            ),
            outline=OUTLINE,
            styles=HEADING_STYLES,
        ),
        word(
            "an outline level of body text",
            para("问题", style="Heading1")
            + para("学得浅。", style="Heading1", properties='<w:outlineLvl w:val="9"/>')
            + para("措施", style="Heading1")
            + para("多读。"),
            ("问题", "学得浅。", "措施", "多读。"),
            ("part 问题", "  paragraph", "part 措施", "  paragraph"),
            styles=HEADING_STYLES,
        ),
    ]


def word_contents():
    after = (*NUMBERED[:2], *FORM, *NUMBERED[2:])
    long_cells = ("问题", "学得浅，平时只看标题。" * 6, "措施", "每天读一小时，每周写一篇。" * 6)
    return [
        word(
            "a table between paragraphs",
            typed(NUMBERED[:2]) + table(("姓名", "张三"), ("职务", "副局长")) + typed(NUMBERED[2:]),
            after,
            (*OUTLINE[:2], "  paragraph", "  paragraph", *OUTLINE[2:]),
        ),
        word(
            "a table with long cells",
            para("一、清单") + table(long_cells[:2], long_cells[2:]) + para("二、说明"),
            ("一、清单", *long_cells, "二、说明"),
            None,
        ),
        word(
            "a list of problems and measures",
            para("一、问题清单") + table(*PLAN) + para("二、说明") + para("如上。"),
            ("一、问题清单", *PLAN_LINES, "二、说明", "如上。"),
            PLAN_OUTLINE,
        ),
        word("a table in a table", table((para("外") + table(("内", "里")), "右")), ("外", "内 里", "右"), None),
        word("numbers inside a table", table((automatic(), "")), numbering=ONE_LIST),
        word(
            "a table row that was deleted",
            table(("留下", "的")).replace(
                "</w:tbl>", '<w:tr><w:trPr><w:del w:id="1"/></w:trPr><w:tc><w:p/></w:tc></w:tr></w:tbl>'
            ),
            ("留下 的",),
            None,
        ),
        word(
            "a text box, stored twice",
            para(TITLE, BOX.format(para("内部资料。"))) + typed(NUMBERED[1:]),
            (TITLE, "内部资料。", *NUMBERED[1:]),
            ("paragraph", *OUTLINE),
        ),
        word("a text box of an old Word", para(OLD_BOX.format(typed())), ("", *NUMBERED)),
        word("a text box with numbers of its own", para(BOX.format(automatic())), ("", *NUMBERED), numbering=ONE_LIST),
        word(
            "a footnote",
            FOOTED,
            (*NUMBERED[:4], "标题指文件标题。", *NUMBERED[4:]),
            (*OUTLINE[:4], "      paragraph", *OUTLINE[4:]),
            footnotes=NOTE,
        ),
        word(
            "an endnote",
            FOOTED.replace("footnote", "endnote"),
            (*NUMBERED[:4], "标题指文件标题。", *NUMBERED[4:]),
            (*OUTLINE[:4], "      paragraph", *OUTLINE[4:]),
            endnotes=NOTE.replace("footnote", "endnote"),
        ),
        word("a table of contents", CONTENTS + typed(), styles=HEADING_STYLES),
        word(
            "a table of contents by style", para("一、存在的问题 1", style="T1") + typed(), styles=style("T1", "toc 1")
        ),
        word("running head and foot", typed(), header1=para("内部资料"), footer1=para("第 1 页")),
        word(
            "comments",
            "".join(
                f'<w:p><w:commentRangeStart w:id="1"/>{run(line)}<w:commentRangeEnd w:id="1"/><w:r>'
                '<w:commentReference w:id="1"/></w:r></w:p>'
                for line in NUMBERED
            ),
            comments=f'<w:comment w:id="1" w:author="a">{para("这里要改")}</w:comment>',
        ),
        word("soft line breaks", para("\n".join(NUMBERED))),
        word("page breaks", "".join(para(line, "<w:r><w:lastRenderedPageBreak/></w:r>") for line in NUMBERED)),
    ]


def word_changes():
    mark = '<w:rPr><w:{} w:id="3"/></w:rPr>'
    split = [para(line[:4], properties=mark.format("del")) + para(line[4:]) for line in NUMBERED]
    return [
        word("insertions", "".join(para(line[:4], INSERTED.format(run(line[4:]))) for line in NUMBERED)),
        word("deletions", "".join(para(line[:4], DELETED.format(GONE), line[4:]) for line in NUMBERED)),
        word(
            "a paragraph that was moved",
            typed(NUMBERED[:3])
            + para(f'<w:moveFrom w:id="1">{run("旧处。")}</w:moveFrom>', properties=mark.format("moveFrom"))
            + typed(NUMBERED[3:-1])
            + para(f'<w:moveTo w:id="1">{run(NUMBERED[-1])}</w:moveTo>'),
        ),
        word("paragraph ends that were deleted", "".join(split)),
        word(
            "whole paragraphs that were deleted",
            "".join(para(DELETED.format(GONE), properties=mark.format("del")) + para(line) for line in NUMBERED),
        ),
        word(
            "a deleted numbered paragraph does not count",
            para(TITLE)
            + para(DELETED.format(GONE), numbered=("1", 0), properties=mark.format("del"))
            + automatic(pieces=PIECES[1:]),
            numbering=ONE_LIST,
        ),
        word(
            "formats that were changed",
            "".join(
                para(
                    line,
                    properties='<w:pPrChange w:id="1"><w:pPr><w:numPr><w:numId '
                    'w:val="1"/></w:numPr></w:pPr></w:pPrChange>',
                )
                for line in NUMBERED
            ),
            numbering=ONE_LIST,
        ),
        word(
            "hidden text",
            "".join(para(run("隐", "<w:vanish/>"), run(line, '<w:vanish w:val="0"/>')) for line in NUMBERED),
        ),
        word(
            "content controls",
            f"<w:sdt><w:sdtPr/><w:sdtContent>{typed(NUMBERED[:5])}</w:sdtContent></w:sdt>"
            + para(
                "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
                + run("单击此处输入文字。")
                + "</w:sdtContent></w:sdt>",
                NUMBERED[5],
            )
            + typed(NUMBERED[6:]),
        ),
        word(
            "links and fields",
            "".join(
                para("<w:r><w:instrText>REF a</w:instrText></w:r>", f"<w:hyperlink>{run(line)}</w:hyperlink>")
                for line in NUMBERED
            ),
        ),
        word(
            "phonetic signs",
            "".join(
                para(
                    "<w:r><w:ruby><w:rt><w:r><w:t>pin</w:t></w:r></w:rt><w:rubyBase>"
                    + run(line)
                    + "</w:rubyBase></w:ruby></w:r>"
                )
                for line in NUMBERED
            ),
        ),
        word(
            "names blanked out",
            para("一、存在的问题") + para("**局长在××镇____村调研时走马观花。") + para("一是××同志批评**。不敢直说。"),
            ("一、存在的问题", "**局长在××镇____村调研时走马观花。", "一是××同志批评**。不敢直说。"),
            None,
        ),
    ]


LONG = (
    TITLE,
    "一、存在的问题",
    "学得浅，平时只看标题，读得少，想得更少，对新要求停留在知道了解层面，没有真正入脑入心，更谈不上联系实际。",
    "走得少，一年下乡不到三次，到了村里也只同干部见面，没有坐到群众的炕头上去，不知道他们心里在想什么。",
    "二、整改措施",
    "每天读一小时，每周写一篇心得，每月走两个村，把群众说的话记下来，把能办的事办成，办不成的讲清楚为什么。",
)
LONG_OUTLINE = ("paragraph", "part 一、存在的问题", "  paragraph", "  paragraph", "part 二、整改措施", "  paragraph")


def pdf(about, *pages, lines=LONG, outline=LONG_OUTLINE, notes=0, **options):
    return Case(about, "a.pdf", lambda: chinese_pdf(*pages, **options), lines, outline, notes)


def pdfs():
    # What the first page holds of the broken paragraph ends with the first of its lines.
    first, second = [*LONG[:2], LONG[2][:WIDE]], [LONG[2][WIDE:], *LONG[3:]]
    return [
        pdf("lines broken by the edge", LONG),
        pdf("page numbers at the foot", first, second, foot="- {} -"),
        pdf("page numbers in words", first, second, foot="第 {} 页 共 2 页"),
        pdf("a running head, and a sentence that goes on below it", first, second, head="内部资料 注意保存"),
        pdf("head with number, foot", first, second, head="某局专题会 第{}期", foot="某局办公室印"),
        pdf("a page each", *([line] for line in LONG), head="某局", foot="{}/6"),
        pdf("a scanned page among others", first, None, second, notes=1),
        pdf("numbered points", NUMBERED, lines=NUMBERED, outline=OUTLINE),
        pdf("points run together", SPOKEN, lines=SPOKEN, outline=SPOKEN_OUTLINE),
    ]


def encoded(about, encoding, text=JOINED, *, mark=b"", lines=NUMBERED, outline=OUTLINE):
    return Case(about, "a.txt", lambda: mark + text.encode(encoding), lines, outline)


def texts():
    joined = "\n".join(NUMBERED)
    traditional = (
        "副局長對照檢查材料",
        "一、存在的問題",
        "（一）理論學習方面",
        "1、學得淺。平時只看標題，讀得少，想得也少。",
        "二、整改措施",
        "每天讀書。",
    )
    wanted = (
        "paragraph",
        "part 一、存在的問題",
        "  section （一）理論學習方面",
        "    point 1、學得淺。",
        "part 二、整改措施",
        "  paragraph",
    )
    old = {"lines": traditional, "outline": wanted, "text": "\n".join(traditional)}
    return [
        encoded("UTF-8", "utf-8"),
        encoded("UTF-8 with a mark", "utf-8-sig"),
        encoded("GB18030", "gb18030"),
        encoded("GB18030 with a mark", "gb18030", mark=b"\x84\x31\x95\x33"),
        encoded("GBK with Windows line ends", "gbk", joined.replace("\n", "\r\n")),
        encoded("UTF-16 little end first", "utf-16-le", mark=b"\xff\xfe"),
        encoded("UTF-16 big end first", "utf-16-be", mark=b"\xfe\xff"),
        encoded("UTF-16 without a mark", "utf-16-le"),
        encoded("UTF-32", "utf-32"),
        encoded("line ends of old Macs", "utf-8", joined.replace("\n", "\r")),
        encoded("blank lines and indents", "utf-8", joined.replace("\n", "\n\n　　"), lines=None),
        encoded(
            "lines broken by hand",
            "utf-8",
            "\n".join(LONG[:2])
            + "\n"
            + "\n".join(line[at : at + 30] for line in LONG[2:4] for at in range(0, len(line), 30))
            + "\n"
            + "\n".join(LONG[4:]),
            lines=None,
            outline=LONG_OUTLINE,
        ),
        encoded("points run together", "gb18030", "\n".join(SPOKEN), lines=SPOKEN, outline=SPOKEN_OUTLINE),
        encoded("traditional characters", "utf-8", **old),
        encoded("traditional characters in Big5", "big5", **old),
        encoded("traditional characters in GBK", "gbk", **old),
    ]


def page(about, body, lines=NUMBERED, outline=OUTLINE, *, encoding="utf-8", head="", file="a.html"):
    return Case(
        about, file, lambda: f"<html><head>{head}</head><body>{body}</body></html>".encode(encoding), lines, outline
    )


def pages():
    paragraphs = "".join(f"<p>{line}</p>" for line in NUMBERED)
    headed = "".join(f"<{tag}>{words}</{tag}>" for (depth, words) in HEADED for tag in [("h1", "h1", "h2", "p")[depth]])
    lists = (
        f'<h1>{TITLE}</h1><ol style="list-style-type: cjk-ideographic"><li>存在的问题<ol><li>学得浅。读得少。'
        "<li>走得少。不下乡。</ol><li>整改措施</ol><p>每天读书。</p>"
    )
    return [
        page("paragraphs", paragraphs),
        page("one paragraph with breaks", "<p>" + "<br>".join(NUMBERED) + "</p>"),
        page("divisions in divisions", f"<div><div>{'</div><div>'.join(NUMBERED)}</div></div>"),
        page(
            "scripts, styles, menus and hidden text",
            f"<nav>首页</nav><script>var a = '<p>x</p>'</script>{paragraphs}<p hidden>x</p>"
            "<p style='display:none'>x</p>",
            head="<title>x</title><style>p {}</style>",
        ),
        page("an encoding that the page names", paragraphs, encoding="gbk", head='<meta charset="gb2312">'),
        page("an encoding that the page does not name", paragraphs, encoding="gb18030"),
        page("broken tags", "<p>".join(NUMBERED) + "</div></b><b"),
        page("headings without numbers", headed, HEADED_LINES, HEADED_OUTLINE),
        page(
            "lists",
            lists,
            (TITLE, "一、存在的问题", "1. 学得浅。读得少。", "2. 走得少。不下乡。", "二、整改措施", "每天读书。"),
            (
                "paragraph",
                "part 一、存在的问题",
                "  point 1. 学得浅。",
                "  point 2. 走得少。",
                "part 二、整改措施",
                "  paragraph",
            ),
        ),
        page(
            "a table",
            f"<table><tr><td>姓名</td><td>张三</td></tr><tr><td>职务</td><td>副局长</td></tr></table>{paragraphs}",
            (*FORM, *NUMBERED),
            ("paragraph", "paragraph", *OUTLINE),
        ),
        page(
            "a list of problems and measures",
            "<p>一、问题清单<table>"
            + "".join(f"<tr>{''.join(f'<td>{cell}' for cell in row)}" for row in PLAN)
            + "</table><p>二、说明<p>如上。",
            ("一、问题清单", *PLAN_LINES, "二、说明", "如上。"),
            PLAN_OUTLINE,
        ),
        page("entities and spaces", paragraphs.replace("（", "&#xFF08;").replace("1、", "\n  1、&#8203;"), NUMBERED),
        page("a page named .doc, as office systems export it", paragraphs, file="a.doc"),
    ]


def others():
    marks = {0: "# ", 1: "## ", 2: "### ", 3: ""}
    headed = "\n".join(marks[depth] + words for depth, words in HEADED)
    bold = "\n".join(f"**{line}**" if line[0] in "一二（" else line for line in NUMBERED)
    record = json.dumps({"text": "\n".join(NUMBERED)}, ensure_ascii=False)
    return [
        Case("Markdown headings", "a.md", headed.encode, HEADED_LINES, HEADED_OUTLINE),
        Case("bold numbers in Markdown", "a.md", bold.encode),
        Case("a .docx named .doc", "a.doc", lambda: docx_bytes(typed())),
        Case("a .docx named .wps", "a.wps", lambda: docx_bytes(automatic(), numbering=ONE_LIST)),
        Case("JSON Lines", "a.jsonl", record.encode),
    ]


def archives():
    """Return zip files, each with the sources of its documents, which are all the same report."""
    text = "\n".join(NUMBERED)
    gbk = zip_bytes({"1234.txt": text}).replace(b"1234.txt", "检查.txt".encode("gbk"))
    return [
        ("names in GBK", gbk, ("检查.txt",)),
        (
            "folders in folders",
            zip_bytes({"2023/一月/甲.txt": text, "2023/乙.docx": docx_bytes(typed())}),
            ("2023/一月/甲.txt", "2023/乙.docx"),
        ),
        (
            "hidden and temporary files",
            zip_bytes(
                dict.fromkeys(
                    (
                        "~$甲.docx",
                        ".~lock.甲.odt#",
                        "__MACOSX/._甲.txt",
                        ".DS_Store",
                        "~WRL0001.tmp",
                        "甲.tmp",
                        "甲.txt",
                    ),
                    text,
                )
            ),
            ("甲.txt",),
        ),
        ("an archive in an archive", zip_bytes({"内.zip": gbk, "甲.txt": text}), ("内.zip/检查.txt", "甲.txt")),
    ]


CASES = [
    *word_numbers(),
    *word_headings(),
    *word_contents(),
    *word_changes(),
    *pdfs(),
    *texts(),
    *pages(),
    *others(),
]
