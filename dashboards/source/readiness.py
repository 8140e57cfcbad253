"""Readiness: the hosts' conditions, and the installer that gates on them."""

from panels import Column, Dashboard, bars, falling, graph, rising, row, stat, states, table

STATUS = {1: ("true", "green"), 0: ("not true", "red")}
# The installer is no host of the variables above: only the cluster selects it.
INSTALLER = 'cluster=~"$cluster"'

DASHBOARD = Dashboard(
    uid="joist-readiness", title="Joist / Readiness",
    about="What each host is ready for and since when, and how hosts join. Unknown is not ready.",
    rows=[
        row("Now",
            stat("Hosts ready", "short",
                 'sum(joist_condition_status{HOST, type="Ready", status="True"})', width=4),
            stat("Not ready", "short",
                 'sum(joist_condition_status{HOST, type="Ready", status="False"})', rising(1),
                 width=4),
            stat("Unknown", "short",
                 'sum(joist_condition_status{HOST, type="Ready", status="Unknown"})', rising(1),
                 width=4),
            stat("Share ready", "percentunit",
                 'avg(joist_condition_status{HOST, type="Ready", status="True"})', falling(0.9, 1),
                 width=4),
            stat("Nodes connected", "short",
                 f'sum(joist_installer_nodes{{{INSTALLER}, state="connected"}})', width=4),
            stat("Nodes unheard of", "short",
                 f'sum(joist_installer_nodes{{{INSTALLER}, state="disconnected"}})', rising(1),
                 width=4)),
        row("Conditions of hosts",
            states("Ready", {"{{instance}}": (
                'joist_condition_status{HOST, type="Ready", status="True"}')}, STATUS, height=9),
            table("Conditions that are not true", [Column(
                "Now", 'joist_condition_status{HOST, status!="True"} == 1')],
                hide=("job", "Now"), width=12,
                about="`joistctl conditions` on the host says why, with the evidence."),
            bars("Hosts by condition that is not true", "short", {"{{type}}": (
                'sum by (type) (joist_condition_status{HOST, status!="True"})')}, rising(1),
                width=12),
            states("Each condition", {"{{instance}} {{type}}": (
                'joist_condition_status{HOST, type!="Ready", status="True"}')}, STATUS, height=12),
            graph("Changes in an hour", "short", {"{{instance}} {{type}} {{status}}": (
                "increase(joist_condition_transitions_total{HOST}[1h])")}, width=24)),
        row("Joining and sessions, as the installer sees them",
            graph("Nodes", "short", {"{{state}}": (
                f"sum by (state) (joist_installer_nodes{{{INSTALLER}}})")}, stack=True),
            graph("Enrolments in an hour", "short", {"{{result}}": (
                "sum by (result) "
                f"(increase(joist_installer_enrolments_total{{{INSTALLER}}}[1h]))")}),
            graph("Renewals in an hour", "short", {"{{result}}": (
                f"sum by (result) (increase(joist_installer_renewals_total{{{INSTALLER}}}[1h]))")}),
            graph("Sessions in an hour", "short", {
                "started": (
                    f"sum(increase(joist_installer_sessions_started_total{{{INSTALLER}}}[1h]))"),
                "ended: {{reason}}": (
                    "sum by (reason) "
                    f"(increase(joist_installer_sessions_ended_total{{{INSTALLER}}}[1h]))"),
                "refused: {{reason}}": (
                    "sum by (reason) "
                    f"(increase(joist_installer_sessions_refused_total{{{INSTALLER}}}[1h]))")}),
            graph("Frames", "pps", {"{{direction}}": (
                f"sum by (direction) (rate(joist_installer_frames_total{{{INSTALLER}}}[RATE]))")}),
            graph("Reports stored", "ops", {"reports": (
                f"sum(rate(joist_installer_reports_stored_total{{{INSTALLER}}}[RATE]))")})),
        row("The installer",
            stat("Installers up", "short",
                 f"count(joist_installer_build_info{{{INSTALLER}}})", falling(1), width=3),
            stat("Store", "short", f"min(joist_installer_store_healthy{{{INSTALLER}}})", width=3,
                 names={1: ("takes writes", "green"), 0: ("fails", "red")}),
            stat("Config in force", "short",
                 f"min(joist_installer_config_last_reload_successful{{{INSTALLER}}})", width=3,
                 names={1: ("as written", "green"), 0: ("the one before", "red")}),
            stat("Open tokens", "short", f"sum(joist_installer_open_tokens{{{INSTALLER}}})",
                 width=3),
            stat("Server certificate ends in", "s",
                 "min(joist_installer_certificate_expire_time_seconds"
                 f'{{{INSTALLER}, certificate="server"}}) - time()',
                 falling(7 * 86400, 30 * 86400), width=4),
            stat("Authority ends in", "s",
                 "min(joist_installer_certificate_expire_time_seconds"
                 f'{{{INSTALLER}, certificate="authority"}}) - time()',
                 falling(90 * 86400, 365 * 86400), width=4),
            stat("Connections", "short", f"sum(joist_installer_connections{{{INSTALLER}}})",
                 width=4),
            graph("Writes to the store, 99 of 100 within", "s", {"{{what}}": (
                "histogram_quantile(0.99, sum by (le, what) "
                f"(rate(joist_installer_store_write_seconds_bucket{{{INSTALLER}}}[1h])))")}),
            graph("Writes to the store", "ops", {"{{what}}": (
                "sum by (what) "
                f"(rate(joist_installer_store_write_seconds_count{{{INSTALLER}}}[RATE]))")}),
            graph("Requests", "ops", {
                "answered": f"sum(rate(joist_installer_requests_total{{{INSTALLER}}}[RATE]))",
                "bad": f"sum(rate(joist_installer_bad_requests_total{{{INSTALLER}}}[RATE]))",
                "refused, too many connections":
                    f"sum(rate(joist_installer_connections_rejected_total{{{INSTALLER}}}[RATE]))",
                "TLS failures":
                    f"sum(rate(joist_installer_tls_failures_total{{{INSTALLER}}}[RATE]))"})),
    ])
