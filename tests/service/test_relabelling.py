import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.relabelling import relabel, unknown_labels
from service.runtime import Runtime
from service.settings import load_settings
from tests.index.reports import label

MINE = (
    "format: 1\nname: mine\nversion: 1\nroles: []\ndimensions:\n"
    "  - {code: water, label: 水利, definition: 河道清淤；水库加固}\n"
    "  - {code: road, label: 交通, definition: 公路养护；桥梁检测}\n"
)
SAID = "integrity"


pytestmark = pytest.mark.usefixtures("small_encoder")


@pytest.fixture
def corpus(liuwei, tmp_path, report, other_report):
    """Two reports, added under a head of labels of its own (v0002), after one of others (v0001); their ids."""
    first = tmp_path / "first.yaml"
    first.write_text(MINE.replace("water", "study").replace("road", "work"), encoding="utf-8")
    assert 0 == liuwei("train", "--taxonomy", first).exit_code
    mine = tmp_path / "mine.yaml"
    mine.write_text(MINE, encoding="utf-8")
    assert 0 == liuwei("train", "--taxonomy", mine).exit_code
    (tmp_path / "甲.txt").write_text(report, encoding="utf-8")
    (tmp_path / "乙.txt").write_text(other_report, encoding="utf-8")
    return [
        row["document_id"] for row in liuwei("index", "add", tmp_path / "甲.txt", tmp_path / "乙.txt", "--json").rows
    ]


def shown(liuwei, ids):
    return [liuwei("index", "show", one, "--json").rows[1:] for one in ids]


def dimensions(liuwei):
    return set(liuwei("index", "stats", "--json").rows[0]["dimensions"])


def test_a_head_that_does_not_know_the_labels_of_the_corpus_is_told_of_everywhere(liuwei, corpus):
    before = [liuwei("index", "stats"), liuwei("index", "verify")]
    used = liuwei("heads", "use", "v0001")
    told = [liuwei("index", "stats"), liuwei("heads", "undo")]
    liuwei("heads", "use", "v0001")
    checked = [liuwei(*command, "--json") for command in (["index", "verify"], ["doctor"])]

    assert not any("does not know" in ran.stderr for ran in [*before, told[1]])
    assert 0 == before[1].exit_code
    for ran in (used, told[0]):
        assert (0, True) == (
            ran.exit_code,
            "does not know (road, water); 'liuwei index rebuild --classify'" in ran.stderr,
        )
    for ran in checked:
        (row,) = [row for row in ran.rows if row["name"] == "labels"]
        assert (3, False, True) == (ran.exit_code, row["ok"], "sentences of the corpus have labels" in row["detail"])


def test_who_chooses_a_head_over_http_is_told_too(corpus):
    with TestClient(create_app(Runtime(load_settings({})))) as client:
        used = client.post("/v1/heads/use", json={"name": "v0001"}).json()
        undone = client.post("/v1/heads/undo").json()
    with TestClient(create_app(Runtime(load_settings({"head": "bundled"})))) as client:
        set_elsewhere = client.post("/v1/heads/use", json={"name": "v0001"}).json()

    assert ["v0001", "v0002"] == [used["name"], undone["name"]]
    assert ["does not know (road, water)" in note for note in used["notes"]] == [True]
    assert [] == undone["notes"]
    assert "the setting head is 'bundled'" in set_elsewhere["notes"][0]


def test_the_corpus_is_labelled_anew_as_if_it_had_been_added_now_and_what_people_said_stays(liuwei, corpus):
    wanted = shown(liuwei, corpus)
    liuwei("heads", "use", "v0001")
    renewed = liuwei("index", "rebuild", "--classify", "--json")
    there = dimensions(liuwei)
    with Runtime(load_settings({})) as runtime:
        labels = runtime.corpus().labels
        sentence = runtime.document(corpus[0]).sentences[2]
        labels.add(_label(sentence))
    liuwei("heads", "use", "v0002")
    liuwei("index", "rebuild", "--classify")
    after = shown(liuwei, corpus)

    assert (0, "rebuilt") == (renewed.exit_code, renewed.rows[0]["status"])
    assert there <= {"study", "work"}
    assert (SAID, wanted[0][2]["dimension"]) == (after[0][2]["dimension"], after[0][2]["guess"]["dimension"])
    assert 0 == liuwei("index", "verify").exit_code
    after[0][2] = wanted[0][2]
    assert wanted == after
    assert liuwei("search", "学习", "--dimension", "水利", "--json").rows


def test_stopped_in_the_middle_every_report_is_labelled_whole_and_it_can_be_done_again(liuwei, corpus):
    liuwei("heads", "use", "v0001")

    def stop(done, total):
        raise KeyboardInterrupt

    with Runtime(load_settings({})) as runtime:
        with pytest.raises(KeyboardInterrupt):
            relabel(runtime, progress=stop)
        halves = [{row["dimension"] for row in rows} for rows in shown(liuwei, corpus)]
        told = unknown_labels(runtime)
        relabel(runtime, progress=lambda done, total: None)

        assert (True, True) == (halves[0] <= {"study", "work"}, halves[1] <= {"water", "road"})
        assert told is not None
        assert unknown_labels(runtime) is None


def test_a_label_that_is_taken_back_afterwards_leaves_what_the_head_said_last(liuwei, corpus):
    with Runtime(load_settings({})) as runtime:
        labels = runtime.corpus().labels
        given = labels.add(_label(runtime.document(corpus[0]).sentences[2]))
        liuwei("heads", "use", "v0001")
        relabel(runtime, progress=lambda done, total: None)
        labels.undo(given.feedback_id, author="")

        assert runtime.document(corpus[0]).sentences[2].tag.dimension in ("study", "work")


def _label(stored):
    return label(stored.document_id, stored.sentence.ordinal, dimension=SAID, text=stored.sentence.text)
