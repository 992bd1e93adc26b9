import json
import re
import shutil

import pytest

from models.artifacts import ARRAYS, MANIFEST
from models.head_versions import head_history
from service.staging import staged
from tests.service.conftest import EXAMPLES

FIGURES = (
    "count codes accuracy accuracy_interval accepted macro_f1 role_accuracy ece ece_accepted coverage "
    "covered_accepted off_topic_refused classes confusion reliability"
).split()
STYLE = "下村调研走马观花，与群众谈心不多"
GOOD = {"text": STYLE, "primary": "style"}


pytestmark = pytest.mark.usefixtures("small_encoder")


def rows(count, *, shift=0):
    """Return labelled examples in five batches; `shift` gives every text the label of another one."""
    labels = EXAMPLES[shift:] + EXAMPLES[:shift]
    return [
        {"text": f"{text}（{number}）", "primary": primary, "role": role, "batch": f"b{number % 5}"}
        for number in range(-(-count // len(EXAMPLES)))
        for (_, _, text), (primary, role, _) in zip(EXAMPLES, labels, strict=True)
    ][:count]


def written(path, examples):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in examples), encoding="utf-8")
    return path


@pytest.fixture
def few(tmp_path):
    return written(tmp_path / "few.jsonl", rows(28))


@pytest.fixture
def many(tmp_path):
    return written(tmp_path / "many.jsonl", rows(140))


def dimension_of(liuwei, text, *flags):
    return liuwei("classify", text, "--json", *flags).rows[0]["dimension"]


def test_training_prints_the_figures_of_held_out_batches(liuwei, many, tmp_path):
    ran = liuwei("train", "--examples", many, "--json")

    figures = ran.rows[0]
    assert (0, 1, ["head", *FIGURES]) == (ran.exit_code, len(ran.rows), list(figures))
    assert (str(tmp_path / "data/heads/v0001"), 140) == (figures["head"], figures["count"])
    assert 0.9 < figures["accuracy"] <= 1
    assert 140 == sum(map(sum, figures["confusion"]))


def test_for_people_training_prints_tables(liuwei, many):
    ran = liuwei("train", "--examples", many)

    assert 0 == ran.exit_code
    assert all(name in ran.stdout for name in ("accuracy (primary)", "by dimension", "confusion", "reliability"))
    assert "140 examples" in ran.stderr


def test_too_few_examples_to_measure_still_give_a_head(liuwei, few, tmp_path):
    ran = liuwei("train", "--examples", few, "--json")

    assert [{"head": str(tmp_path / "data/heads/v0001"), "examples": 28}] == ran.rows
    assert "too few examples to hold any out" in ran.stderr
    assert "style" == dimension_of(liuwei, STYLE)


def test_examples_may_lie_in_several_files(liuwei, few, tmp_path):
    more = written(tmp_path / "more.jsonl", [GOOD])

    repeated = liuwei("train", "--examples", few, "--examples", more, "--json")
    together = liuwei("train", "--examples", few, more, "--json")

    assert [29, 29] == [repeated.rows[0]["examples"], together.rows[0]["examples"]]


def test_what_a_shell_makes_of_a_pattern_is_measured_with(liuwei, few, many):
    liuwei("train", "--examples", few)

    ran = liuwei("evaluate", "--json", "--examples", few, many)

    assert (0, 168) == (ran.exit_code, ran.rows[0]["count"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--examples", "nope.jsonl"],
        ["train", "--taxonomy", "nope.yaml"],
        ["evaluate", "--examples", "nope.jsonl"],
        ["evaluate", "--examples", "few.jsonl", "nope.jsonl"],
    ],
)
def test_a_file_that_does_not_exist_is_wrong_usage(liuwei, few, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)

    ran = liuwei(*arguments)

    assert (2, "") == (ran.exit_code, ran.stdout)
    assert re.search("--(examples|taxonomy) nope.(jsonl|yaml): no such file", ran.stderr)
    assert not (tmp_path / "data").exists()


def test_the_head_trained_last_is_the_one_in_use(liuwei, few, tmp_path):
    shifted = written(tmp_path / "shifted.jsonl", rows(28, shift=2))
    heads = tmp_path / "data/heads"
    seen = []

    for examples in (few, shifted, few):
        assert 0 == liuwei("train", "--examples", examples).exit_code
        seen.append((head_history(heads)[0], dimension_of(liuwei, STYLE)))

    assert [("v0001", "style"), ("v0002", seen[1][1]), ("v0003", "style")] == seen
    assert "style" != seen[1][1]
    assert {"CURRENT", "v0001", "v0002", "v0003"} == {path.name for path in heads.iterdir()}


