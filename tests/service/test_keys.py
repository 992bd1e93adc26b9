import json
import re
import stat
import threading

import pytest

from service.errors import BadRequest, KeysDamaged, UnknownKey
from service.keys import FILE_NAME, ROLES, KeyFile


@pytest.fixture
def key_file(tmp_path):
    return KeyFile(tmp_path / "data")


def test_a_new_key_is_known_by_its_token_and_by_no_other(key_file):
    made, other = key_file.create(name="Dify", role="read"), key_file.create(name="审阅组", role="admin")

    assert made.key == key_file.holder_of(made.token)
    assert other.key == key_file.holder_of(other.token)
    for wrong in ("", made.token[:-1], made.token + "x", made.key.digest, "密钥", "\udcff"):
        assert key_file.holder_of(wrong) is None


def test_only_the_hash_is_kept_in_a_file_that_only_its_owner_reads(key_file, tmp_path):
    made = key_file.create(name="Dify", role="read")

    path = tmp_path / "data" / FILE_NAME
    kept = path.read_text(encoding="utf-8")
    assert made.token not in kept
    assert made.token.rpartition("_")[2] not in kept
    assert re.search('"digest": "[0-9a-f]{64}"', kept)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_each_role_may_do_what_those_before_it_may(key_file):
    allowed = {role: [key_file.create(name="x", role=role).key.may(asked) for asked in ROLES] for role in ROLES}

    assert {"read": [True, False, False], "write": [True, True, False], "admin": [True] * 3} == allowed


def test_a_revoked_key_is_gone_at_once_for_whoever_has_read_it_before(key_file, tmp_path):
    made, other = key_file.create(name="a", role="read"), key_file.create(name="b", role="read")
    assert key_file.holder_of(made.token)

    KeyFile(tmp_path / "data").revoke(made.key.key_id)

    assert key_file.holder_of(made.token) is None
    assert (other.key,) == key_file.keys()
    with pytest.raises(UnknownKey, match=made.key.key_id):
        key_file.revoke(made.key.key_id)


def test_keys_made_at_once_are_all_kept(key_file):
    threads = [threading.Thread(target=key_file.create, kwargs={"name": "x", "role": "read"}) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 12 == len({key.key_id for key in key_file.keys()})


@pytest.mark.parametrize(
    ("name", "role"), [("x", "owner"), ("x", ""), ("", "read"), (" ", "read"), ("a\nb", "read"), ("长" * 101, "read")]
)
def test_a_wrong_name_or_role_makes_no_key(key_file, name, role):
    with pytest.raises(BadRequest):
        key_file.create(name=name, role=role)

    assert () == key_file.keys()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": 2, "keys": []}', '{"format": 1, "keys": [{}]}', "\ufffd"]
)
def test_a_damaged_file_lets_nobody_in_and_is_not_written_over(key_file, tmp_path, content):
    key_file.create(name="x", role="read")
    path = tmp_path / "data" / FILE_NAME
    path.write_text(content, encoding="utf-8")

    for use in (key_file.keys, lambda: key_file.holder_of("x"), lambda: key_file.create(name="y", role="read")):
        with pytest.raises(KeysDamaged, match=re.escape(FILE_NAME)):
            use()

    assert content == path.read_text(encoding="utf-8")


def test_a_role_that_is_unknown_is_damage(key_file, tmp_path):
    key_file.create(name="x", role="read")
    path = tmp_path / "data" / FILE_NAME
    content = json.loads(path.read_text(encoding="utf-8"))
    content["keys"][0]["role"] = "owner"
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(KeysDamaged, match="role"):
        key_file.keys()
