"""All hosts at once: who is there, who is ready, who is short of something."""

from panels import Column, Dashboard, bars, falling, graph, rising, row, stat, table

READY = {1: ("ready", "green"), 0: ("not ready", "red")}

DASHBOARD = Dashboard(
    uid="joist-fleet", title="Joist / Fleet",
    about="Every host in one table, and what the busiest and fullest of them are.",
    rows=[
        row("Now",
            stat("Hosts up", "short", 'sum(up{HOST})', width=4,
                 about="Targets of the chosen jobs whose last scrape was answered."),
            stat("Hosts down", "short", 'count(up{HOST}) - sum(up{HOST})', rising(1), width=4),
            stat("Ready", "short",
                 'sum(joist_condition_status{HOST, type="Ready", status="True"})', width=4),
            stat("Not ready", "short",
                 'sum(joist_condition_status{HOST, type="Ready", status!="True"})', rising(1),
                 width=4, about="Unknown counts as not ready."),
            stat("Sessions with the installer", "short", "sum(joist_agent_session_connected{HOST})",
                 width=4),
            stat("Alerts firing", "short",
                 'count(ALERTS{alertstate="firing", cluster=~"$cluster"}) or vector(0)', rising(1),
                 width=4, about="All alerts that this Prometheus evaluates, of any source.")),
        row("Hosts",
            table("Hosts", [
                Column("Ready", "max by (instance) (joist_condition_status"
                                '{HOST, type="Ready", status="True"})', names=READY),
                Column("Up for", "max by (instance) (node_time_seconds{HOST} - "
                                 "node_boot_time_seconds{HOST})", "s"),
                Column("CPUs", 'count by (instance) (node_cpu_seconds_total{HOST, mode="idle"})'),
                Column("CPU busy", '1 - avg by (instance) (rate(node_cpu_seconds_total'
                                   '{HOST, mode="idle"}[5m]))', "percentunit", rising(0.8, 0.95)),
                Column("Load per CPU", "max by (instance) (node_load5{HOST}) / count by (instance) "
                                       '(node_cpu_seconds_total{HOST, mode="idle"})',
                       "short", rising(1, 2)),
                Column("Memory", "max by (instance) (node_memory_MemTotal_bytes{HOST})", "bytes"),
                Column("Memory used", "max by (instance) (1 - node_memory_MemAvailable_bytes{HOST} "
                                      "/ node_memory_MemTotal_bytes{HOST})",
                       "percentunit", rising(0.85, 0.95)),
                Column("Fullest filesystem",
                       'max by (instance) (1 - node_filesystem_avail_bytes{HOST, fstype!="tmpfs"} '
                       '/ (node_filesystem_size_bytes{HOST, fstype!="tmpfs"} > 0))',
                       "percentunit", rising(0.85, 0.95)),
                Column("Received", "sum by (instance) (rate(node_network_receive_bytes_total"
                                   '{HOST, device!~"lo|veth.+"}[5m]))', "Bps"),
                Column("Sent", "sum by (instance) (rate(node_network_transmit_bytes_total"
                               '{HOST, device!~"lo|veth.+"}[5m]))', "Bps"),
            ], height=12, about="A host's name leads to its own dashboard.")),
        row("The worst ten",
            graph("CPU busy", "percentunit", {"{{instance}}": (
                'topk(10, 1 - avg by (instance) (rate(node_cpu_seconds_total'
                '{HOST, mode="idle"}[RATE])))')}, high=1),
            graph("Memory used", "percentunit", {"{{instance}}": (
                "topk(10, 1 - node_memory_MemAvailable_bytes{HOST} / "
                "node_memory_MemTotal_bytes{HOST})")}, high=1),
            graph("Filesystem used", "percentunit", {"{{instance}} {{mountpoint}}": (
                'topk(10, 1 - node_filesystem_avail_bytes{HOST, fstype!="tmpfs"} / '
                '(node_filesystem_size_bytes{HOST, fstype!="tmpfs"} > 0))')}, high=1),
            graph("Waiting for I/O, share of time", "percentunit", {"{{instance}}": (
                "topk(10, rate(node_pressure_io_waiting_seconds_total{HOST}[RATE]))")},
                about="Pressure stall information: some task was waiting."),
            graph("Busiest disks", "percentunit", {"{{instance}} {{device}}": (
                "topk(10, rate(node_disk_io_time_seconds_total{HOST}[RATE]))")}),
            graph("Network", "Bps", {"{{instance}} received": (
                "topk(10, sum by (instance) (rate(node_network_receive_bytes_total"
                '{HOST, device!~"lo|veth.+"}[RATE])))')}, {"{{instance}} sent": (
                    "topk(10, sum by (instance) (rate(node_network_transmit_bytes_total"
                    '{HOST, device!~"lo|veth.+"}[RATE])))')})),
        row("What the fleet has",
            bars("Disks by class", "short",
                 {"{{class}}": "count by (class) (joist_disk_class{HOST})"}),
            bars("Kernels", "short", {"{{release}}": "count by (release) (node_uname_info{HOST})"}),
            bars("Agents by version", "short",
                 {"{{version}}": "count by (version) (joist_agent_build_info{HOST})"}),
            stat("CPUs", "short", 'count(node_cpu_seconds_total{HOST, mode="idle"})', width=4),
            stat("Memory", "bytes", "sum(node_memory_MemTotal_bytes{HOST})", width=4),
            stat("Memory available", "percentunit",
                 "sum(node_memory_MemAvailable_bytes{HOST}) / "
                 "sum(node_memory_MemTotal_bytes{HOST})", falling(0.05, 0.15), width=4),
            stat("Filesystems", "bytes",
                 'sum(node_filesystem_size_bytes{HOST, fstype!="tmpfs"})', width=4),
            stat("Filesystems available", "percentunit",
                 'sum(node_filesystem_avail_bytes{HOST, fstype!="tmpfs"}) / '
                 'sum(node_filesystem_size_bytes{HOST, fstype!="tmpfs"})', falling(0.05, 0.15),
                 width=4),
            stat("Switched on within a day", "short",
                 "count(node_time_seconds{HOST} - node_boot_time_seconds{HOST} < 86400) "
                 "or vector(0)", width=4)),
    ])