def test_an_older_head_can_be_named(liuwei, few, tmp_path):
    liuwei("train", "--examples", few)
    liuwei("train", "--examples", written(tmp_path / "shifted.jsonl", rows(28, shift=2)))

    assert "style" == dimension_of(liuwei, STYLE, "--head", tmp_path / "data/heads/v0001")
    assert "style" != dimension_of(liuwei, STYLE)


def test_a_failed_training_leaves_the_head_in_use(liuwei, few, tmp_path):
    liuwei("train", "--examples", few)
    bad = written(tmp_path / "bad.jsonl", [{"text": STYLE, "primary": "styel"}])

    assert 1 == liuwei("train", "--examples", bad).exit_code

    assert "v0001" == head_history(tmp_path / "data/heads")[0]
    assert "style" == dimension_of(liuwei, STYLE)


def test_a_head_written_to_a_folder_is_measured_there_and_not_put_in_use(liuwei, many, tmp_path):
    trained = liuwei("train", "--examples", many, "--output", tmp_path / "mine", "--json")

    measured = liuwei("evaluate", "--examples", many, "--head", tmp_path / "mine", "--json")

    assert [0, 0] == [trained.exit_code, measured.exit_code]
    assert {"examples.jsonl", "head.npz", "manifest.json", "taxonomy.yaml"} == {
        path.name for path in (tmp_path / "mine").iterdir()
    }
    assert ["head", *FIGURES] == list(measured.rows[0])
    assert (str(tmp_path / "mine"), 140) == (measured.rows[0]["head"], measured.rows[0]["count"])
    assert measured.rows[0]["accuracy"] >= trained.rows[0]["accuracy"]
    assert not (tmp_path / "data").exists()


def test_the_same_examples_and_seed_give_the_same_head(liuwei, many, tmp_path):
    for name in ("one", "two"):
        liuwei("train", "--examples", many, "--output", tmp_path / name, "--seed", 7)

    one, two = (json.loads((tmp_path / name / MANIFEST).read_text(encoding="utf-8")) for name in ("one", "two"))
    assert one["metrics"] == two["metrics"]
    assert one["temperature"] == two["temperature"]


def test_a_head_may_be_written_over_an_older_one_and_into_an_empty_folder(liuwei, few, tmp_path):
    (tmp_path / "mine").mkdir()

    exit_codes = [liuwei("train", "--examples", few, "--output", tmp_path / "mine").exit_code for _ in range(2)]

    assert [0, 0] == exit_codes
    assert {"few.jsonl", "mine"} == {path.name for path in tmp_path.iterdir()}


