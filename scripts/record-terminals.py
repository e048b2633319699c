#!/usr/bin/env python3
"""Records real agents in a terminal anew: crates/screen/tests/recordings/*.vt, for the tests of screens.

The real Codex CLI (full screen, and `codex exec`) and Claude Code work in a neutral folder and talk to the
scripted model; what it writes to its terminal is kept byte by byte. Needs what `scripts/bootstrap` sets up and
`cargo build -p baton-testkit --bin scripted-model`. Ends with an error if a recording names this machine.
"""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "crates/screen/tests/recordings"
DEMO = Path("/tmp/demo")
SIZE = (120, 40)
MOST = 300 * 1024

SCRIPT = {
    "turns": [
        {"say": "I look at what is there. **Files** first:", "exec": "ls -1A && cat greet.py"},
        {
            "say": "The greeting ignores the name; 名前 matters. I mend it.",
            "delayMs": 700,
            "exec": "sed -i 's/\"Hello!\"/f\"Hello, {name}!\"/' greet.py && git --no-pager diff --color=always",
        },
        {"say": "Now something long.", "exec": "seq 1 60; printf '\\033[32mgreen\\033[0m e\\314\\201 \\360\\237\\246\\200\\n'"},
        {
            "say": "Done:\n\n| file | change |\n|---|---|\n| `greet.py` | uses the name |\n\n"
            "```python\ndef greet(name):\n    return f\"Hello, {name}!\"\n```\n\n1. One\n2. Two\n\n"
            + "A long line that has to be broken because it does not fit the terminal at all. " * 4
        },
        {"say": "You are welcome. 🦀"},
        {"say": "Anything else?"},
    ]
}


