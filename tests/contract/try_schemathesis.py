"""Hold a running service to its OpenAPI document: schemathesis asks every path for everything it can think of.

    python -m tests.contract.try_schemathesis --schemathesis .venv/bin/schemathesis [--examples 30] [--seed 1]

`make schemathesis` runs this. The service has the sample reports, the bundled models and an API key. Exits with what
schemathesis exits with: 0 for no server error and no breach.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from index.archives import expand
from service.demo import SAMPLE
from service.keys import KeyFile
from tests.bench.served import HOST, Client, served

# `positive_data_acceptance` stays out: that a filter names a dimension of the taxonomy in use, that an id exists or
# that a width is the encoder's, no OpenAPI document can say.
# All other checks are on by default; to name them with --checks would undo what the configuration says of single paths.
LEFT_OUT = "positive_data_acceptance"
CONFIG = Path(__file__).with_name("schemathesis.toml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schemathesis", required=True, help="the command of that name")
    parser.add_argument("--examples", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    parser.add_argument("more", nargs="*", help="further flags of schemathesis, after --")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        key = KeyFile(Path(folder)).create(name="schemathesis", role="admin").token
        with served(Path(folder)) as port:
            asyncio.run(_fill(port, key))
            found = subprocess.run(_command(arguments, port, key), check=False, cwd=folder).returncode
    sys.exit(found)


async def _fill(port: int, key: str) -> None:
    async with Client(port, key=key) as client:
        for source in expand([SAMPLE / "corpus"]):
            await client.ask("POST", "/v1/documents", {"text": source.load().text})


def _command(arguments: argparse.Namespace, port: int, key: str) -> list[str]:
    return [
        str(Path(arguments.schemathesis).absolute()),
        *("--config-file", str(CONFIG)),
        "run",
        f"http://{HOST}:{port}/openapi.json",
        *("--header", f"Authorization: Bearer {key}"),
        *("--phases", arguments.phases),
        *("--max-examples", str(arguments.examples)),
        *("--seed", str(arguments.seed)),
        *("--exclude-checks", LEFT_OUT),
        *("--request-timeout", "120"),
        *("--max-response-time", "100"),  # learning from feedback takes its time, and the machine may be busy
        "--continue-on-failure",
        "--no-color",
        *arguments.more,
    ]


if __name__ == "__main__":
    main()
