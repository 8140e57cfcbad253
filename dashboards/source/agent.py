"""The agents themselves: what they cost, what they collect, whether they move."""

from panels import Column, Dashboard, falling, graph, rising, row, stat, table

DASHBOARD = Dashboard(
    uid="joist-agent", title="Joist / Agents",
    about="Whether the agents do their work, and what that costs the hosts.",
    rows=[
        row("Now",
            stat("Agents", "short", "count(joist_agent_build_info{HOST})", width=4),
            stat("Collectors failing", "short",
                 "count(node_scrape_collector_success{HOST} == 0) or vector(0)", rising(1),
                 width=4),
            stat("Configs refused", "short",
                 "count(joist_agent_config_last_reload_successful{HOST} == 0) or vector(0)",
                 rising(1), width=4),
            stat("Workers stuck", "short", "sum(joist_agent_worker_stuck{HOST})", rising(1),
                 width=4),
            stat("Without a session", "short",
                 "count(joist_agent_session_connected{HOST} == 0) or vector(0)", rising(1),
                 width=4),
            stat("First certificate ends in", "s",
                 "min(joist_agent_certificate_expiry_timestamp_seconds{HOST}) - time()",
                 falling(3 * 86400, 7 * 86400), width=4),
            table("Agents", [
                Column("Up for", "sum by (instance) (time() - process_start_time_seconds{HOST})",
                       "s"),
                Column("CPU", "sum by (instance) (rate(process_cpu_seconds_total{HOST}[5m]))",
                       "percentunit", rising(0.05, 0.2)),
                Column("Memory", "sum by (instance) (process_resident_memory_bytes{HOST})",
                       "bytes", rising(64 << 20, 256 << 20)),
                Column("Descriptors", "sum by (instance) (process_open_fds{HOST})"),
                Column("Samples", "sum by (instance) (scrape_samples_scraped{HOST})"),
                Column("Scrape takes", "sum by (instance) (scrape_duration_seconds{HOST})", "s",
                       rising(1, 5)),
                Column("Collectors failing",
                       "count by (instance) (node_scrape_collector_success{HOST} == 0) or "
                       "sum by (instance) (up{HOST} * 0)", "short", rising(1)),
            ], hide=("job",))),
        row("What it costs",
            graph("CPU", "percentunit",
                  {"{{instance}}": "rate(process_cpu_seconds_total{HOST}[RATE])"},
                  about="One CPU is 100 %."),
            graph("Memory", "bytes", {"{{instance}}": "process_resident_memory_bytes{HOST}"}),
            graph("File descriptors", "percentunit",
                  {"{{instance}}": "process_open_fds{HOST} / process_max_fds{HOST}"})),
        row("Collecting",
            graph("A scrape takes", "s", {
                "{{instance}} in the agent": "joist_agent_scrape_duration_seconds{HOST}",
                "{{instance}} as Prometheus sees it": "scrape_duration_seconds{HOST}"}),
            graph("Slowest collectors", "s", {"{{instance}} {{collector}}": (
                "topk(10, node_scrape_collector_duration_seconds{HOST})")}),
            graph("Collectors that fail", "short", {"{{collector}}": (
                "sum by (collector) (1 - node_scrape_collector_success{HOST})")}),
            graph("Collections", "ops", {
                "{{instance}}, collected: {{collected}}":
                    "rate(joist_agent_scrapes_total{HOST}[RATE])",
                "{{instance}}, shared": "rate(joist_agent_scrapes_shared_total{HOST}[RATE])"}),
            graph("Samples", "short", {"{{instance}}": "scrape_samples_scraped{HOST}"}),
            graph("Textfiles", "short", {
                "{{instance}} broken": "node_textfile_scrape_error{HOST}"})),
        row("Moving",
            graph("Since a loop last moved", "s", {"{{instance}} {{loop}}": (
                "joist_agent_loop_progress_age_seconds{HOST}")},
                about="systemd restarts an agent whose loops stand still."),
            graph("Workers stuck", "short",
                  {"{{instance}} {{worker}}": "joist_agent_worker_stuck{HOST}"}),
            graph("Looks at the disks", "ops", {
                "{{instance}} through sysfs":
                    "rate(joist_agent_disk_observations_total{HOST}[RATE])",
                "{{instance}} by the helper": "rate(joist_agent_disk_probes_total{HOST}[RATE])"})),
        row("Session with the installer",
            graph("Open", "short", {"{{instance}}": "joist_agent_session_connected{HOST}"}, high=1),
            graph("Attempts in an hour", "short", {
                "{{instance}} tried": "increase(joist_agent_session_attempts_total{HOST}[1h])",
                "{{instance}} opened": "increase(joist_agent_sessions_total{HOST}[1h])",
                "{{instance}} whole reports":
                    "increase(joist_agent_session_full_reports_total{HOST}[1h])"}),
            graph("Sent", "ops", {
                "{{instance}} changes": "rate(joist_agent_session_deltas_total{HOST}[RATE])",
                "{{instance}} heartbeats":
                    "rate(joist_agent_session_heartbeats_total{HOST}[RATE])"}),
            graph("Certificate ends in", "s", {"{{instance}}": (
                "joist_agent_certificate_expiry_timestamp_seconds{HOST} - time()")}, width=12),
            graph("Renewals in a day", "short", {
                "{{instance}} renewed":
                    "increase(joist_agent_certificate_renewals_total{HOST}[1d])",
                "{{instance}} failed":
                    "increase(joist_agent_certificate_renewal_failures_total{HOST}[1d])"},
                width=12)),
        row("Serving",
            graph("Requests", "reqps", {"{{instance}} {{server}}": (
                "rate(joist_agent_http_requests_total{HOST}[RATE])")}),
            graph("Connections", "short", {"{{instance}} {{server}}": (
                "joist_agent_http_connections{HOST}")}),
            graph("Refused", "reqps", {
                "{{instance}} {{server}} too many":
                    "rate(joist_agent_http_rejected_total{HOST}[RATE])",
                "{{instance}} {{server}} bad":
                    "rate(joist_agent_http_bad_requests_total{HOST}[RATE])"})),
    ])
