"""Jobs: made, followed, stopped, and what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...storage.files import read_json as read_record
from ..answers import RequestError, gone, read_json
from ..dub_request import DubRequest
from ..events import events
from ..findings import inspection
from ..jobs.job import FILES, INSPECTION
from ..library import find_target
from ..media import file_answer
from ..server import server_of


def all_jobs(request: Request) -> Response:
    """List the jobs."""
    return JSONResponse({"jobs": server_of(request).queue.all()})


async def submit(request: Request) -> Response:
    """Make a job."""
    asked = DubRequest.from_json(await read_json(request))
    job = await anyio.to_thread.run_sync(server_of(request).queue.submit, asked)
    return JSONResponse(job, 201)


def one_job(request: Request) -> Response:
    """Give a job."""
    return JSONResponse(_job(request))


def _job(request: Request) -> dict[str, Any]:
    return _known(server_of(request).queue.get(request.path_params["id"]))


def _known(job: dict[str, Any] | None) -> dict[str, Any]:
    if job is None:
        raise gone("job")
    return job


def cancel(request: Request) -> Response:
    """Stop a job."""
    return JSONResponse(_known(server_of(request).queue.cancel(request.path_params["id"])))


def resume(request: Request) -> Response:
    """Take a job up again."""
    return JSONResponse(_known(server_of(request).queue.resume(request.path_params["id"])))


def remove(request: Request) -> Response:
    """Remove a job."""
    if not server_of(request).queue.remove(request.path_params["id"]):
        raise gone("job")
    return Response(status_code=204)


async def follow(request: Request) -> Response:
    """Tell of every change."""
    return events(server_of(request).queue)


def product(request: Request) -> Response:
    """Give a file that a job has made."""
    job, what = _job(request), request.path_params["what"]
    folder = server_of(request).queue.folder(job["id"])
    if folder is None or what not in FILES:
        raise gone("file of a job")
    path = folder / FILES[what]
    return file_answer(request, path, f"{job['name']}-{what}{path.suffix}")


def before(request: Request) -> Response:
    """Give the target as it plays under the result; its own file where that is not there."""
    job, server = _job(request), server_of(request)
    folder = server.queue.folder(job["id"])
    path = None if folder is None else folder / FILES["before"]
    if path is None or not path.is_file():
        path = find_target(server.place, job["request"]["target"])
    return file_answer(request, path)


def timeline(request: Request) -> Response:
    """Give what each frame of a result is."""
    result = _job(request)["result"]
    if result is None:
        raise gone("result")
    runs = [{"start": a, "end": b, "what": what} for a, b, what in result.get("timeline", [])]
    return JSONResponse({"frames": result["frames"], "rate": result["rate"], "runs": runs})


def look_into(request: Request) -> Response:
    """Gather what the window shows, or tell how far that is."""
    job, server = _job(request), server_of(request)
    key = f"inspection-{job['id']}"
    if request.method == "POST":
        run, folder = _run_folder(request), server.place.jobs / job["id"]
        url = f"/api/jobs/{job['id']}/{INSPECTION['json']}"
        root = server.place.workspace.root.absolute()
        server.tasks.start(key, inspection, root, run, folder.absolute(), url)
    return JSONResponse(server.tasks.look(key))


def window(request: Request) -> Response:
    """Give what the window shows, as JSON or as a page to be kept."""
    job, kind = _job(request), request.path_params["kind"]
    if kind not in INSPECTION:
        raise gone("file of a job")
    path = server_of(request).place.jobs / job["id"] / INSPECTION[kind]
    return file_answer(request, path, f"{job['name']}-{path.name}")


def _run_folder(request: Request) -> Path:
    """Folder of a job's run in the workspace's output folder.

    Raises
    ------
    RequestError
        There is none.
    """
    job, workspace = _job(request), server_of(request).place.workspace
    name = (job["result"] or {}).get("run")
    folder = None if name is None else (workspace.root / str(name)).resolve()
    output = (workspace.root / "output").resolve()
    if folder is None or not folder.is_relative_to(output) or not folder.is_dir():
        raise RequestError(404, "the run's files are not there any more")
    own = server_of(request).place.jobs / job["id"] / FILES["report"]
    if _made_of(own) != _made_of(folder / "report.json"):
        raise RequestError(
            409, "a later run has taken this one's place: look into that one, or make this again"
        )
    return folder


def _made_of(report: Path) -> tuple[Any, ...]:
    """Give what a run's report says that it was made of."""
    said = read_record(report)
    return tuple(said.get(name) for name in ("audio2video", "options", "inputs"))


ROUTES = [
    Route("/api/jobs", all_jobs, methods=["GET"]),
    Route("/api/jobs", submit, methods=["POST"]),
    Route("/api/jobs/{id}", one_job, methods=["GET"]),
    Route("/api/jobs/{id}", remove, methods=["DELETE"]),
    Route("/api/jobs/{id}/cancel", cancel, methods=["POST"]),
    Route("/api/jobs/{id}/resume", resume, methods=["POST"]),
    Route("/api/jobs/{id}/target", before),
    Route("/api/jobs/{id}/timeline", timeline),
    Route("/api/jobs/{id}/inspection", look_into, methods=["GET", "POST"]),
    Route("/api/jobs/{id}/inspection.{kind:str}", window),
    Route("/api/jobs/{id}/{what:str}", product),
    Route("/api/events", follow),
]
