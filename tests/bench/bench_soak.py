"""Fifty searching clients and one writer, for two minutes, without a single error.

    python -m tests.bench.bench_soak [--clients 50] [--seconds 120]

The searchers ask again as soon as they are answered, with texts, filters, units and modes that change; the writer adds
reports and removes every other one. An added report must be among the hits of the next search for its own words, a
removed one must be gone. Prints one JSON object; exits with 1 where anything went wrong.
"""

import argparse
import asyncio
import collections
import itertools
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from index.archives import expand
from service.demo import SAMPLE
from tests.bench.bench_speed import unique_texts
from tests.bench.served import Client, served

SEED = 11
PAUSE_S = 0.2


class Tally:
    """What happened: how long each search waited, what was written, and every kind of error with its count."""

    def __init__(self) -> None:
        self.waits_s: list[float] = []
        self.added = self.removed = 0
        self.errors: collections.Counter[str] = collections.Counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120.0)
    arguments = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as port:
        asyncio.run(_soaked(port, tally, clients=arguments.clients, seconds=arguments.seconds))
    cuts = statistics.quantiles(tally.waits_s, n=100)
    figures = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "clients": arguments.clients,
        "seconds": arguments.seconds,
        "searches": len(tally.waits_s),
        "p50_ms": round(cuts[49] * 1000),
        "p99_ms": round(cuts[98] * 1000),
        "added": tally.added,
        "removed": tally.removed,
        "errors": dict(tally.errors),
    }
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    sys.exit(1 if tally.errors or not tally.waits_s or not tally.removed else 0)


async def _soaked(port: int, tally: Tally, *, clients: int, seconds: float) -> None:
    async with Client(port) as client:
        for source in expand([SAMPLE / "corpus"]):
            await client.ask("POST", "/v1/documents", {"text": source.load().text})
    texts, until = unique_texts(1_000), time.monotonic() + seconds
    searching = (_search(port, tally, texts, random.Random(SEED + place), until=until) for place in range(clients))
    await asyncio.gather(_write(port, tally, until=until), *searching)


async def _search(port: int, tally: Tally, texts: list[str], rng: random.Random, *, until: float) -> None:
    async with Client(port) as client:
        while time.monotonic() < until:
            body = {
                "query": rng.choice(texts),
                "top_k": rng.choice((1, 10, 50)),
                "mode": rng.choice(("hybrid", "dense", "lexical")),
                "unit": rng.choice(("sentence", "passage")),
                "filter": {"role": rng.choice(([], ["problem"], ["problem", "measure"]))},
            }
            answer = await client.ask("POST", "/v1/search", body)
            tally.waits_s.append(answer.seconds)
            if answer.status != 200:
                tally.errors[f"search: {answer.status} {answer.body[:200].decode()}"] += 1
            elif body["mode"] != "lexical" and not answer.data["data"]:
                tally.errors["search: nothing found"] += 1


async def _write(port: int, tally: Tally, *, until: float) -> None:
    async with Client(port) as client:
        for number in itertools.count():
            if time.monotonic() >= until:
                return
            text = f"对照检查材料之{number}\n\n一、存在的问题\n\n1.{_sentence(number)}。\n"
            added = await client.ask("POST", "/v1/documents", {"text": text})
            if added.status != 201:
                tally.errors[f"add: {added.status} {added.body[:200].decode()}"] += 1
                continue
            tally.added += 1
            document_id = added.data["document_id"]
            await _look(client, tally, number, document_id, there=True)
            if number % 2:
                removed = await client.ask("DELETE", f"/v1/documents/{document_id}")
                tally.removed += removed.status == 200
                if removed.status != 200:
                    tally.errors[f"remove: {removed.status} {removed.body[:200].decode()}"] += 1
                await _look(client, tally, number, document_id, there=False)
            await asyncio.sleep(PAUSE_S)


async def _look(client: Client, tally: Tally, number: int, document_id: str, *, there: bool) -> None:
    answer = await client.ask("POST", "/v1/search", {"query": _sentence(number), "top_k": 10})
    if answer.status != 200:
        tally.errors[f"look: {answer.status} {answer.body[:200].decode()}"] += 1
        return
    found = [hit["document_id"] for hit in answer.data["data"]]
    if there and document_id not in found:
        tally.errors["an added report is not found"] += 1
    if not there and document_id in found:
        tally.errors["a removed report is found"] += 1


def _sentence(number: int) -> str:
    return f"第{number}号窗口排队时间长，取号机编号{number}长期失修"


if __name__ == "__main__":
    main()