def prepare():
    shutil.rmtree(DEMO, ignore_errors=True)
    work = DEMO / "work"
    work.mkdir(parents=True)
    (work / "greet.py").write_text('def greet(name):\n    return "Hello!"\n')
    git = ["git", "-C", str(work), "-c", "user.name=demo", "-c", "user.email=demo@example.org"]
    for args in (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", "A greeting"]):
        subprocess.run(git + args, check=True)
    (DEMO / "script.json").write_text(json.dumps(SCRIPT))


def model():
    program = ROOT / "target/debug/scripted-model"
    served = subprocess.Popen([program, "--script", DEMO / "script.json"], stdout=subprocess.PIPE, text=True)
    return served, served.stdout.readline().strip()


def codex(url, home, *args):
    home.mkdir()
    (home / "config.toml").write_text(
        'model_provider = "scripted"\ncheck_for_update_on_startup = false\n\n[model_providers.scripted]\n'
        f'name = "scripted"\nbase_url = "{url}"\nwire_api = "responses"\nrequires_openai_auth = true\n\n'
        f'[projects."{DEMO / "work"}"]\ntrust_level = "trusted"\n'
    )
    program = ROOT / ".tools/bin/codex"
    environment = {
        "CODEX_HOME": str(home),
        "HOME": str(DEMO),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    login = [program, "login", "--with-api-key"]
    subprocess.run(login, env=environment, input="sk-scripted-model\n", text=True, check=True, capture_output=True)
    return [str(program), *args], environment


def claude(url, home, *args):
    home.mkdir()
    known = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    memory = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "bypassPermissionsModeAccepted": True,
        "projects": {str(DEMO / "work"): known},
    }
    (home / ".claude.json").write_text(json.dumps(memory))
    settings = {"apiKeyHelper": "echo sk-ant-scripted-model", "skipDangerousModePermissionPrompt": True}
    environment = {
        "ANTHROPIC_BASE_URL": url.removesuffix("/v1"),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CONFIG_DIR": str(home),
        "DISABLE_AUTOUPDATER": "1",
        "HOME": str(DEMO),
        # Root may pass its permissions by only where it says so.
        "IS_SANDBOX": "1",
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    program = ROOT / ".tools/bin/claude"
    words = ["--settings", json.dumps(settings), "--setting-sources", "", "--permission-mode", "bypassPermissions"]
    return [str(program), *words, *args], environment


ANSWERS = [
    (rb"\x1b\[6n", b"\x1b[1;1R"),
    (rb"\x1b\[0?c", b"\x1b[?62;22c"),
    (rb"\x1b\]10;\?(?:\x07|\x1b\\)", b"\x1b]10;rgb:e4e4/e9e9/f0f0\x1b\\"),
    (rb"\x1b\]11;\?(?:\x07|\x1b\\)", b"\x1b]11;rgb:1111/1515/1b1b\x1b\\"),
]


def record(argv, environment, typed):
    """What the program writes to its terminal. `typed` holds (seconds of silence to wait for, keys)."""
    child, master = pty.fork()
    if child == 0:
        os.chdir(DEMO / "work")
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        os.execve(argv[0], argv, environment)
    written, typed, quiet_since, answered = bytearray(), list(typed), time.monotonic(), 0
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 0.1)
        if ready:
            try:
                some = os.read(master, 65536)
            except OSError:
                break
            written += some
            quiet_since = time.monotonic()
            for question, answer in ANSWERS:
                for _ in re.findall(question, bytes(written[answered:])):
                    os.write(master, answer)
            answered = len(written)
        elif typed and time.monotonic() - quiet_since > typed[0][0]:
            os.write(master, typed.pop(0)[1])
            quiet_since = time.monotonic()
    else:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return bytes(written)


def end(home):
    """Ends what an agent left running under this folder: Codex's app server lives on by itself."""
    marks = {f"CODEX_HOME={home}".encode(), f"CLAUDE_CONFIG_DIR={home}".encode()}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if marks & set((process / "environ").read_bytes().split(b"\0")):
                os.kill(int(process.name), signal.SIGTERM)
        except (OSError, ProcessLookupError):
            pass


def keep(name, written):
    for word in {socket.gethostname(), str(ROOT), os.path.expanduser("~")} - {"/", "localhost"}:
        if word.encode() in written:
            sys.exit(f"record-terminals: {name} names this machine: {word}")
    if len(written) > MOST:
        sys.exit(f"record-terminals: {name} has {len(written)} bytes, more than {MOST}")
    (OUT / f"{name}.vt").write_bytes(written)
    print(f"{name}: {len(written)} bytes")


SESSIONS = {
    "codex-inline": (
        ["--no-alt-screen"],
        [(2, b"Please mend the greeting"), (1, b"\r"), (4, b"thanks"), (1, b"\r"), (3, b"/status"), (1, b"\r"), (2, b"\x03"), (1, b"\x03")],
    ),
    "codex-tui": (
        [],
        [(2, b"Please mend the greeting"), (1, b"\r"), (4, b"\x14"), (2, b"\x1b[5~"), (1, b"q"), (2, b"thanks"), (1, b"\r"), (3, b"/diff"), (1, b"\r"), (2, b"q"), (1, b"\x03"), (1, b"\x03")],
    ),
    "codex-exec": (["exec", "--color", "always", "Please mend the greeting"], []),
    "claude-tui": (
        [],
        [(2, b"Please mend the greeting"), (1, b"\r"), (4, b"\x0f"), (2, b"\x0f"), (2, b"thanks"), (1, b"\r"), (3, b"/help"), (1, b"\r"), (2, b"\x1b"), (1, b"\x03"), (0.5, b"\x03")],
    ),
}


def main():
    """Makes the recordings named by the arguments, or all."""
    OUT.mkdir(exist_ok=True)
    for name in sys.argv[1:] or SESSIONS:
        args, typed = SESSIONS[name]
        prepare()
        served, url = model()
        home = DEMO / name
        try:
            if name.startswith("claude"):
                argv, environment = claude(url, home, *args)
            else:
                argv, environment = codex(url, home, *args, "--dangerously-bypass-approvals-and-sandbox")
            keep(name, record(argv, environment, typed))
        finally:
            end(home)
            served.terminate()
            served.wait()
    shutil.rmtree(DEMO, ignore_errors=True)


if __name__ == "__main__":
    main()
