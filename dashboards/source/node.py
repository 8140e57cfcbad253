"""One host: CPU, memory, disks, network, pressure, time, the kernel."""

from panels import Dashboard, falling, graph, rising, row, stat

PHYSICAL = 'device!~"lo|veth.+"'

DASHBOARD = Dashboard(
    uid="joist-node", title="Joist / Node", one_host=True,
    about="One host from the kernel's own counters, under node_exporter's names.",
    rows=[
        row("Now",
            stat("Up for", "s", "node_time_seconds{HOST} - node_boot_time_seconds{HOST}"),
            stat("Ready", "short", 'joist_condition_status{HOST, type="Ready", status="True"}',
                 names={1: ("ready", "green"), 0: ("not ready", "red")}),
            stat("CPU busy", "percentunit",
                 '1 - avg(rate(node_cpu_seconds_total{HOST, mode="idle"}[RATE]))',
                 rising(0.8, 0.95)),
            stat("Load per CPU", "short", "sum(node_load5{HOST}) / "
                 'count(node_cpu_seconds_total{HOST, mode="idle"})', rising(1, 2)),
            stat("Memory used", "percentunit", "1 - node_memory_MemAvailable_bytes{HOST} / "
                 "node_memory_MemTotal_bytes{HOST}", rising(0.85, 0.95)),
            stat("Fullest filesystem", "percentunit",
                 'max(1 - node_filesystem_avail_bytes{HOST, fstype!="tmpfs"} / '
                 '(node_filesystem_size_bytes{HOST, fstype!="tmpfs"} > 0))', rising(0.85, 0.95)),
            stat("Clock", "short", "node_timex_sync_status{HOST}",
                 names={1: ("synchronised", "green"), 0: ("free", "red")}),
            stat("Kernel", "short", "node_uname_info{HOST}", legend="{{release}}",
                 text="name")),
        row("CPU",
            graph("By mode", "percentunit", {"{{mode}}": (
                'sum by (mode) (rate(node_cpu_seconds_total{HOST, mode!="idle"}[RATE])) / '
                'scalar(count(node_cpu_seconds_total{HOST, mode="idle"}))')}, stack=True, high=1),
            graph("Each CPU", "percentunit", {"CPU {{cpu}}": (
                '1 - rate(node_cpu_seconds_total{HOST, mode="idle"}[RATE])')}, high=1),
            graph("Load", "short", {
                "1 minute": "node_load1{HOST}", "5 minutes": "node_load5{HOST}",
                "15 minutes": "node_load15{HOST}",
                "CPUs": 'count(node_cpu_seconds_total{HOST, mode="idle"})'}),
            graph("Runnable and blocked", "short", {
                "runnable": "node_procs_running{HOST}",
                "blocked on I/O": "node_procs_blocked{HOST}"}),
            graph("Switches and interrupts", "ops", {
                "context switches": "rate(node_context_switches_total{HOST}[RATE])",
                "interrupts": "rate(node_intr_total{HOST}[RATE])",
                "forks": "rate(node_forks_total{HOST}[RATE])"}),
            graph("Waiting for a CPU", "percentunit", {"CPU {{cpu}}": (
                "rate(node_schedstat_waiting_seconds_total{HOST}[RATE])")},
                about="Time that runnable tasks stood in this CPU's queue."),
            graph("Stolen and given to guests", "percentunit", {
                "stolen by the hypervisor":
                    'avg(rate(node_cpu_seconds_total{HOST, mode="steal"}[RATE]))',
                "guests": "sum(rate(node_cpu_guest_seconds_total{HOST}[RATE])) / "
                          'scalar(count(node_cpu_seconds_total{HOST, mode="idle"}))'}),
            graph("Frequency", "hertz", {
                "CPU {{cpu}}": "node_cpu_scaling_frequency_hertz{HOST}"}),
            graph("Throttled for heat", "ops", {
                "package {{package}}": "rate(node_cpu_package_throttles_total{HOST}[RATE])"})),
        row("Memory",
            graph("What it is used for", "bytes", {
                "programs": "node_memory_AnonPages_bytes{HOST}",
                "page cache": "node_memory_Cached_bytes{HOST} - node_memory_Shmem_bytes{HOST}",
                "shared": "node_memory_Shmem_bytes{HOST}",
                "buffers": "node_memory_Buffers_bytes{HOST}",
                "kernel, reclaimable": "node_memory_SReclaimable_bytes{HOST}",
                "kernel, not reclaimable": "node_memory_SUnreclaim_bytes{HOST}",
                "page tables": "node_memory_PageTables_bytes{HOST}",
                "kernel stacks": "node_memory_KernelStack_bytes{HOST}",
                "free": "node_memory_MemFree_bytes{HOST}"}, stack=True, width=12),
            graph("Available", "bytes", {
                "available": "node_memory_MemAvailable_bytes{HOST}",
                "total": "node_memory_MemTotal_bytes{HOST}"}, width=12),
            graph("Swap", "bytes", {
                "used": "node_memory_SwapTotal_bytes{HOST} - node_memory_SwapFree_bytes{HOST}",
                "total": "node_memory_SwapTotal_bytes{HOST}",
                "cached": "node_memory_SwapCached_bytes{HOST}"}),
            graph("Swapping, pages", "ops",
                  {"in": "rate(node_vmstat_pswpin{HOST}[RATE])"},
                  {"out": "rate(node_vmstat_pswpout{HOST}[RATE])"}),
            graph("Page faults", "ops", {
                "all": "rate(node_vmstat_pgfault{HOST}[RATE])",
                "major": "rate(node_vmstat_pgmajfault{HOST}[RATE])"}),
            graph("Waiting to be written", "bytes", {
                "dirty": "node_memory_Dirty_bytes{HOST}",
                "under way": "node_memory_Writeback_bytes{HOST}"}),
            graph("Promised", "bytes", {
                "promised": "node_memory_Committed_AS_bytes{HOST}",
                "limit": "node_memory_CommitLimit_bytes{HOST}"}),
            graph("Killed for want of memory", "short",
                  {"processes": "increase(node_vmstat_oom_kill{HOST}[RATE])"}),
            graph("Huge pages", "short", {
                "total": "node_memory_HugePages_Total{HOST}",
                "free": "node_memory_HugePages_Free{HOST}",
                "reserved": "node_memory_HugePages_Rsvd{HOST}"}),
            graph("Corrected and fatal memory errors", "short", {
                "corrected, controller {{controller}}":
                    "increase(node_edac_correctable_errors_total{HOST}[1h])",
                "fatal, controller {{controller}}":
                    "increase(node_edac_uncorrectable_errors_total{HOST}[1h])"}),
            graph("Set aside as corrupt", "bytes",
                  {"bytes": "node_memory_HardwareCorrupted_bytes{HOST}"})),
        row("Pressure: the share of time that work stood still",
            graph("CPU", "percentunit", {
                "some": "rate(node_pressure_cpu_waiting_seconds_total{HOST}[RATE])"}, width=6),
            graph("Memory", "percentunit", {
                "some": "rate(node_pressure_memory_waiting_seconds_total{HOST}[RATE])",
                "all": "rate(node_pressure_memory_stalled_seconds_total{HOST}[RATE])"}, width=6),
            graph("I/O", "percentunit", {
                "some": "rate(node_pressure_io_waiting_seconds_total{HOST}[RATE])",
                "all": "rate(node_pressure_io_stalled_seconds_total{HOST}[RATE])"}, width=6),
            graph("Interrupts", "percentunit", {
                "all": "rate(node_pressure_irq_stalled_seconds_total{HOST}[RATE])"}, width=6)),
        row("Disks and filesystems",
            graph("Throughput", "Bps",
                  {"{{device}} read": "rate(node_disk_read_bytes_total{HOST}[RATE])"},
                  {"{{device}} written": "rate(node_disk_written_bytes_total{HOST}[RATE])"}),
            graph("Busy", "percentunit", {
                "{{device}}": "rate(node_disk_io_time_seconds_total{HOST}[RATE])"}),
            graph("Filesystems used", "percentunit", {"{{mountpoint}}": (
                '1 - node_filesystem_avail_bytes{HOST, fstype!="tmpfs"} / '
                '(node_filesystem_size_bytes{HOST, fstype!="tmpfs"} > 0)')}, high=1)),
        row("Network",
            graph("Throughput", "Bps",
                  {"{{device}} received":
                   f"rate(node_network_receive_bytes_total{{HOST, {PHYSICAL}}}[RATE])"},
                  {"{{device}} sent":
                   f"rate(node_network_transmit_bytes_total{{HOST, {PHYSICAL}}}[RATE])"}),
            graph("Errors and drops", "pps", {
                "{{device}} errors, receiving":
                    f"rate(node_network_receive_errs_total{{HOST, {PHYSICAL}}}[RATE])",
                "{{device}} drops, receiving":
                    f"rate(node_network_receive_drop_total{{HOST, {PHYSICAL}}}[RATE])",
                "{{device}} errors, sending":
                    f"rate(node_network_transmit_errs_total{{HOST, {PHYSICAL}}}[RATE])",
                "{{device}} drops, sending":
                    f"rate(node_network_transmit_drop_total{{HOST, {PHYSICAL}}}[RATE])"}),
            graph("TCP connections", "short", {
                "established": "node_netstat_Tcp_CurrEstab{HOST}",
                "in TIME_WAIT": "node_sockstat_TCP_tw{HOST}"})),
        row("Time",
            graph("Offset", "s", {"offset": "node_timex_offset_seconds{HOST}"}, low=None),
            graph("Greatest possible error", "s", {
                "of the kernel's clock": "node_timex_maxerror_seconds{HOST}",
                "estimated": "node_timex_estimated_error_seconds{HOST}"}),
            graph("Frequency correction", "short", {
                "parts of one, less 1": "node_timex_frequency_adjustment_ratio{HOST} - 1"},
                low=None),
            graph("Ahead of Prometheus", "s", {
                "seconds": "node_time_seconds{HOST} - timestamp(node_time_seconds{HOST})"},
                low=None, about="Holds the time a scrape takes.")),
        row("Kernel and services",
            graph("File descriptors", "short", {
                "open": "node_filefd_allocated{HOST}"}, width=6),
            graph("File descriptors, share of the limit", "percentunit", {
                "used": "node_filefd_allocated{HOST} / node_filefd_maximum{HOST}"}, width=6),
            graph("Processes and threads", "short", {
                "processes": "node_processes_pids{HOST}",
                "threads": "node_processes_threads{HOST}"}, width=6),
            graph("Processes by state", "short", {
                "{{state}}": "node_processes_state{HOST}"}, width=6),
            stat("Entropy", "short", "node_entropy_available_bits{HOST}", falling(64, 200),
                 width=6),
            stat("Tasks found hanging", "short", "node_kernel_hung_tasks_total{HOST}", rising(1),
                 width=6),
            stat("Units failed", "short",
                 'sum(node_systemd_units{HOST, state="failed"})', rising(1), width=6),
            stat("Services restarted in an hour", "short",
                 "sum(increase(node_systemd_service_restart_total{HOST}[1h]))", rising(5),
                 width=6),
            graph("Temperatures", "celsius", {
                "{{chip}} {{sensor}}": "node_hwmon_temp_celsius{HOST}"}, width=12),
            graph("Fans", "rotrpm", {
                "{{chip}} {{sensor}}": "node_hwmon_fan_rpm{HOST}"}, width=12)),
    ])
