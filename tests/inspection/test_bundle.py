"""Modules put together into one script."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from audio2video.inspection.bundle import bundled
from audio2video.inspection.page import ENTRY, WINDOW

A = 'import { b } from "./b.js";\nconst own = 1;\nexport function a() {\n  return own + b();\n}\n'
B = "const own = 2;\nexport function b() {\n  return own;\n}\n"


def test_modules_stand_after_those_they_import_each_in_its_own_scope() -> None:
    script = bundled({"a.js": A, "b.js": B}, "a.js")
    assert script.index("function b()") < script.index("function a()")
    assert "import" not in script
    assert "export" not in script
    assert script.count("const own") == 2


def test_the_script_runs() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node to run it with")
    script = bundled({"a.js": A, "b.js": B}, "a.js") + "process.stdout.write(String(a()));\n"
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout == "3"


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"a.js": A}, "no module b.js"),
        ({"a.js": A, "b.js": "export const c = 1;\n"}, "a.js imports b, which b.js does not"),
        ({"a.js": A, "b.js": B + "export const a = 1;\n"}, "a.js and b.js both export a"),
        ({"a.js": A, "b.js": 'import { a } from "./a.js";\n' + B}, "import each other"),
        ({"a.js": 'import "https://x.test/y.js";\n'}, "a.js: not understood: import"),
        ({"a.js": "export default 1;\n"}, "a.js: not understood: export default 1;"),
        ({"a.js": "export { a };\n"}, "a.js: not understood: export { a };"),
    ],
)
def test_what_it_does_not_understand_is_refused(modules: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bundled(modules, "a.js")


def test_all_modules_of_the_window_are_in_its_script() -> None:
    modules = {path.name: path.read_text(encoding="utf-8") for path in WINDOW.glob("*.js")}
    script = bundled(modules, ENTRY)
    for name, text in modules.items():
        line = text.splitlines()[0]
        assert line in script, f"{name} is imported by nobody"


def test_modules_of_the_window_put_no_markup_together_and_ask_for_nothing() -> None:
    for path in WINDOW.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in text, f"{path.name}: {word}"
        for word in ("fetch(", "XMLHttpRequest", "WebSocket", "https:", "sendBeacon"):
            assert word not in text, f"{path.name}: {word}"
        assert 'setAttribute("style"' not in text, path.name
