"""Server-sent events: every change of a job, to every page that listens."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent

from .jobs.queue import JobQueue

PING_SECONDS = 15


def events(queue: JobQueue) -> EventSourceResponse:
    """Answer with all jobs, and then with each change."""
    return EventSourceResponse(_changes(queue), ping=PING_SECONDS)


async def _changes(queue: JobQueue) -> AsyncIterator[ServerSentEvent]:
    loop = asyncio.get_running_loop()
    # The latest of each job: a page that can't keep up misses steps in between, and nothing else.
    waiting: OrderedDict[str, tuple[str, dict[str, Any]]] = OrderedDict()
    woken = asyncio.Event()

    def put(kind: str, told: dict[str, Any]) -> None:
        waiting[told["id"]] = (kind, told)
        woken.set()

    def hear(kind: str, told: dict[str, Any]) -> None:
        # The loop may have ended with the server.
        if not loop.is_closed():
            loop.call_soon_threadsafe(put, kind, told)

    first = queue.listen(hear)
    try:
        for job in first:
            yield ServerSentEvent(json.dumps(job), event="job", id=job["id"])
        yield ServerSentEvent("{}", event="ready")
        while True:
            await woken.wait()
            woken.clear()
            while waiting:
                _, (kind, told) = waiting.popitem(last=False)
                yield ServerSentEvent(json.dumps(told), event=kind)
    finally:
        queue.unlisten(hear)
