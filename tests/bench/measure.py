"""What a running process costs, as the kernel tells it."""

import pathlib
import signal
import subprocess
import time


class Process:
    """What the kernel says of a running process."""

    def __init__(self, pid):
        self.pid = pid
        self.proc = pathlib.Path("/proc") / str(pid)

    def pss_bytes(self):
        # Pss: shared pages divided by the number of who shares them (proc(5), smaps_rollup).
        for line in (self.proc / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
        raise RuntimeError(f"{self.proc}/smaps_rollup has no Pss")

    def cpu_seconds(self):
        # The process's CPU-time clock, to the nanosecond; /proc/PID/stat counts in 10 ms. The
        # clock's number as clock_getcpuclockid(3) makes it.
        return time.clock_gettime((~self.pid << 3) | 2)

    def wakeups(self):
        """Voluntary switches of each thread: each is one going to sleep, so one waking up."""
        switches = {}
        for task in (self.proc / "task").iterdir():
            for line in (task / "status").read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches:"):
                    switches[task.name] = int(line.split()[1])
        return switches


def end(program):
    program.send_signal(signal.SIGTERM)
    try:
        program.wait(10)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
