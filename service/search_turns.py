"""How many searches are worked on at once: the others wait in line for their turn, without a thread."""

import asyncio
import os
from collections.abc import Callable
from typing import Annotated, ParamSpec, TypeVar

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

# Encoding keeps every core busy, and one search more does meanwhile what only Python does. With 32 at once, each was
# held up by the others at every step: on two cores 99 of 100 came within .41 s, and within .25 s so (see
# tests/bench/README.md).
# Never so many that they could hold all the threads that answer requests, of which there are 40.
AT_ONCE = min((os.cpu_count() or 1) + 1, 32)

P = ParamSpec("P")
R = TypeVar("R")


class SearchTurns:
    """What the searches of one application wait for, first come, first served."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def run(self, search: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the search does, which is done in a thread when its turn has come."""
        async with self._free:
            return await run_in_threadpool(search, *args, **kwargs)


async def _turns(request: Request) -> SearchTurns:
    turns: SearchTurns = request.app.state.search_turns
    return turns


TurnsOfApp = Annotated[SearchTurns, Depends(_turns)]
