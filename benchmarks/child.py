"""Runs a command and prints, as JSON, what it cost; a small process of its own.

The system counts the memory of the process that starts a command as that of the command, up to the
moment when the command's own program begins. This one has next to none, and imports nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

began = time.perf_counter()
process = subprocess.Popen(sys.argv[1:])
cost: dict[str, float | None] = {"cpu_seconds": None, "peak_bytes": None}
if hasattr(os, "wait4"):
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    cost["cpu_seconds"] = usage.ru_utime + usage.ru_stime
    cost["peak_bytes"] = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
else:  # Windows
    process.wait()
cost["seconds"] = time.perf_counter() - began
print(json.dumps(cost))
sys.exit(process.returncode)
