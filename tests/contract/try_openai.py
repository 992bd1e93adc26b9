"""Ask a running service for embeddings with OpenAI's own client, as numbers and as base64.

    python -m tests.contract.try_openai --python .venv-contract/bin/python

`make schemathesis` runs this too; the client is installed into an environment of its own. Exits with 0 where both came
as the encoder of the bundled models gives them, through the library and through the service.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from models.embedders import load_embedder
from service.keys import KeyFile
from tests.bench.served import HOST, served

TEXTS = ["调查研究不够深入，走马观花", "理论学习浮在表面", "😀"]
PROGRAM = """
import json, sys
from openai import AuthenticationError, OpenAI, UnprocessableEntityError
base_url, key, *texts = sys.argv[1:]
client = OpenAI(base_url=base_url, api_key=key, max_retries=0)
by_default = client.embeddings.create(model="liuwei", input=texts)
numbers = client.embeddings.create(model="liuwei", input=texts, encoding_format="float")
one = client.embeddings.create(model="liuwei", input=texts[0])
assert one.data[0].embedding == by_default.data[0].embedding
assert by_default.usage.total_tokens == sum(map(len, texts))
for wrong, kind in ((dict(input=[" "]), UnprocessableEntityError), (dict(input=[[1, 2]]), UnprocessableEntityError)):
    try:
        client.embeddings.create(model="liuwei", **wrong)
        raise SystemExit(f"{wrong} was taken")
    except kind as error:
        assert error.body["type"] in ("bad_text", "invalid_request"), error.body
try:
    OpenAI(base_url=base_url, api_key="wrong", max_retries=0).embeddings.create(model="liuwei", input=texts)
    raise SystemExit("a wrong key was taken")
except AuthenticationError as error:
    assert error.body["type"] == "wrong_key", error.body
print(json.dumps([[row.embedding for row in answer.data] for answer in (by_default, numbers)]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="a Python that has openai")
    arguments = parser.parse_args()
    expected = load_embedder().encode_passages(TEXTS)
    with tempfile.TemporaryDirectory() as folder:
        key = KeyFile(Path(folder)).create(name="openai", role="read").token
        with served(Path(folder)) as port:
            command = [arguments.python, "-c", PROGRAM, f"http://{HOST}:{port}/v1", key, *TEXTS]
            ran = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    by_default, numbers = (np.array(vectors, dtype=np.float32) for vectors in json.loads(ran.stdout))
    if not (np.allclose(expected, by_default, atol=1e-5) and np.array_equal(by_default, numbers)):
        sys.exit("the vectors are not those of the encoder")
    print(f"openai: {len(TEXTS)} texts, {expected.shape[1]} numbers each, as numbers and as base64, as by the encoder")


if __name__ == "__main__":
    main()
