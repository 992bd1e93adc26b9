"""How many requests a second the service answers to one client and to many, and how long each waits.

    python -m tests.bench.bench_load [--clients 32] [--seconds 10] [--rates 1.5,2,3] [--output FILE]

Prints one JSON object. One sentence a request, all unique, over the sample corpus, on loopback; the load generator runs
on the same machine. "closed" clients ask again as soon as they are answered; with N of them and k times the throughput
of one, the mean wait is N / k times that of one (Little's law). "paced" requests come at random moments (Poisson,
seeded) at a multiple of what one closed client gets, over as many connections as there are clients.
"""

import argparse
import asyncio
import itertools
import json
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from index.archives import expand
from service.demo import SAMPLE
from tests.bench.bench_speed import unique_texts
from tests.bench.served import Client, served

SEED = 7
WARM_UP = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rates", default="1.5,2,3", help="paced load, as multiples of what one closed client gets")
    parser.add_argument("--kinds", default="classify,search")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    rates = [float(rate) for rate in arguments.rates.split(",") if rate]
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as port:
        figures = asyncio.run(_measured(port, arguments, rates))
    about = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("fastapi", "uvicorn", "onnxruntime", "faiss-cpu")},
        "load before": round(load, 1),
        "clients": arguments.clients,
        "seconds": arguments.seconds,
        "seed": SEED,
    }
    text = json.dumps(about | figures, indent=1)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")


async def _measured(port: int, arguments: argparse.Namespace, rates: list[float]) -> dict[str, object]:
    texts = itertools.cycle(unique_texts(8_000))
    async with Client(port) as client:
        for source in expand([SAMPLE / "corpus"]):
            await client.ask("POST", "/v1/documents", {"text": source.load().text})
    return {kind: await _kind(port, kind, texts, arguments, rates) for kind in arguments.kinds.split(",")}


async def _kind(
    port: int, kind: str, texts: Iterator[str], arguments: argparse.Namespace, rates: list[float]
) -> dict[str, object]:
    async with Client(port) as client:
        for _ in range(WARM_UP):
            await _asked(client, kind, next(texts), [], [])
    one = await _closed(port, kind, texts, clients=1, seconds=arguments.seconds)
    many = await _closed(port, kind, texts, clients=arguments.clients, seconds=arguments.seconds)
    paced = {}
    for rate in rates:
        found = await _paced(port, kind, texts, arguments, per_second=rate * one["per_second"])
        paced[f"{rate:g} times"] = found | {"p99 times that of one": round(found["p99_ms"] / one["p50_ms"], 1)}
    ratio = round(many["per_second"] / one["per_second"], 2)
    return {"one": one, "many, closed": many, "times the throughput": ratio, "paced": paced}


async def _closed(port: int, kind: str, texts: Iterator[str], *, clients: int, seconds: float) -> dict[str, float]:
    until, waits, refused = time.perf_counter() + seconds, [], []

    async def one() -> None:
        async with Client(port) as client:
            while time.perf_counter() < until:
                await _asked(client, kind, next(texts), waits, refused)

    start, cpu_s = time.perf_counter(), await _cpu_seconds(port)
    await asyncio.gather(*(one() for _ in range(clients)))
    figures = _figures(waits, refused, time.perf_counter() - start)
    cpu_ms = 1000 * (await _cpu_seconds(port) - cpu_s) / max(1, len(waits))
    return figures | {"server_cpu_ms_a_request": round(cpu_ms, 2)}


async def _cpu_seconds(port: int) -> float:
    """Return the CPU time of the service: on a machine that others use too, it says more than the clock."""
    async with Client(port) as client:
        lines = (await client.ask("GET", "/metrics")).body.decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("process_cpu_seconds_total"))


async def _paced(
    port: int, kind: str, texts: Iterator[str], arguments: argparse.Namespace, *, per_second: float
) -> dict[str, float]:
    """Ask at random moments; a request waits for a free connection, and that wait counts."""
    rng, waits, refused, asking = random.Random(SEED), [], [], set()
    free: asyncio.Queue[Client] = asyncio.Queue()
    clients = [await Client(port).__aenter__() for _ in range(arguments.clients)]
    for client in clients:
        free.put_nowait(client)

    async def one() -> None:
        came = time.perf_counter()
        client = await free.get()
        await _asked(client, kind, next(texts), waits, refused, came=came)
        free.put_nowait(client)

    start = at = time.perf_counter()
    while at - start < arguments.seconds:
        asking.add(asyncio.create_task(one()))
        at += rng.expovariate(per_second)
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
    await asyncio.gather(*asking)
    figures = _figures(waits, refused, time.perf_counter() - start)
    for client in clients:
        await client.__aexit__()
    return figures


async def _asked(
    client: Client, kind: str, text: str, waits: list[float], refused: list[int], *, came: float | None = None
) -> None:
    came = time.perf_counter() if came is None else came
    body = {"input": [text]} if kind == "classify" else {"query": text}
    answer = await client.ask("POST", f"/v1/{kind}", body)
    (waits if answer.status == 200 else refused).append(time.perf_counter() - came)


def _figures(waits: list[float], refused: list[int], seconds: float) -> dict[str, float]:
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    return {
        "requests": len(waits),
        "refused": len(refused),
        "per_second": round(len(waits) / seconds, 1),
        "p50_ms": round(cuts[49] * 1000, 2),
        "p99_ms": round(cuts[98] * 1000, 2),
    }


if __name__ == "__main__":
    main()
