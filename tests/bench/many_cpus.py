#!/usr/bin/env python3
"""Writes /proc and /sys of a host with many CPUs, as files in a directory.

    many_cpus.py DIRECTORY [CPUS]

Two sockets, two threads a core, a cpufreq policy for each CPU, thermal throttling: what Linux 6.1
shows of an Intel server, as far as collectors read it. Beside the CPUs there is what every
collector of /proc needs, small.
"""

import pathlib
import sys

SOCKETS = 2
GOVERNORS = "performance powersave"
KHZ_MIN, KHZ_MAX, KHZ_NOW = 800_000, 3_900_000, 2_400_000
FREQUENCIES = {
    "cpuinfo_min_freq": KHZ_MIN, "cpuinfo_max_freq": KHZ_MAX, "cpuinfo_transition_latency": 0,
    "scaling_min_freq": KHZ_MIN, "scaling_max_freq": KHZ_MAX,
}
WORDS = {
    "scaling_available_governors": GOVERNORS, "scaling_driver": "intel_pstate",
    "scaling_governor": "powersave", "scaling_setspeed": "<unsupported>",
}
MEMORY = {"MemTotal": 527_951_636, "MemFree": 131_072_000, "MemAvailable": 402_653_184,
          "Buffers": 1_048_576, "Cached": 201_326_592, "SwapTotal": 0, "SwapFree": 0,
          "Slab": 12_582_912}
COUNTERS = ("pgpgin", "pgpgout", "pswpin", "pswpout", "pgfault", "pgmajfault", "oom_kill")


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")

    def link(self, path, target):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)


def write_sysfs(tree, cpus):
    cores = max(cpus // 2, 1)  # the second threads of the cores are numbered after all first
    here = "sys/devices/system/cpu"
    tree.write(f"{here}/online", f"0-{cpus - 1}")
    tree.write(f"{here}/offline", "")
    tree.write(f"{here}/isolated", "")
    for cpu in range(cpus):
        core = cpu % cores
        socket = core * SOCKETS // cores
        own = f"{here}/cpu{cpu}"
        tree.write(f"{own}/topology/core_id", core)
        tree.write(f"{own}/topology/physical_package_id", socket)
        tree.write(f"{own}/thermal_throttle/core_throttle_count", cpu)
        tree.write(f"{own}/thermal_throttle/package_throttle_count", 1000 + socket)
        tree.link(f"{own}/cpufreq", f"../cpufreq/policy{cpu}")
        policy = f"{here}/cpufreq/policy{cpu}"
        tree.write(f"{policy}/related_cpus", cpu)
        tree.write(f"{policy}/scaling_cur_freq", KHZ_NOW + 1000 * cpu)
        for name, value in {**FREQUENCIES, **WORDS}.items():
            tree.write(f"{policy}/{name}", value)
    clock = "sys/devices/system/clocksource/clocksource0"
    tree.write(f"{clock}/available_clocksource", "tsc hpet acpi_pm ")
    tree.write(f"{clock}/current_clocksource", "tsc")


def write_procfs(tree, cpus):
    ticks = [(93_021_112 + 1009 * cpu, 1023, 40_110_223 + 7 * cpu, 801_223_456, 120_345 + cpu, 0,
              902_331, 0, 0, 0) for cpu in range(cpus)]
    lines = ["cpu  " + " ".join(str(sum(column)) for column in zip(*ticks))]
    lines += [f"cpu{cpu} " + " ".join(map(str, ticks[cpu])) for cpu in range(cpus)]
    lines += ["intr 91203441233 " + " ".join(["0"] * 1000), "ctxt 190234123412",
              "btime 1767225600", "processes 91234123", "procs_running 17", "procs_blocked 0",
              "softirq 9123412 1 2 3 4 5 6 7 8 9 10"]
    tree.write("proc/stat", "\n".join(lines))
    tree.write("proc/schedstat", "\n".join(
        ["version 16", "timestamp 4300482935"] +
        [f"cpu{cpu} 0 0 0 0 0 0 {2_045_936_420_169 + cpu} {343_796_328_169 + cpu} {4_767_485 + cpu}"
         for cpu in range(cpus)]))
    tree.write("proc/net/softnet_stat", "\n".join(
        f"{cpu + 4096:08x} " + "00000000 " * 11 + f"{cpu:08x} 00000000 00000000"
        for cpu in range(cpus)))
    tree.write("proc/meminfo", "\n".join(f"{k + ':':16}{v:>9} kB" for k, v in MEMORY.items()))
    tree.write("proc/vmstat", "\n".join(f"{name} 1234567" for name in COUNTERS))
    tree.write("proc/loadavg", "17.21 16.90 15.02 18/9021 912341")
    tree.write("proc/diskstats", "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17")
    tree.write("proc/net/dev", "Inter-|   Receive  |  Transmit\n face |bytes packets errs drop fifo "
               "frame compressed multicast|bytes packets errs drop fifo colls carrier compressed\n"
               "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16")
    tree.write("proc/1/mounts", "proc /proc proc rw 0 0")
    for resource in ("cpu", "io", "memory"):
        tree.write(f"proc/pressure/{resource}", "some avg10=0.00 avg60=0.00 avg300=0.00 total=15\n"
                   "full avg10=0.00 avg60=0.00 avg300=0.00 total=25")
    tree.write("proc/sys/fs/file-nr", "91234\t0\t9223372036854775807")
    tree.write("proc/sys/kernel/random/entropy_avail", 256)
    tree.write("proc/sys/kernel/random/poolsize", 256)


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    tree = Tree(sys.argv[1])
    cpus = int(sys.argv[2]) if len(sys.argv) == 3 else 128
    write_sysfs(tree, cpus)
    write_procfs(tree, cpus)
    return 0


if __name__ == "__main__":
    sys.exit(main())
