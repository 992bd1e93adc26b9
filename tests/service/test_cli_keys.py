from service.keys import KeyFile


def test_a_key_is_printed_once_and_listed_without_its_secret(liuwei, tmp_path):
    made = liuwei("keys", "create", "--name", "审阅组", "--role", "write", "--json")
    listed = liuwei("keys", "list", "--json")

    (row,) = made.rows
    assert (0, 0) == (made.exit_code, listed.exit_code)
    assert ["key_id", "name", "role", "created_at", "key"] == list(row)
    assert [{name: row[name] for name in ("key_id", "name", "role", "created_at")}] == listed.rows
    assert "write" == KeyFile(tmp_path / "data").holder_of(row["key"]).role


def test_for_a_script_the_token_alone_is_on_stdout(liuwei, tmp_path):
    made = liuwei("keys", "create", "--name", "Dify")

    assert "read" == KeyFile(tmp_path / "data").holder_of(made.stdout.strip()).role
    assert "not shown again" in made.stderr
    assert "Dify" in liuwei("keys", "list").stdout


def test_revoking_names_what_is_unknown_and_goes_on(liuwei):
    first, second = (liuwei("keys", "create", "--name", name, "--json").rows[0] for name in "ab")

    ran = liuwei("keys", "revoke", first["key_id"], "ffffffff", second["key_id"], "--json")

    assert 1 == ran.exit_code
    assert [first["key_id"], second["key_id"]] == [row["key_id"] for row in ran.rows]
    assert "ffffffff" in ran.stderr
    assert "all keys are revoked" in liuwei("keys", "list").stderr


def test_a_wrong_role_is_wrong_usage(liuwei):
    ran = liuwei("keys", "create", "--name", "x", "--role", "owner")

    assert (2, "") == (ran.exit_code, ran.stdout)
    assert "read, write, admin" in ran.stderr
