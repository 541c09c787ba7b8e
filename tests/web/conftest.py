"""A server with an empty workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from web_site import Site, make_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A server with an empty workspace."""
    made = make_site(tmp_path / "workspace")
    made.server.queue.start()
    with made.browser:  # the application's life
        assert made.browser.get(f"/?token={made.guard.token}").status_code == 200
        yield made
