import os
import re

import pytest

HIT = (
    "rank score scores text sentence_id document_id title source dimension role declared path start end highlights "
    "ranks before after duplicates closest"
).split()

pytestmark = pytest.mark.usefixtures("small_models")


@pytest.fixture
def corpus(liuwei, tmp_path, report, other_report):
    """Two reports in the corpus; the value is their ids."""
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    (tmp_path / "乙.txt").write_text(other_report, encoding="utf-8")
    added = liuwei("index", "add", tmp_path / "甲.txt", tmp_path / "乙.txt", "--json")
    return [row["document_id"] for row in added.rows]


@pytest.fixture
def copied(liuwei, corpus, tmp_path):
    """A third report that says nearly what the first says in one sentence."""
    path = tmp_path / "丙.txt"
    path.write_text("检查材料\n\n平时忙于各项事务，读原著的时间不多。", encoding="utf-8")
    assert 0 == liuwei("index", "add", path).exit_code


def test_a_hit_is_one_line_with_the_promised_fields(liuwei, corpus):
    ran = liuwei("search", "下村调研", "--json")

    assert (0, "") == (ran.exit_code, ran.stderr)
    assert {tuple(HIT)} == {tuple(row) for row in ran.rows}
    assert list(range(1, len(ran.rows) + 1)) == [row["rank"] for row in ran.rows]
    best = ran.rows[0]
    assert {"dense", "lexical"} == set(best["scores"])
    assert (corpus[0], "甲.txt", "个人对照检查材料") == (best["document_id"], best["source"], best["title"])
    assert re.fullmatch(f"{corpus[0]}:[0-9]+", best["sentence_id"])
    assert ["一、存在的问题", "（二）工作作风方面"] == best["path"][:2]
    assert {"下村", "调研"} & {best["text"][start:end] for start, end in best["highlights"]}


def test_the_span_of_a_hit_cuts_its_text_out_of_the_report(liuwei, corpus, report):
    for unit in ("sentence", "passage"):
        for hit in liuwei("search", "下村调研", "--unit", unit, "--document", corpus[0], "--json").rows:
            assert hit["text"] == report.strip()[hit["start"] : hit["end"]]


def test_a_query_may_come_from_standard_input_where_no_list_of_processes_shows_it(liuwei, corpus):
    query = "学习不够，\n读原著的时间不多"
    given, read = liuwei("search", query, "--json"), liuwei("search", "-", "--json", stdin=f"{query}\n".encode())

    assert given.rows
    assert given.rows == read.rows


@pytest.mark.parametrize(("stdin", "named"), [(b" \n", "query is empty"), (b"\x00\xff\xfe\x00", "standard input")])
def test_a_standard_input_without_a_query_is_told(liuwei, corpus, stdin, named):
    ran = liuwei("search", "-", stdin=stdin)

    assert (1, "", True) == (ran.exit_code, ran.stdout, named in ran.stderr)


def test_top_k_limits_the_hits_and_ten_is_what_one_gets_unasked(liuwei, corpus):
    assert [1, 3, 10] == [
        len(liuwei("search", "学习", "--json", *flags).rows) for flags in (["--top-k", 1], ["--top-k", 3], [])
    ]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_every_mode_finds_the_sentence_that_holds_the_words(liuwei, corpus, mode):
    best = liuwei("search", "数字化办公的本领不足", "--mode", mode, "--json").rows[0]

    assert "数字化办公的本领不足" in best["text"]
    assert (mode == "lexical", mode == "dense") == (best["scores"]["dense"] is None, best["scores"]["lexical"] is None)


def test_filters_keep_what_matches_and_may_be_repeated(liuwei, corpus):
    every = liuwei("search", "学习", "--top-k", 100, "--json").rows
    wanted = ("--dimension", "theory", "--dimension", "style", "--role", "problem", "--document", corpus[0])

    found = liuwei("search", "学习", "--top-k", 100, *wanted, "--json").rows

    expected = [
        hit["sentence_id"]
        for hit in every
        if hit["dimension"] in ("theory", "style") and hit["role"] == "problem" and hit["document_id"] == corpus[0]
    ]
    assert expected
    assert sorted(expected) == sorted(hit["sentence_id"] for hit in found)


def test_the_label_that_tables_show_may_stand_for_its_code(liuwei, corpus):
    by_code = liuwei("search", "学习", "--dimension", "theory", "--role", "problem", "--json")
    by_label = liuwei("search", "学习", "--dimension", "理论学习", "--role", "问题", "--json")

    assert (0, True) == (by_label.exit_code, bool(by_code.rows))
    assert by_code.rows == by_label.rows


def test_a_search_that_finds_nothing_is_no_failure(liuwei, corpus):
    nothing = ("search", "学习", "--dimension", "none", "--role", "measure")
    as_json, as_table = liuwei(*nothing, "--json"), liuwei(*nothing)

    assert (0, "", 0, "nothing found\n") == (as_json.exit_code, as_json.stdout, as_table.exit_code, as_table.stderr)


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--mode", "fuzzy"], "mode is 'fuzzy'; it must be hybrid or dense or lexical"),
        (["--unit", "page"], "unit is 'page'; it must be sentence or passage"),
        (["--dimension", "theroy"], "dimension 'theroy' is unknown; known are theory, politics"),
        (["--role", "reason"], "role 'reason' is unknown; known are"),
        (["--top-k", 0], "top_k is 0"),
        (["--top-k", -3], "top_k is -3"),
        (["--top-k", 100_000], "top_k is 100000"),
        (["--top-k", "many"], "--top-k"),
        (["--neighbours", -1], "--neighbours"),
        (["--neighbours", 11], "--neighbours"),
        (["--diversity", 1.5], "diversity is 1.5; it must lie between 0 and 1"),
        (["--diversity", "nan"], "diversity is nan"),
    ],
)
def test_a_search_for_what_does_not_exist_is_wrong_usage(liuwei, corpus, flags, named):
    ran = liuwei("search", "学习", *flags, "--json")

    assert (2, "") == (ran.exit_code, ran.stdout)
    assert named in ran.stderr


