from tests.service.crash_loop import kill_again_and_again


def test_a_process_killed_again_and_again_loses_and_doubles_nothing(tmp_path):
    counts = kill_again_and_again(tmp_path / "world", kills=8, seed=7)

    assert 8 == sum(counts.values())
    assert len(counts) > 2
