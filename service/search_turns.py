"""How many searches are worked on at once: the others wait in line for their turn, without a thread."""

import asyncio
import os
from typing import Annotated

from fastapi import Depends, Request

# Encoding keeps every core busy, and one search more does meanwhile what only Python does. With 32 at once, each was
# held up by the others at every step: on two cores 99 of 100 came within .41 s, and within .25 s so (see the README).
# Never so many that they could hold all the threads that answer requests, of which there are 40.
AT_ONCE = min((os.cpu_count() or 1) + 1, 32)


def search_turns() -> asyncio.Semaphore:
    """Return what the searches of one application wait for, first come, first served."""
    return asyncio.Semaphore(AT_ONCE)


async def _turn(request: Request) -> asyncio.Semaphore:
    turn: asyncio.Semaphore = request.app.state.search_turns
    return turn


SearchTurn = Annotated[asyncio.Semaphore, Depends(_turn)]
