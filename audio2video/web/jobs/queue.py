"""The queue: jobs are made one after the other, and found again when the server starts anew."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import Audio2VideoError, CancelledError, OptionError
from ...runtime.workers import Call, WorkerMessage, WorkerPool, failure_text
from ...storage.files import discard
from ..dub_request import DubRequest, plan, resolve
from ..equal_command import command
from ..place import WebPlace
from .job import (
    CANCELLED,
    DONE,
    FAILED,
    INCOMPLETE,
    OVER,
    QUEUED,
    RUNNING,
    Job,
    Stage,
    new_id,
    now,
    read_job,
)
from .make import make_result

Listener = Callable[[str, dict[str, Any]], None]
"""Called from any thread with 'job' and a job, or 'gone' and its id."""


class _ServerEndsError(CancelledError):
    """The server ends: the job stays as it is, and goes on when it starts again."""


class JobQueue:
    """All jobs of a workspace.

    Parameters
    ----------
    place : WebPlace
    at_once : int
        Jobs that are made at the same time; never two that share a speech or a target.
    """

    def __init__(self, place: WebPlace, at_once: int = 1) -> None:
        self._place = place
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition()
        self._asked_to_stop: set[str] = set()
        self._listeners: set[Listener] = set()
        self._ending = False
        self.at_once = at_once
        self._nthreads = max(1, (os.cpu_count() or 1) // at_once)
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(at_once)]

    # What there is.

    def start(self) -> list[str]:
        """Take up the jobs on disk and begin; returns a line for each that can't be read."""
        problems = []
        for folder in sorted(self._place.jobs.iterdir()):
            if folder.name.startswith(".") or not folder.is_dir():
                continue
            try:
                job = read_job(folder)
            except Audio2VideoError as error:
                problems.append(str(error))
                continue
            if job.state == RUNNING:  # the server was ended in the middle of it
                job.restart()
                job.save(folder)
            self._jobs[job.id] = job
        for thread in self._threads:
            thread.start()
        return problems

    def end(self) -> None:
        """Stop; jobs under way go on when the workspace is served again."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def listen(self, listener: Listener) -> list[dict[str, Any]]:
        """Tell a listener of every change from now on; returns all jobs, oldest first."""
        with self._changed:
            self._listeners.add(listener)
            return [self._told(job) for job in self._jobs.values()]

    def unlisten(self, listener: Listener) -> None:
        """Tell it no more."""
        with self._changed:
            self._listeners.discard(listener)

    def all(self) -> list[dict[str, Any]]:
        """Give all jobs, newest first."""
        with self._changed:
            return [self._told(job) for job in reversed(self._jobs.values())]

    def get(self, job_id: str) -> dict[str, Any] | None:
        """Give a job as JSON values."""
        with self._changed:
            job = self._jobs.get(job_id)
            return None if job is None else self._told(job)

    def folder(self, job_id: str) -> Path | None:
        """Folder of a job; None if there is no such job."""
        with self._changed:
            return self._place.jobs / job_id if job_id in self._jobs else None

    # What people do.

    def submit(self, request: DubRequest) -> dict[str, Any]:
        """Put a job into the queue.

        Raises
        ------
        Audio2VideoError
            It can't be made.
        """
        resolved = resolve(self._place, request)
        plan(self._place, resolved, request)
        job = Job(new_id(), request, resolved.name, command(self._place, request), created=now())
        job.save(self._place.jobs / job.id)
        with self._changed:
            self._jobs[job.id] = job
            self._tell(job)
            self._changed.notify_all()
            return self._told(job)

    def cancel(self, job_id: str) -> dict[str, Any] | None:
        """Stop a job; what is finished of it is kept. None if there is no such job."""
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None:
                return None
            if job.state == RUNNING:
                self._asked_to_stop.add(job_id)
            elif job.state == QUEUED:
                self._conclude(job, CANCELLED)
            return self._told(job)

    def resume(self, job_id: str) -> dict[str, Any] | None:
        """Put a cancelled or failed job into the queue again. None if there is no such job.

        Raises
        ------
        OptionError
            It is neither.
        """
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None:
                return None
            if job.state not in (CANCELLED, FAILED):
                raise OptionError(f"the job is {job.state}, and can't be taken up again")
            job.restart()
            self._keep(job)
            self._tell(job)
            self._changed.notify_all()
            return self._told(job)

    def remove(self, job_id: str) -> bool:
        """Remove a job with its own copies; what is in the workspace's output folder stays.

        Raises
        ------
        OptionError
            It is under way.
        """
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None:
                return False
            if job.state not in OVER:
                raise OptionError(f"the job is {job.state}", hint="cancel it first")
            del self._jobs[job_id]
            discard(self._place.jobs / job_id)
            for listener in self._listeners:
                listener("gone", {"id": job_id})
        return True

    # Making them.

    def _work(self) -> None:
        with WorkerPool(1, self._nthreads) as pool:
            while True:
                with self._changed:
                    job = self._next()
                    while job is None and not self._ending:
                        self._changed.wait()
                        job = self._next()
                    if job is None or self._ending:
                        return
                    job.state, job.started = RUNNING, now()
                    self._keep(job)
                    self._tell_all()
                self._make(job, pool)

    def _next(self) -> Job | None:
        """Give the job whose turn it is: previews first, then the oldest."""
        busy = [job for job in self._jobs.values() if job.state == RUNNING]
        for job in self._waiting():
            if not any(_clash(job.request, other.request) for other in busy):
                return job
        return None

    def _waiting(self) -> list[Job]:
        waiting = [job for job in self._jobs.values() if job.state == QUEUED]
        return sorted(waiting, key=lambda job: (not job.request.preview, job.id))

    def _make(self, job: Job, pool: WorkerPool) -> None:
        folder = self._place.jobs / job.id

        def beat() -> None:
            if self._ending:
                raise _ServerEndsError("the server ends")
            if job.id in self._asked_to_stop:
                raise CancelledError("cancelled")

        try:
            resolved = resolve(self._place, job.request)
            call = Call(
                make_result,
                (
                    self._place.workspace.root.absolute(),
                    folder.absolute(),
                    resolved.audio,
                    resolved.video,
                    resolved.segments,
                    resolved.config.replace(nthreads=self._threads_of(job)),
                    resolved.preview if job.request.preview else {},
                ),
                reports=True,
            )
            ((_, value),) = pool.run(deque([call]), beat, lambda _, said: self._hear(job, said))
        except _ServerEndsError:
            return
        except CancelledError:
            with self._changed:
                self._conclude(job, CANCELLED)
            return
        except Exception as error:
            value = error
        with self._changed:
            job.error = failure_text(value)
            if job.error is not None:
                self._conclude(job, FAILED)
                return
            job.error = value.pop("error")
            job.result = {**value, "begins": resolved.begins or value["begins"]}
            self._conclude(job, DONE if job.error is None else INCOMPLETE)

    def _threads_of(self, job: Job) -> int:
        asked = job.request.options.get("nthreads")
        return int(asked) if asked else self._nthreads

    def _hear(self, job: Job, said: WorkerMessage) -> None:
        with self._changed:
            if said.warning is not None:
                job.warnings.append(said.warning)
            if said.notice is not None:
                job.notices.append(said.notice)
            if said.stage is not None:
                stage = next((one for one in job.stages if one.stage == said.stage), None)
                if stage is None:
                    stage = Stage(said.stage)
                    job.stages.append(stage)
                stage.update(said.count or 0, said.total, said.unit)
            self._tell(job)

    def _conclude(self, job: Job, state: str) -> None:
        job.state, job.finished = state, now()
        self._asked_to_stop.discard(job.id)
        self._keep(job)
        self._tell_all()
        self._changed.notify_all()

    def _keep(self, job: Job) -> None:
        """Write a job's record; a full disk must not end the queue."""
        try:
            job.save(self._place.jobs / job.id)
        except Audio2VideoError as error:
            job.warnings.append(str(error))

    def _told(self, job: Job) -> dict[str, Any]:
        waiting = self._waiting() if job.state == QUEUED else []
        return job.as_json(waiting.index(job) if job in waiting else None)

    def _tell(self, job: Job) -> None:
        told = self._told(job)
        for listener in self._listeners:
            listener("job", told)

    def _tell_all(self) -> None:
        """Tell of all jobs that are not over, whose places in the queue may have changed."""
        for job in self._jobs.values():
            self._tell(job)


def _clash(one: DubRequest, other: DubRequest) -> bool:
    """Tell whether two requests would write the same files."""
    heard = {one.speech, one.hears} & {other.speech, other.hears} - {None}
    return one.target == other.target or one.speech == other.speech or bool(heard)
