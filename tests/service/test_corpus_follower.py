import shutil

import pytest
from starlette.testclient import TestClient

from index.backup import back_up, restore
from index.errors import NoCorpus
from service.app import create_app
from tests.service.crash_world import report


def ids(runtime):
    return [summary.document_id for summary in runtime.documents(limit=10).summaries]


def test_what_is_added_after_the_data_directory_was_replaced_is_in_the_new_one(make_runtime, tmp_path):
    with make_runtime() as runtime:
        data = runtime.settings.data_dir
        runtime.add(report(1))
        held = runtime.corpus()
        shutil.copytree(data, tmp_path / "copy")
        runtime.add(report(2))
        data.rename(tmp_path / "old")
        (tmp_path / "copy").rename(data)

        runtime.add(report(3))

        # Who had the old one before it was replaced still reads it.
        assert [report(1).document_id, report(2).document_id] == [one.document_id for one in held.documents()]
        assert {report(1).document_id, report(3).document_id} == set(ids(runtime))
        assert {hit.document_id for hit in runtime.search("走访群众", top_k=50)} == set(ids(runtime))
    with make_runtime() as runtime:
        assert {report(1).document_id, report(3).document_id} == set(ids(runtime))
        assert all(check.ok for check in runtime.corpus().verify())


def test_a_data_directory_that_is_gone_holds_nothing_until_something_is_added(make_runtime):
    with make_runtime() as runtime:
        runtime.add(report(1))
        shutil.rmtree(runtime.settings.data_dir)

        with pytest.raises(NoCorpus, match="add a report first"):
            runtime.search("走访群众")
        assert "added" == runtime.add(report(2)).status
    with make_runtime() as runtime:
        assert [report(2).document_id] == ids(runtime)


def test_a_backup_put_in_place_of_a_corpus_that_was_removed_is_followed(make_runtime, tmp_path):
    with make_runtime() as runtime:
        data = runtime.settings.data_dir
        runtime.add(report(1))
        back_up(data, tmp_path / "saved")
        for path in data.glob("corpus.sqlite*"):
            path.unlink()
        restore(data, tmp_path / "saved")

        runtime.add(report(2))

        assert [report(1).document_id, report(2).document_id] == ids(runtime)


def test_a_service_whose_data_directory_went_ends_in_order(make_runtime):
    runtime = make_runtime()
    with TestClient(create_app(runtime)) as client:
        assert 201 == client.post("/v1/documents", json={"text": report(1).text}).status_code
        shutil.rmtree(runtime.settings.data_dir)

    assert not runtime.settings.data_dir.exists()
