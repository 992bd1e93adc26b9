import threading
import time

import numpy as np
import pytest

from service.observer import Unobserved
from service.turns import MOST_ALONE, SharedContextEncoder, SharedEmbedder, Turns
from tests.doubles import HashEmbedder

ENDS_WITHIN_S = 20


class SlowEncoder:
    """Vectors that hold the length of their text. Notes each batch; waits for `go` where it is told to."""

    def __init__(self):
        self.batches = []
        self.running = 0
        self.most_running = 0
        self.go = threading.Event()
        self.go.set()

    def __call__(self, texts):
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.batches.append(list(texts))
        self.go.wait(ENDS_WITHIN_S)
        self.running -= 1
        if any(text == "bad" for text in texts):
            raise ValueError("bad")
        return np.array([[len(text)] for text in texts], dtype=np.float32)


class Noting(Unobserved):
    def __init__(self):
        self.batches = []

    def encoded(self, *, texts, requests, seconds):
        self.batches.append((texts, requests))


def in_threads(actions):
    """Run each action in a thread and return what each returned or raised, in order."""
    found = [None] * len(actions)

    def run(place):
        try:
            found[place] = actions[place]()
        except ValueError as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(actions))]
    for thread in threads:
        thread.start()
    return threads, found


def ended(threads):
    for thread in threads:
        thread.join(ENDS_WITHIN_S)
    return not any(thread.is_alive() for thread in threads)


def wait_until(condition):
    until = time.monotonic() + ENDS_WITHIN_S
    while not condition() and time.monotonic() < until:
        time.sleep(0.001)
    assert condition()


@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_everybody_gets_the_vectors_of_their_own_texts_in_their_order(lanes):
    turns = Turns(SlowEncoder(), Unobserved, lanes=lanes)
    asked = [["x" * (7 * place % 50 + row) for row in range(place % 70)] for place in range(120)]

    threads, found = in_threads([lambda texts=texts: turns(texts) for texts in asked])

    assert ended(threads)
    for texts, vectors in zip(asked, found, strict=True):
        assert [len(text) for text in texts] == [int(vector[0]) for vector in vectors]


def test_what_comes_while_a_batch_is_encoded_is_encoded_together_in_the_next():
    encoder, observer = SlowEncoder(), Noting()
    turns = Turns(encoder, lambda: observer, lanes=1)
    encoder.go.clear()

    first, _ = in_threads([lambda: turns(["one"])])
    wait_until(lambda: encoder.running)
    others, _ = in_threads([lambda: turns(["other"])] * 10)
    wait_until(lambda: len(turns._waiting) == 10)
    encoder.go.set()

    assert ended(first + others)
    assert [["one"], ["other"] * 10] == encoder.batches
    assert [(1, 1), (10, 10)] == observer.batches


def test_a_long_list_lets_others_in_between_its_parts():
    encoder = SlowEncoder()
    turns = Turns(encoder, Unobserved, lanes=1)
    encoder.go.clear()

    long, _ = in_threads([lambda: turns(["long"] * 10 * MOST_ALONE)])
    wait_until(lambda: encoder.running)
    short, _ = in_threads([lambda: turns(["short"])])
    wait_until(lambda: len(turns._waiting) == 2)
    encoder.go.set()

    assert ended(long + short)
    assert "short" in encoder.batches[1]
    assert {MOST_ALONE} == {len(batch) for batch in encoder.batches[:10]}


@pytest.mark.parametrize("lanes", [1, 3])
def test_no_more_batches_run_at_once_than_there_are_lanes(lanes):
    encoder = SlowEncoder()
    turns = Turns(encoder, Unobserved, lanes=lanes)
    encoder.go.clear()

    threads, _ = in_threads([lambda: turns(["x"])] * 20)
    wait_until(lambda: encoder.running == lanes and len(turns._waiting) == 20 - lanes)
    encoder.go.set()

    assert ended(threads)
    assert lanes == encoder.most_running


def test_a_text_that_cannot_be_encoded_fails_its_own_caller_only():
    encoder = SlowEncoder()
    turns = Turns(encoder, Unobserved, lanes=1)
    encoder.go.clear()

    first, _ = in_threads([lambda: turns(["one"])])
    wait_until(lambda: encoder.running)
    others, found = in_threads([lambda: turns(["good"]), lambda: turns(["bad"]), lambda: turns(["fine"])])
    wait_until(lambda: len(turns._waiting) == 3)
    encoder.go.set()

    assert ended(first + others)
    assert isinstance(found[1], ValueError)
    assert [4, 4] == [int(found[place][0, 0]) for place in (0, 2)]
    assert 3 == int(turns(["now"])[0, 0])


def test_an_encoder_that_gives_too_few_vectors_is_a_fault_and_no_endless_wait():
    turns = Turns(lambda texts: np.zeros((1, 2), dtype=np.float32), Unobserved, lanes=1)

    with pytest.raises(ValueError, match="1 vectors for 3 texts"):
        turns(["a", "b", "c"])


def test_a_shared_encoder_gives_what_the_encoder_itself_gives():
    own = HashEmbedder()
    shared = SharedEmbedder(own, Unobserved)
    texts = ["下村调研走马观花", "好", "理论学习不够深入，满足于读文件"] * 20

    assert (own.fingerprint, own.dim) == (shared.fingerprint, shared.dim)
    assert np.array_equal(own.encode_passages(texts), shared.encode_passages(texts))
    assert np.array_equal(own.encode_queries(texts), shared.encode_queries(texts))
    assert (0, own.dim) == shared.encode_passages([]).shape


def test_a_context_stays_with_its_text():
    class Joined:
        def encode_in_context(self, texts, contexts):
            return HashEmbedder().encode_passages([c + t for t, c in zip(texts, contexts, strict=True)])

    texts, contexts = ["学习不够", "调研不深", "担当不足"], ["（一）理论", "", "三、责任"]

    vectors = SharedContextEncoder(Joined(), Unobserved).encode_in_context(texts, contexts)

    assert np.array_equal(Joined().encode_in_context(texts, contexts), vectors)
