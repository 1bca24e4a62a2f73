"""Children are waited for, stopped within a bound, and never outlive who started them."""

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from sandbox.processes import SandboxError, spawn, wait_for_line, wait_until_ready

PYTHON = sys.executable
ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True); {SLEEP}"


def is_alive(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")


def wait_for(is_so, seconds_max=30.0):
    deadline = time.monotonic() + seconds_max
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SandboxError, match="no-such-program"):
        spawn("Thing", ["no-such-program"], log=tmp_path / "log")


def test_a_child_that_ends_while_starting_is_told_with_its_log(tmp_path):
    child = spawn("Thing", [PYTHON, "-c", "raise SystemExit('out of luck')"], log=tmp_path / "log")
    with pytest.raises(SandboxError, match=r"(?s)Thing ended with status 1.*out of luck"):
        wait_until_ready(child, lambda: False)


def test_a_child_that_is_never_ready_is_stopped(tmp_path):
    child = spawn("Thing", [PYTHON, "-c", SLEEP], log=tmp_path / "log")
    with pytest.raises(SandboxError, match="was not ready"):
        wait_until_ready(child, lambda: False, seconds_max=0.2)
    assert not child.is_running()


def test_a_line_is_waited_for_and_one_of_an_earlier_run_does_not_count(tmp_path):
    log = tmp_path / "log"
    log.write_text("ADDRESS=old\n")
    child = spawn("Thing", [PYTHON, "-c", "print('ADDRESS=new', flush=True); input()"], log=log)
    assert wait_for_line(child, "ADDRESS=") == "new"
    child.stop()


def test_a_child_that_ignores_the_signal_is_killed_with_its_own_children(tmp_path):
    script = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]).wait()"
    child = spawn(
        "Thing",
        [PYTHON, "-c", f"import signal; signal.signal(15, signal.SIG_IGN); {script}"],
        log=tmp_path / "log",
    )
    wait_until_ready(child, lambda: "up" in child.output())
    grandchildren = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(child.pid)], capture_output=True, text=True, check=True
    )
    child.stop(0.2)
    assert child.process.returncode == -signal.SIGKILL
    wait_for(lambda: not any(is_alive(int(pid)) for pid in grandchildren.stdout.split()))


STARTER = """
    import sys, time
    from pathlib import Path
    from concurrent.futures import ThreadPoolExecutor
    from sandbox.processes import spawn, stop_all, SandboxError
    log = Path(sys.argv[1])
    with ThreadPoolExecutor(1) as pool:  # a thread that ends must not take its children along
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        child = pool.submit(spawn, "Thing", command, log=log).result()
    time.sleep(0.2)
    print(child.pid if child.is_running() else 0, flush=True)
"""


def starter(tmp_path, more):
    script = textwrap.dedent(STARTER) + textwrap.dedent(more)
    return subprocess.Popen(
        [PYTHON, "-c", script, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_children_die_with_a_killed_parent(tmp_path):
    with starter(tmp_path, "time.sleep(60)") as parent:
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    wait_for(lambda: not is_alive(pid))


def test_stop_all_stops_everything_and_lets_nothing_start(tmp_path):
    more = """
        stop_all(first=["Thing"])
        try:
            spawn("Late", [sys.executable, "-c", ""], log=log)
        except SandboxError as error:
            print(child.process.returncode, error)
    """
    with starter(tmp_path, more) as parent:
        pid = int(parent.stdout.readline())
        assert "-15 Late is not started" in parent.stdout.read()
    assert not is_alive(pid)
