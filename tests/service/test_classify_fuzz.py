import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ODD = [
    "\ud800",
    "学习\udfff",
    "\x00\x01\x1f\x7f\x9b",
    "\u202e倒着写的字\u202c",
    "‏שלום مرحبا‎",
    "👩‍👩‍👧‍👦🇨🇳",
    "e\u0301\u0323" * 50,
    "\ufeff学习",
    "\u2028\u2029\x85",
    "𠮷𪚥",
    "ﷺ" * 300,
    " \t\r\n",
    "",
    "*" * 5000,
]
# Any character, halves of characters among them, weighed towards the strange ones.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(ODD)


def post(client, value):
    body = json.dumps({"input": value})  # escapes halves, which no UTF-8 can carry
    return client.post("/v1/classify", content=body, headers={"Content-Type": "application/json"})


def check(answer, texts):
    """Check that each text got a whole prediction, or that the one at fault is named."""
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        data = answer.json()["data"]
        assert len(texts) == len(data)
        for one in data:
            assert abs(sum(one["scores"].values()) - 1) < 1e-4
    else:
        assert answer.json()["error"]["param"].startswith("input")


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_a_strange_text_is_classified_or_refused_by_name(client, text):
    answer = post(client, ["理论学习", text])

    check(answer, ["理论学习", text])
    # Format and control characters alone show nothing.
    shown = any(unicodedata.category(character) not in {"Cc", "Cf"} for character in text.strip())
    fit = shown and not any("\ud800" <= character <= "\udfff" for character in text)
    assert (200 if fit else 422) == answer.status_code


def test_any_texts_are_classified_or_refused_by_name(client):
    @settings(max_examples=150)
    @given(st.lists(TEXTS, min_size=1, max_size=4))
    def ask(texts):
        check(post(client, texts), texts)

    ask()


def test_ten_megabytes_in_one_text_are_refused_by_name(client):
    answer = post(client, ["学" * 3_400_000])

    assert (422, "input[0]") == (answer.status_code, answer.json()["error"]["param"])


def test_any_json_is_answered_and_never_breaks(client):
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "context", "x"]), inner),
        max_leaves=6,
    )

    @settings(max_examples=150)
    @given(values)
    def ask(value):
        assert post(client, value).status_code in (200, 422)

    ask()