def test_a_head_is_not_written_into_somebody_elses_folder(liuwei, few, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    shutil.copy(few, mine / "examples.jsonl")
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    ran = [liuwei("train", "--examples", few, "--output", path) for path in (mine, tmp_path / "file")]

    assert [2, 2] == [one.exit_code for one in ran]
    assert "holds something else than a classifier head" in ran[0].stderr
    assert few.read_bytes() == (mine / "examples.jsonl").read_bytes()
    assert {"examples.jsonl"} == {path.name for path in mine.iterdir()}


@pytest.mark.parametrize("name", ["mine.tmp", "mine.old"])
def test_folders_beside_the_output_are_left_alone(liuwei, few, tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "notes.txt").write_text("mine", encoding="utf-8")

    for _ in range(2):
        liuwei("train", "--examples", few, "--output", tmp_path / "mine")

    assert "mine" == (tmp_path / name / "notes.txt").read_text(encoding="utf-8")


def test_two_trainings_at_once_neither_share_a_number_nor_a_folder(liuwei, few, tmp_path):
    with staged(tmp_path / "data/heads/head"), staged(tmp_path / "mine"):
        ran = [liuwei("train", "--examples", few, *flags) for flags in ((), ("--output", tmp_path / "mine"))]

    assert [(3, ""), (3, "")] == [(one.exit_code, one.stdout) for one in ran]
    assert all("try again when it is done" in one.stderr for one in ran)
    assert 0 == liuwei("train", "--examples", few).exit_code
    assert {"CURRENT", "v0001"} == {path.name for path in (tmp_path / "data/heads").iterdir()}


def test_a_named_head_whose_replacing_was_killed_is_still_read(liuwei, few, tmp_path):
    liuwei("train", "--examples", few, "--output", tmp_path / "mine")
    (tmp_path / "mine").rename(tmp_path / ".mine.liuwei-old")

    assert "style" == dimension_of(liuwei, STYLE, "--head", tmp_path / "mine")
    liuwei("train", "--examples", few, "--output", tmp_path / "mine")
    assert {"few.jsonl", "mine"} == {path.name for path in tmp_path.iterdir()}


def test_an_output_without_a_name_is_wrong_usage(liuwei, few, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")

    assert 2 == liuwei("train", "--examples", few, "--output", ".").exit_code


BAD_LINES = (
    ("{no json", "is no JSON"),
    ('["a list"]', "needs a `text`"),
    ('{"primary": "style"}', "needs a `text`"),
    ('{"text": " ", "primary": "style"}', "needs a `text`"),
    ('{"text": 5, "primary": "style"}', "needs a `text`"),
    ('{"text": "学习", "primary": "styel"}', "`primary` has 'styel'; known are theory"),
    ('{"text": "学习", "primary": 5}', "`primary`"),
    ('{"text": "学习", "primary": "theory", "secondary": ["none", "x"]}', "`secondary` has 'x'"),
    ('{"text": "学习", "primary": "theory", "secondary": 5}', "`secondary`"),
    ('{"text": "学习", "primary": "theory", "accepted": ["x"]}', "`accepted` has 'x'"),
    ('{"text": "学习", "primary": "theory", "role": "reason"}', "`role` has 'reason'; known are"),
)


@pytest.mark.parametrize("command", ["train", "evaluate"])
@pytest.mark.parametrize(("line", "message"), BAD_LINES)
def test_a_bad_example_is_told_with_file_line_and_field(liuwei, few, tmp_path, command, line, message):
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(GOOD) + "\n\n" + line + "\n", encoding="utf-8")
    liuwei("train", "--examples", few)

    ran = liuwei(command, "--examples", path)

    assert (1, "") == (ran.exit_code, ran.stdout)
    assert f"{path}:3" in ran.stderr
    assert message in ran.stderr


@pytest.mark.parametrize("content", [b"", b"\n\n", "学习".encode("gb18030"), bytes(range(256))])
def test_examples_that_are_empty_or_no_utf_8_are_told(liuwei, tmp_path, content):
    path = tmp_path / "examples.jsonl"
    path.write_bytes(content)

    ran = liuwei("train", "--examples", path)

    assert (1, "") == (ran.exit_code, ran.stdout)
    assert str(path) in ran.stderr
    assert not (tmp_path / "data").exists()


def test_examples_of_a_single_dimension_are_not_enough(liuwei, tmp_path):
    ran = liuwei("train", "--examples", written(tmp_path / "one.jsonl", [GOOD, {**GOOD, "text": "浮在面上"}]))

    assert (1, "") == (ran.exit_code, ran.stdout)
    assert "at least two dimensions" in ran.stderr


def test_an_example_may_hold_other_line_separators(liuwei, tmp_path):
    examples = written(tmp_path / "odd.jsonl", [*rows(28), {**GOOD, "text": "走马观花\u2028浮在面上\x85"}])

    trained = liuwei("train", "--examples", examples)

    assert (0, "style") == (trained.exit_code, dimension_of(liuwei, STYLE))


def test_a_single_unlabelled_example_can_be_measured_with(liuwei, few, tmp_path):
    liuwei("train", "--examples", few)
    path = written(tmp_path / "open.jsonl", [{"text": STYLE, "primary": None, "accepted": ["style"]}])

    ran = liuwei("evaluate", "--examples", path, "--json")

    assert (0, 1, 1.0) == (ran.exit_code, ran.rows[0]["count"], ran.rows[0]["accepted"])


def test_evaluating_without_examples_is_wrong_usage(liuwei):
    assert 2 == liuwei("evaluate").exit_code


@pytest.mark.parametrize("content", ["no: taxonomy", "{", ""])
def test_a_taxonomy_that_is_none_is_told(liuwei, few, tmp_path, content):
    path = tmp_path / "taxonomy.yaml"
    path.write_text(content, encoding="utf-8")

    ran = liuwei("train", "--examples", few, "--taxonomy", path)

    assert (1, "") == (ran.exit_code, ran.stdout)
    assert str(path) in ran.stderr


def test_a_head_of_another_encoder_is_refused_with_what_to_do(liuwei, few, tmp_path):
    liuwei("train", "--examples", few, "--output", tmp_path / "mine")

    for command in (["classify", STYLE], ["evaluate", "--examples", few]):
        ran = liuwei("--encoder", "other", *command, "--head", tmp_path / "mine")

        assert (3, "") == (ran.exit_code, ran.stdout)
        assert "was fitted to encoder" in ran.stderr
        assert "'liuwei train'" in ran.stderr


def test_a_head_that_is_missing_is_told(liuwei, tmp_path):
    ran = liuwei("classify", STYLE, "--head", tmp_path / "nowhere")

    assert (3, "") == (ran.exit_code, ran.stdout)
    assert f"{tmp_path / 'nowhere'} holds no classifier head" in ran.stderr


@pytest.mark.parametrize("name", [ARRAYS, MANIFEST, "examples.jsonl", "taxonomy.yaml"])
def test_a_head_with_a_changed_or_missing_file_is_refused(liuwei, few, tmp_path, name):
    liuwei("train", "--examples", few)
    path = tmp_path / "data/heads/v0001" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    changed = liuwei("classify", STYLE)
    path.unlink()
    missing = liuwei("classify", STYLE)

    # The manifest is not its own witness: a changed byte in it may go unnoticed, or change what it asks for.
    assert name == MANIFEST or (3, "") == (changed.exit_code, changed.stdout)
    assert (3, "") == (missing.exit_code, missing.stdout)
    assert "Traceback" not in changed.stderr + missing.stderr


def test_dimensions_without_an_example_are_named(liuwei, tmp_path):
    examples = written(tmp_path / "two.jsonl", [GOOD, {"text": "笔记是抄来的，书没有读", "primary": "theory"}])

    ran = liuwei("train", "--examples", examples)

    assert 0 == ran.exit_code
    assert "no example of politics, ability, responsibility, integrity, none" in ran.stderr
    assert "'liuwei heads undo'" in ran.stderr
    assert "ability" == dimension_of(liuwei, "统筹协调和队伍能力")


def test_labels_of_ones_own_need_no_example(liuwei, tmp_path):
    taxonomy = tmp_path / "mine.yaml"
    taxonomy.write_text(
        "format: 1\nname: mine\nversion: 1\nroles: []\ndimensions:\n"
        "  - {code: water, label: 水利, definition: 河道清淤；水库加固}\n"
        "  - {code: road, label: 交通, definition: 公路养护；桥梁检测}\n",
        encoding="utf-8",
    )

    trained = liuwei("train", "--taxonomy", taxonomy, "--json")
    row = liuwei("classify", "水库加固进度慢", "--json", "--evidence", "1").rows[0]

    assert (0, 0) == (trained.exit_code, trained.rows[0]["examples"])
    assert "v0001: fitted to the definitions of its labels" in trained.stderr
    assert "evidence" in liuwei("heads", "list").stdout
    assert ("water", "水利", "other", "水库加固") == (
        row["dimension"],
        row["label"],
        row["role"],
        row["evidence"][0]["text"],
    )
    assert 2 == liuwei("train", "--taxonomy", taxonomy, "--tune").exit_code
    liuwei("heads", "undo")
    assert "bundled" == liuwei("heads", "list", "--json").rows[0]["name"]


def test_labels_of_ones_own_may_be_written_in_traditional_characters(liuwei, tmp_path):
    heads = {}
    for name, definition in (("traditional", "水庫加固；河道疏浚工程進度"), ("plain", "水库加固；河道疏浚工程进度")):
        taxonomy = tmp_path / f"{name}.yaml"
        taxonomy.write_text(
            "name: mine\nversion: 1\ndimensions:\n"
            f"  - {{code: water, label: 水利, definition: {definition}}}\n"
            "  - {code: road, label: 交通, definition: 公路养护；桥梁检测}\n",
            encoding="utf-8",
        )
        assert 0 == liuwei("train", "--taxonomy", taxonomy, "--output", tmp_path / name).exit_code
        heads[name] = (tmp_path / name / ARRAYS).read_bytes()

    assert heads["traditional"] == heads["plain"]


def test_an_encoder_is_tuned_to_topics_and_judged_queries_that_are_named(liuwei, tmp_path, monkeypatch):
    topics = written(tmp_path / "topics.jsonl", [{"topic": "调研走过场", "queries": ["走马观花"]}])
    labelled = {"primary": "style", "topic": "调研走过场", "relation": "answers"}
    examples = written(tmp_path / "a.jsonl", [{"text": text, **labelled} for text in (STYLE, "浮在面上", "车上看看")])
    judged = {"query": "谁只转一圈？", "collection": "c", "answers": ["车上看看"]}
    queries = written(tmp_path / "queries.jsonl", [judged])
    output = tmp_path / "mine"
    tuned_to = []

    def tune(topics, queries, *, base, output, config, progress):
        tuned_to.append(([topic.name for topic in topics], [query.text for query in queries]))
        output.mkdir(parents=True)
        (output / "written").touch()

    monkeypatch.setattr("models.search_tuning.tune_search_encoder", tune)

    ran = liuwei("tune-encoder", "--output", output, "--topics", topics, "--examples", examples, "--json")
    other = liuwei("tune-encoder", "--output", tmp_path / "other", "--queries", queries)

    assert (0, [{"encoder": str(output), "topics": 1, "queries": 0}]) == (ran.exit_code, ran.rows)
    assert 0 == other.exit_code
    assert [(["调研走过场"], []), ([], ["谁只转一圈？"])] == tuned_to
    assert (output / "written").is_file()
    again = liuwei("tune-encoder", "--output", output, "--topics", topics, "--examples", examples)
    assert 2 == again.exit_code
    assert "name a new folder" in again.stderr
