"""Finds a Chromium for the browser tests, or installs one: Debian's package as root, else Playwright's own.

Prints where it is. Where none can be had it says so, and the browser tests say so too.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def found() -> "str | None":
    named = os.environ.get("RESPONDER_CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


def install() -> None:
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("installing Debian's chromium", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], **quiet)
    else:
        print("installing Playwright's chromium", flush=True)
        subprocess.run([".venv/bin/python", "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    if found() is None:
        install()
    print(found() or "no Chromium on the path: the browser tests use Playwright's own, or say that there is none")
    sys.exit(0)
