from urllib.parse import quote

import pytest

NAME = "张三 对照检查.txt"


def source_of(client, disposition):
    """Return the source of a report that is sent under this name, and the status."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; ' + disposition
    content = head + "\r\n\r\n理论学习不够系统。\r\n--b--\r\n".encode()
    response = client.post(
        "/v1/documents", content=content, headers={"content-type": "multipart/form-data; boundary=b"}
    )
    return response.json().get("source") or response.json()["error"]["param"]


@pytest.mark.parametrize(
    "disposition",
    [
        f'filename="{NAME}"'.encode(),
        f'filename="{quote(NAME, safe="")}"'.encode(),  # aiohttp
        f"filename=\"=?utf-8?B?5byg5LiJ?=\"; filename*=utf-8''{quote(NAME)}".encode(),  # .NET
        f"filename=\"a.txt\"; filename*=UTF-8'zh'{quote(NAME)}".encode(),
        f'filename="{NAME}"'.encode("gb18030"),  # curl on Chinese Windows
        f'filename="C:\\\\报告\\\\{NAME}"'.encode(),
    ],
)
def test_a_chinese_name_is_the_same_from_every_client(client, disposition):
    assert NAME == source_of(client, disposition)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'filename="say %22so%22.txt"', 'say "so".txt'),
        (b'filename="100%.txt"', "100%.txt"),
        (b'filename="%FF.txt"', "%FF.txt"),
        ('filename="完成 50%.txt"'.encode(), "完成 50%.txt"),
        (b'filename="%2e%2e%2fetc%2fa.txt"', "a.txt"),
        (b'filename="a%00%0A%1Bb.txt"', "a b.txt"),
        ('filename="résumé.txt"'.encode(), "résumé.txt"),
    ],
)
def test_what_a_name_says_otherwise_stays_and_no_folder_of_it(client, disposition, name):
    assert name == source_of(client, disposition)


@pytest.mark.parametrize("disposition", [b'filename=""', b'filename="../"', b"filename*=utf-8''a.txt"])
def test_a_file_without_a_name_is_refused_as_the_field_that_it_is(client, disposition):
    assert "file" == source_of(client, disposition)
