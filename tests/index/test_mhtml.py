import quopri

import pytest

from index.readers import parse_document
from tests.index.files import refused

PAGE = '<html><head><meta charset="gb2312"></head><body><p>一、存在的问题<p>学得浅。</body></html>'


def saved(*parts, kind="related"):
    head = f'From: <Saved by a browser>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary="b"\r\n'
    body = b"".join(
        b"\r\n--b\r\nContent-Type: %s\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s"
        % (content_type.encode(), quopri.encodestring(data))
        for content_type, data in parts
    )
    return head.encode() + body + b"\r\n--b--\r\n"


@pytest.mark.parametrize("name", ["a.mht", "a.mhtml", "a.doc"])
def test_a_page_saved_in_one_file_is_read(name):
    data = saved(("text/css", b"p {}"), ('text/html; charset="gb2312"', PAGE.encode("gbk")), ("text/html", b"<p>x"))

    assert "一、存在的问题\n学得浅。" == parse_document(name, data).text


@pytest.mark.parametrize(
    "data",
    [b"words", saved(("text/plain", b"words")), saved(("text/html", b"")), b"MIME-Version: 1.0\r\n\r\nwords"],
)
def test_a_file_without_a_page_is_refused(data):
    refused("a.mht", data, "no page saved in one file", "save it as .html")
