"""Who may ask the server for something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Mount, Route
from web_site import HOST, Site, make_site

from audio2video.web import security
from audio2video.web.app import create_app
from audio2video.web.routes import jobs, library, marks, settings, targets

PASSWORD = "correct horse"
ALL = [*jobs.ROUTES, *library.ROUTES, *marks.ROUTES, *settings.ROUTES, *targets.ROUTES]


def example(route: Route) -> str:
    return (
        route.path.replace("{frame:int}", "1")
        .replace("{what:str}", "video")
        .replace("{kind:str}", "json")
        .replace("{id}", "demo")
        .replace("{name}", "mine")
    )


def test_the_token_opens_a_session_and_leaves_the_address(site: Site) -> None:
    stranger = site.stranger()
    answer = stranger.get(f"/?token={site.guard.token}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/api/state").status_code == 200
    for wrong in ("", "?token=", "?token=x", f"?token={site.guard.token}x", "?token=%00"):
        assert site.stranger().get(f"/{wrong}").status_code == 401


@pytest.mark.parametrize("route", ALL, ids=lambda one: f"{min(one.methods)} {one.path}")
def test_nothing_is_answered_without_a_session(site: Site, route: Route) -> None:
    for method in route.methods - {"HEAD"}:
        answer = site.stranger().request(method, example(route))
        assert answer.status_code == 401
        assert answer.json() == {"error": security.NO_SESSION}


def test_every_route_is_among_those_tested(site: Site) -> None:
    app = create_app(site.server)
    known = {route.path for route in ALL} | {"/", "/login"}
    assert {route.path for route in app.routes if isinstance(route, Route)} == known
    mounts = {route.path for route in app.routes if isinstance(route, Mount)}
    assert mounts == {"/static", "/static/window"}


def test_a_forged_cookie_opens_nothing(site: Site) -> None:
    for cookie in ("x", "", '"', "a" * 64, "é"):
        stranger = site.stranger()
        answer = stranger.get(
            "/api/state", headers={"cookie": f"{site.guard.cookie}={cookie}".encode()}
        )
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "192.0.2.1", "[", "[::1"],
)
def test_another_name_is_refused_whoever_asks(site: Site, host: str) -> None:
    """A foreign name that was made to lead here (DNS rebinding)."""
    answer = site.browser.get("/api/library", headers={"host": host})
    assert answer.status_code == 421
    assert answer.json() == {"error": security.REFUSED_HOST}


@pytest.mark.parametrize("host", ["127.0.0.1:8517", "localhost", "LOCALHOST:1"])
def test_its_own_names_are_known(site: Site, host: str) -> None:
    assert site.browser.get("/static/window/tokens.css", headers={"host": host}).status_code == 200


def test_any_address_but_no_name_is_known_where_others_are_let_in(tmp_path: Path) -> None:
    site = make_site(tmp_path, PASSWORD)
    guard = security.Guard(
        create_app(site.server), names={"box"}, any_address=True, password=PASSWORD, key=b"k"
    )
    for host, status in (("192.0.2.1:8517", 200), ("[2001:db8::1]", 200), ("box", 200), ("x", 421)):
        site.guard = guard
        assert site.stranger().get("/login", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1.evil.example"},
        {"origin": "http://127.0.0.1:1234"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_sites_change_nothing(site: Site, method: str, headers: dict[str, str]) -> None:
    answer = site.browser.request(method, "/api/presets/mine", headers=headers, content=b"{}")
    assert answer.status_code == 403
    assert answer.json() == {"error": security.REFUSED_ORIGIN}
    assert site.get("/api/presets") == {}


@pytest.mark.parametrize("headers", [{"origin": HOST}, {"sec-fetch-site": "same-origin"}, {}])
def test_its_own_pages_do(site: Site, headers: dict[str, str]) -> None:
    answer = site.browser.put("/api/presets/mine", headers=headers, json={"teeth": False})
    assert answer.status_code == 200
    assert site.get("/api/presets") == {"mine": {"teeth": False}}


@pytest.mark.parametrize(
    "path", ["/", "/api/state", "/static/window/tokens.css", "/api/none", "/x"]
)
def test_every_answer_forbids_what_no_page_needs(site: Site, path: str) -> None:
    headers = site.browser.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


@pytest.fixture
def locked_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(security, "WRONG_SECONDS", 0.0)
    made = make_site(tmp_path / "workspace", PASSWORD)
    made.server.queue.start()
    with made.browser:
        yield made


def test_a_password_opens_a_session(locked_site: Site) -> None:
    browser = locked_site.browser
    first = browser.get("/", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/login")
    assert browser.get("/login").status_code == 200
    assert (
        browser.get(f"/?token={locked_site.guard.token}", follow_redirects=False).headers[
            "location"
        ]
        == "/login"
    )
    for wrong in ("", "x", PASSWORD[:-1], PASSWORD + "x"):
        answer = browser.post("/login", data={"password": wrong}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?wrong=1")
        assert browser.get("/api/state").status_code == 401
    answer = browser.post("/login", data={"password": "x" * 5000}, follow_redirects=False)
    assert answer.status_code == 413
    foreign = {"origin": "http://evil.example"}
    refused = browser.post("/login", data={"password": PASSWORD}, headers=foreign)
    assert refused.status_code == 403
    answer = browser.post("/login", data={"password": PASSWORD}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/api/state").status_code == 200


def test_servers_of_one_machine_keep_their_sessions_apart(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    others = security.Guard(create_app(site.server), names={"127.0.0.1"}, key=b"another")
    assert site.guard.cookie != others.cookie


def test_a_session_outlives_the_server_but_not_its_password(tmp_path: Path) -> None:
    first, again = make_site(tmp_path / "a", PASSWORD), make_site(tmp_path / "b", PASSWORD)
    other = make_site(tmp_path / "c", "another one")
    answer = first.browser.post("/login", data={"password": PASSWORD}, follow_redirects=False)
    cookie = {"cookie": answer.headers["set-cookie"].split(";")[0]}
    assert again.stranger().get("/api/state", headers=cookie).status_code == 200
    assert other.stranger().get("/api/state", headers=cookie).status_code == 401
    key = first.place.session_key()
    assert key == first.place.session_key()
    path = tmp_path / "a" / "web" / "session.key"
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"short")
    assert first.place.session_key() != key