@pytest.mark.parametrize("query", ["", " \n", "\u200b", "长" * 20_001])
def test_a_query_that_is_empty_or_too_long_is_told(liuwei, corpus, query):
    ran = liuwei("search", query)

    assert (1, "") == (ran.exit_code, ran.stdout)
    assert ran.stderr.startswith("liuwei: query ")


@pytest.mark.parametrize("query", ["'", '"', "a AND (", "+-*/:^~", "%", "学习 OR", "\\"])
def test_signs_in_a_query_have_no_meaning(liuwei, corpus, query):
    assert (0, "") == (liuwei("search", query, "--json").exit_code, liuwei("search", query, "--json").stderr)


def test_nothing_but_hits_is_shown_unless_asked_for(liuwei, corpus):
    for row in liuwei("search", "学习", "--json").rows:
        assert ([], [], {"count": 0, "sentence_ids": []}, None) == tuple(row[name] for name in HIT[-4:])


def test_a_hit_says_at_which_place_each_leg_found_it(liuwei, corpus):
    best = liuwei("search", "数字化办公的本领不足", "--json").rows[0]

    assert {"dense": 1, "lexical": 1} == best["ranks"]


def test_neighbours_are_the_sentences_before_and_after(liuwei, corpus, report):
    asked = ("search", "读原著的时间不多", "--top-k", 1, "--neighbours", 1)
    hit = liuwei(*asked, "--json").rows[0]
    table = liuwei(*asked).stdout

    text = report.strip()
    assert ["1.理论学习不够系统。"] == [one["text"] for one in hit["before"]]
    assert ["（二）工作作风方面"] == [one["text"] for one in hit["after"]]
    for one in hit["before"] + hit["after"]:
        assert one["text"] == text[one["start"] : one["end"]]
        assert one["sentence_id"].startswith(corpus[0])
    assert "1.理论学习不够系统。" in table
    assert "> 平时忙于事务" in table


def test_near_copies_are_collapsed_and_counted(liuwei, copied):
    asked = ("search", "平时忙于事务，读原著的时间不多", "--top-k", 2)
    plain = liuwei(*asked, "--json").rows
    rows = liuwei(*asked, "--collapse", "--json").rows

    assert all("原著" in row["text"] for row in plain)
    assert {"count": 1, "sentence_ids": [plain[1]["sentence_id"]]} == rows[0]["duplicates"]
    assert (2, plain[0]["sentence_id"]) == (len(rows), rows[0]["sentence_id"])
    assert "原著" not in rows[1]["text"]
    assert "(and 1 that say nearly the same)" in liuwei(*asked, "--collapse").stdout


def test_diversity_changes_which_hits_are_shown(liuwei, copied):
    asked = ("search", "平时忙于事务，读原著的时间不多", "--top-k", 2, "--json")

    plain, diverse = liuwei(*asked).rows, liuwei(*asked, "--diversity", 0.9).rows

    assert 2 == len(diverse)
    assert plain[0]["sentence_id"] == diverse[0]["sentence_id"]
    assert plain[1]["sentence_id"] != diverse[1]["sentence_id"]


def test_the_closest_clause_is_marked(liuwei, corpus):
    asked = ("search", "读原著时间", "--top-k", 1, "--closest")
    hit = liuwei(*asked, "--json").rows[0]

    assert "读原著的时间不多" == hit["text"][slice(*hit["closest"])]
    assert "【读原著的时间不多】" in liuwei(*asked).stdout


def test_facets_are_the_last_line(liuwei, corpus):
    rows = liuwei("search", "学习", "--top-k", 2, "--facets", "--json").rows
    table = liuwei("search", "学习", "--facets").stdout

    facets = rows[-1]["facets"]
    assert 3 == len(rows)
    assert ["facets"] == list(rows[-1])
    assert ["dimension", "role", "document_id"] == list(facets)
    assert set(corpus) == set(facets["document_id"])
    assert sum(facets["document_id"].values()) == sum(facets["role"].values()) == sum(facets["dimension"].values())
    assert f"document_id: {next(iter(facets['document_id']))} " in table


def test_a_document_that_is_not_there_is_named_and_the_others_are_searched(liuwei, corpus):
    other = ("--document", "0123456789abcdef")

    alone, beside, without = (
        liuwei("search", "学习", "--json", *flags)
        for flags in (other, (*other, "--document", corpus[0]), ("--document", corpus[0]))
    )

    assert [0, 0, 0] == [ran.exit_code for ran in (alone, beside, without)]
    assert ([], {corpus[0]}) == (alone.rows, {row["document_id"] for row in beside.rows})
    said = "the corpus holds no document '0123456789abcdef'; 'liuwei index list' shows all\n"
    assert [said, said, ""] == [ran.stderr for ran in (alone, beside, without)]


def test_a_document_id_that_is_no_utf_8_is_one_that_is_not_there(liuwei, corpus):
    ran = liuwei("search", "学习", "--document", os.fsdecode(b"\xff"))

    assert (0, "") == (ran.exit_code, ran.stdout)
    assert "holds no document '\\udcff'" in ran.stderr
