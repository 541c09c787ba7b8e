"""Jobs: made, followed, stopped, taken up again."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import av
import pytest
from web_site import Site, make_site

from audio2video.errors import BadFileError
from audio2video.provenance.verification import verify
from audio2video.storage.workspace import shipped
from audio2video.web.dub_request import DubRequest
from audio2video.web.jobs.job import FILES, USUAL_SHARES, Job, Stage, new_id, read_job
from audio2video.web.jobs.queue import JobQueue

REQUEST = {"speech": "words", "target": "painted", "options": {}, "segments": None}


@pytest.fixture
def stocked(site: Site, small_speech: Path, small_target: Path) -> Site:
    """A workspace with the small speech and target."""
    site.upload("speech", small_speech)
    site.upload("target", small_target)
    return site


def submit(site: Site, **changes: Any) -> dict[str, Any]:
    answer = site.browser.post("/api/jobs", json={**REQUEST, **changes})
    assert answer.status_code == 201, answer.text
    job: dict[str, Any] = answer.json()
    return job


@pytest.mark.slow
def test_a_job_makes_the_video_and_all_that_people_look_at(stocked: Site) -> None:
    check = stocked.browser.post("/api/check", json=REQUEST).json()
    assert check["problem"] is None
    assert check["plan"]["frames"] == 62
    job = submit(stocked)
    assert (job["state"], job["name"], job["command"]) == (
        "queued",
        "words-painted",
        check["command"],
    )
    job = stocked.await_job(job["id"])
    assert job["state"] == "done", job["error"]
    assert (job["share"], job["error"], job["place"]) == (1.0, None, None)
    assert "compositing" in [stage["stage"] for stage in job["stages"]]
    assert any("consent" in line for line in job["notices"])
    result = job["result"]
    assert (result["frames"], result["synthesised"]) == (62, 62)
    folder = stocked.place.jobs / job["id"]
    assert {path.name for path in folder.iterdir()} == {*FILES.values(), "job.json"}
    assert verify(folder / FILES["video"]).state == "intact"
    made = stocked.place.workspace.result("words", "painted")
    assert (folder / FILES["video"]).read_bytes() == made.read_bytes()
    for name, kind in (
        ("video", "video/mp4"),
        ("sheet", "image/png"),
        ("report", "application/json"),
    ):
        answer = stocked.browser.get(f"/api/jobs/{job['id']}/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.content == (folder / FILES[name]).read_bytes()
        saved = stocked.browser.get(f"/api/jobs/{job['id']}/{name}?download=1")
        assert saved.headers["content-disposition"].startswith("attachment; filename=")
    answer = stocked.browser.get(f"/api/jobs/{job['id']}/target", headers={"range": "bytes=0-99"})
    assert (answer.status_code, len(answer.content)) == (206, 100)
    timeline = stocked.get(f"/api/jobs/{job['id']}/timeline")
    assert timeline == {
        "frames": 62,
        "rate": 25.0,
        "runs": [{"start": 0, "end": 62, "what": "synthesised"}],
    }
    with av.open(str(folder / FILES["before"])) as before:
        assert before.streams.video[0].frames == 62
    assert read_job(folder).as_json()["result"] == result
    told = stocked.await_task(f"/api/jobs/{job['id']}/inspection")
    assert told["state"] == "done", told
    data = stocked.get(told["result"]["url"])
    assert json.loads((folder / "inspection.json").read_text()) == data
    page = stocked.browser.get(f"/api/jobs/{job['id']}/inspection.html?download=1")
    assert page.content == (folder / "inspection.html").read_bytes()
    assert page.headers["content-type"] == "application/octet-stream"
    assert stocked.browser.get(f"/api/jobs/{job['id']}/inspection.xml").status_code == 404
    # A second one finds everything up to date; a preview says where it begins.
    again = stocked.await_job(submit(stocked)["id"])
    assert again["state"] == "done"
    other = stocked.await_job(submit(stocked, options={"teeth": False})["id"])
    assert stocked.browser.post(f"/api/jobs/{other['id']}/inspection").status_code == 200
    answer = stocked.browser.post(f"/api/jobs/{again['id']}/inspection")
    assert answer.status_code == 409
    assert "a later run has taken this one's place" in answer.json()["error"]
    short = stocked.await_job(submit(stocked, preview=True)["id"])
    assert short["result"]["begins"] == 0.0  # the speech is shorter than a preview
    assert [one["id"] for one in stocked.get("/api/jobs")["jobs"]] == [
        short["id"],
        other["id"],
        again["id"],
        job["id"],
    ]
    assert stocked.browser.delete(f"/api/jobs/{job['id']}").status_code == 204
    assert not folder.exists()
    assert made.is_file()
    assert stocked.browser.get(f"/api/jobs/{job['id']}").status_code == 404


@pytest.mark.slow
def test_ranges_change_only_their_frames(stocked: Site) -> None:
    """Outside them the result is the target, but for the encoder."""
    ranges = [{"start": 0.2, "end": 1.52, "speech": "words", "speaker": 1}]
    job = stocked.await_job(
        submit(stocked, speech=None, segments=ranges, options={"fit": "cut"})["id"]
    )
    assert job["state"] == "done", job["error"]
    runs = stocked.get(f"/api/jobs/{job['id']}/timeline")["runs"]
    assert [one["what"] for one in runs] == [
        "outside the segments",
        "synthesised",
        "outside the segments",
    ]
    assert (runs[1]["start"], runs[1]["end"]) == (5, 38)


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"target": "nobody"}, 404, "no target video 'nobody'"),
        ({"target": "../../x"}, 404, "no target video '../../x'"),
        ({"speech": "nothing"}, 404, "no input speech 'nothing'"),
        ({"speech": None}, 422, "there is nothing to say; give the speech, --text or --segments"),
        ({"options": {"pass_id": "none"}}, 422, "pass 'none' has never been trained"),
        ({"options": {"expressiveness": 9}}, 422, "--expressiveness 9.0 is out of bounds"),
        ({"options": {"video": "/etc/passwd"}}, 422, "option 'video' can't be set here"),
        ({"segments": [{"start": 2, "end": 1}]}, 422, "ends before it begins"),
    ],
)
def test_what_can_not_be_made_is_refused_before_it_begins(
    stocked: Site, changes: dict[str, Any], status: int, says: str
) -> None:
    answer = stocked.browser.post("/api/jobs", json={**REQUEST, **changes})
    assert answer.status_code in (status, 404 if status == 422 else status), answer.text
    assert says in answer.json()["error"]
    check = stocked.browser.post("/api/check", json={**REQUEST, **changes})
    if check.status_code == 200:
        assert check.json()["problem"] == answer.json()["error"]
    assert stocked.get("/api/jobs") == {"jobs": []}


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_no_json_is_refused_in_one_line(site: Site, body: bytes) -> None:
    for path in ("/api/jobs", "/api/check"):
        answer = site.browser.post(path, content=body)
        assert answer.status_code in (400, 422)
        assert "\n" not in answer.json()["error"]
    answer = site.browser.post("/api/check", content=b" " * (1 << 20) + b"{}")
    assert answer.status_code == 413


@pytest.mark.slow
def test_a_job_is_stopped_and_goes_on(stocked: Site) -> None:
    first, second = submit(stocked), submit(stocked, options={"teeth": False})
    assert second["place"] is not None
    cancelled = stocked.browser.post(f"/api/jobs/{second['id']}/cancel").json()
    assert cancelled["state"] == "cancelled"
    stocked.browser.post(f"/api/jobs/{first['id']}/cancel")
    assert stocked.await_job(first["id"], "cancelled", "done")["state"] == "cancelled"
    assert not (stocked.place.jobs / first["id"] / FILES["video"]).exists()
    answer = stocked.browser.post(f"/api/jobs/{first['id']}/resume")
    assert answer.json()["state"] in ("queued", "running")
    assert stocked.browser.delete(f"/api/jobs/{first['id']}").status_code == 422
    assert stocked.await_job(first["id"])["state"] == "done"
    answer = stocked.browser.post(f"/api/jobs/{first['id']}/resume")
    assert answer.status_code == 422
    assert answer.json()["error"] == "the job is done, and can't be taken up again"


def test_what_fails_says_why_and_keeps_nothing(stocked: Site) -> None:
    job = submit(stocked, options={"face": 9})
    job = stocked.await_job(job["id"])
    assert job["state"] == "failed"
    assert "--face 9" in job["error"]
    assert job["result"] is None
    assert stocked.browser.get(f"/api/jobs/{job['id']}/video").status_code == 404
    assert stocked.browser.get(f"/api/jobs/{job['id']}/timeline").status_code == 404


@pytest.mark.slow
def test_jobs_of_an_ended_server_go_on(
    tmp_path: Path, small_speech: Path, small_target: Path
) -> None:
    site = make_site(tmp_path / "workspace")
    workspace = site.place.workspace
    shutil.copy(small_speech, workspace.root / "input/mp3/words.wav")
    shutil.copy(small_target, workspace.root / "target/mp4/painted.mp4")
    request = DubRequest.from_json(REQUEST)
    job = Job(new_id(), request, "words-painted", "x", "running", created="2026-01-01T00:00:00")
    job.stages = [Stage("compositing", 5, 62)]
    job.save(site.place.jobs / job.id)
    damaged = site.place.jobs / "damaged"
    damaged.mkdir()
    (damaged / "job.json").write_text("{}")
    (line,) = site.server.queue.start()
    assert "damaged/job.json: no job" in line
    with site.browser:
        site.browser.get(f"/?token={site.guard.token}")
        done = site.await_job(job.id)
        assert (done["state"], done["result"]["frames"]) == ("done", 62)
    assert damaged.is_dir()
    # The server has ended with its application: what is asked for now is made by the next one.
    queue = JobQueue(site.place)
    told: list[tuple[str, dict[str, Any]]] = []
    queue.listen(lambda kind, one: told.append((kind, one)))
    assert queue.submit(request)["place"] == 0
    assert [kind for kind, _ in told] == ["job"]


def test_previews_come_first_and_equal_inputs_never_together(site: Site) -> None:
    queue = JobQueue(site.place, at_once=2)  # not started
    whole = {"target": "demo", "speech": "demo"}
    first = queue.submit(DubRequest.from_json(whole))
    short = queue.submit(DubRequest.from_json({**whole, "preview": True}))
    assert (queue.get(first["id"])["place"], short["place"]) == (1, 0)  # type: ignore[index]
    chosen = queue._next()
    assert chosen is not None
    assert chosen.id == short["id"]
    chosen.state = "running"
    assert queue._next() is None


def test_sides_of_a_conversation_are_made_one_after_the_other(site: Site) -> None:
    """Both read both sounds, and a preview writes parts of them."""
    folder = site.place.workspace.root
    shutil.copyfile(shipped() / "demo.mp3", folder / "input" / "mp3" / "answer.mp3")
    shutil.copyfile(shipped() / "demo.mp4", folder / "target" / "mp4" / "ben.mp4")
    queue = JobQueue(site.place, at_once=2)  # not started
    one = queue.submit(DubRequest("demo", "demo", hears="answer"))
    other = queue.submit(DubRequest("ben", "answer", hears="demo"))
    chosen = queue._next()
    assert chosen is not None
    assert chosen.id == one["id"]
    chosen.state = "running"
    assert queue._next() is None
    chosen.state = "done"
    following = queue._next()
    assert following is not None
    assert following.id == other["id"]


@pytest.mark.slow
def test_every_change_is_told(stocked: Site) -> None:
    """The stream's frames are read from the socket in test_serve; here what is in them."""
    told: list[dict[str, Any]] = []
    over = threading.Event()

    def hear(kind: str, one: dict[str, Any]) -> None:
        told.append(one)
        if one["state"] == "done":
            over.set()

    assert stocked.server.queue.listen(hear) == []
    submit(stocked)
    assert over.wait(120)
    stocked.server.queue.unlisten(hear)
    states = [one["state"] for one in told]
    assert list(dict.fromkeys(states)) == ["queued", "running", "done"]
    shares = [one["share"] for one in told]
    assert shares == sorted(shares)
    assert json.loads(json.dumps(told)) == told


def test_the_share_counts_what_earlier_runs_have_done() -> None:
    job = Job("x", DubRequest("a"), "n", "c")
    assert job.share == 0.0
    job.stages = [Stage("drawing mouth shapes", 5, 10)]
    assert job.share == 0.0
    job.stages.append(Stage("making textures", 5, 10))
    assert job.share == pytest.approx(0.4 + 0.15)
    job.state = "done"
    assert job.share == 1.0
    assert sum(weight for _, weight in USUAL_SHARES) == pytest.approx(1)


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("{", "can't be read as JSON"),
        ('{"request": {"target": "a"}}', "unknown state None"),
        (
            '{"request": {"target": "a"}, "state": "done", "created": "soon"}',
            "'created' is no time",
        ),
        ('{"state": "done"}', "no job (the request must be a JSON object)"),
    ],
)
def test_damaged_records(tmp_path: Path, record: str, says: str) -> None:
    (tmp_path / "job.json").write_text(record)
    with pytest.raises(BadFileError) as error:
        read_job(tmp_path)
    assert says in str(error.value)
