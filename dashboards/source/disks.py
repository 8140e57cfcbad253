"""Disks: what they are to Joist, what they do, what stands on them, how they are."""

from panels import Column, Dashboard, bars, graph, rising, row, stat, states, table

ON_DEVICE = 'HOST, device=~"$device"'

READ_SECONDS = (f"(rate(node_disk_read_time_seconds_total{{{ON_DEVICE}}}[RATE]) / "
                f"(rate(node_disk_reads_completed_total{{{ON_DEVICE}}}[RATE]) > 0))")

DASHBOARD = Dashboard(
    uid="joist-disks", title="Joist / Disks", device="node_disk_io_time_seconds_total",
    about="Block devices and filesystems of the chosen hosts. A disk that wears out shows in "
          "its latency long before it fails.",
    rows=[
        row("Inventory",
            stat("Inventories complete", "short",
                 'sum(joist_condition_status{HOST, type="DisksInventoried", status="True"})',
                 width=4, about="Hosts whose every disk was read or is known to be in use."),
            stat("Inventories not complete", "short",
                 'sum(joist_condition_status{HOST, type="DisksInventoried", status!="True"})',
                 rising(1), width=4),
            stat("Disks", "short", "count(joist_disk_class{HOST})", width=4),
            stat("Blank", "short", 'count(joist_disk_class{HOST, class="blank"}) or vector(0)',
                 width=4, about="Read, and nothing found on them."),
            stat("Unusable", "short",
                 'count(joist_disk_class{HOST, class="unusable"}) or vector(0)', width=4),
            stat("Readings failed in an hour", "short",
                 "sum(increase(joist_agent_disk_probe_failures_total{HOST}[1h]))", rising(1),
                 width=4),
            table("Disks", [Column("Present", "joist_disk_class{HOST}")],
                  hide=("job", "Present"), height=9, width=16,
                  about="The class of each disk and the most decisive reason for it."),
            bars("By reason", "short",
                 {"{{class}}: {{reason}}": "count by (class, reason) (joist_disk_class{HOST})"})),
        row("Work",
            graph("Read", "Bps", {"{{instance}} {{device}}": (
                f"rate(node_disk_read_bytes_total{{{ON_DEVICE}}}[RATE])")}),
            graph("Written", "Bps", {"{{instance}} {{device}}": (
                f"rate(node_disk_written_bytes_total{{{ON_DEVICE}}}[RATE])")}),
            graph("Requests", "iops", {"{{instance}} {{device}} read": (
                f"rate(node_disk_reads_completed_total{{{ON_DEVICE}}}[RATE])")},
                {"{{instance}} {{device}} write": (
                    f"rate(node_disk_writes_completed_total{{{ON_DEVICE}}}[RATE])")}),
            graph("Time to read", "s", {"{{instance}} {{device}}": READ_SECONDS},
                about="Mean of the requests that ended; none where there were none."),
            graph("Time to write", "s", {"{{instance}} {{device}}": (
                f"rate(node_disk_write_time_seconds_total{{{ON_DEVICE}}}[RATE]) / "
                f"(rate(node_disk_writes_completed_total{{{ON_DEVICE}}}[RATE]) > 0)")}),
            graph("Slower than the host's other disks", "short", {"{{instance}} {{device}}": (
                f"{READ_SECONDS} / on (cluster, job, instance) group_left () "
                f"quantile by (cluster, job, instance) (0.5, {READ_SECONDS})")},
                about="Time to read, as a multiple of the median of the host's disks. Compare "
                      "equals: choose the devices."),
            graph("Busy", "percentunit", {"{{instance}} {{device}}": (
                f"rate(node_disk_io_time_seconds_total{{{ON_DEVICE}}}[RATE])")}),
            graph("Requests waiting, mean", "short", {"{{instance}} {{device}}": (
                f"rate(node_disk_io_time_weighted_seconds_total{{{ON_DEVICE}}}[RATE])")}),
            graph("Merged", "ops", {"{{instance}} {{device}} read": (
                f"rate(node_disk_reads_merged_total{{{ON_DEVICE}}}[RATE])")},
                {"{{instance}} {{device}} write": (
                    f"rate(node_disk_writes_merged_total{{{ON_DEVICE}}}[RATE])")}),
            graph("Flushes and discards", "ops", {
                "{{instance}} {{device}} flush":
                    f"rate(node_disk_flush_requests_total{{{ON_DEVICE}}}[RATE])",
                "{{instance}} {{device}} discard":
                    f"rate(node_disk_discards_completed_total{{{ON_DEVICE}}}[RATE])"}, width=24)),
        row("Filesystems",
            table("Filesystems", [
                Column("Size", "sum by (instance, device, mountpoint, fstype) "
                               '(node_filesystem_size_bytes{HOST, fstype!="tmpfs"})', "bytes"),
                Column("Available", "sum by (instance, device, mountpoint, fstype) "
                                    '(node_filesystem_avail_bytes{HOST, fstype!="tmpfs"})',
                       "bytes"),
                Column("Used", "sum by (instance, device, mountpoint, fstype) "
                               '(1 - node_filesystem_avail_bytes{HOST, fstype!="tmpfs"} / '
                               '(node_filesystem_size_bytes{HOST, fstype!="tmpfs"} > 0))',
                       "percentunit", rising(0.85, 0.95)),
                Column("Files used", "sum by (instance, device, mountpoint, fstype) "
                                     '(1 - node_filesystem_files_free{HOST, fstype!="tmpfs"} / '
                                     '(node_filesystem_files{HOST, fstype!="tmpfs"} > 0))',
                       "percentunit", rising(0.85, 0.95)),
                Column("Full in", "sum by (instance, device, mountpoint, fstype) "
                                  '(node_filesystem_avail_bytes{HOST, fstype!="tmpfs"} / '
                                  '-(deriv(node_filesystem_avail_bytes{HOST, fstype!="tmpfs"}[6h]) '
                                  '< -1))', "s"),
                Column("Read-only", "sum by (instance, device, mountpoint, fstype) "
                                    '(node_filesystem_readonly{HOST, fstype!="tmpfs"})',
                       names={0: ("no", "text"), 1: ("yes", "orange")}),
                Column("Error", "sum by (instance, device, mountpoint, fstype) "
                                '(node_filesystem_device_error{HOST, fstype!="tmpfs"})',
                       names={0: ("none", "text"), 1: ("does not answer", "red")}),
            ], height=10, about="Full in: if it went on as in the last six hours."),
            graph("Available", "bytes", {"{{instance}} {{mountpoint}}": (
                'node_filesystem_avail_bytes{HOST, fstype!="tmpfs"}')}, width=12),
            graph("Available in a day, if it went on", "bytes", {"{{instance}} {{mountpoint}}": (
                'predict_linear(node_filesystem_avail_bytes{HOST, fstype!="tmpfs"}[6h], 86400)')},
                low=None, width=12)),
        row("Health",
            states("Condition: every disk read and known", {"{{instance}}": (
                'joist_condition_status{HOST, type="DisksInventoried", status="True"}')},
                {1: ("true", "green"), 0: ("not true", "red")}, width=12),
            graph("Reading the disks", "short", {
                "{{instance}} read": "increase(joist_agent_disk_probes_total{HOST}[1h])",
                "{{instance}} could not be read":
                    "increase(joist_agent_disk_probe_failures_total{HOST}[1h])",
                "{{instance}} looks that failed":
                    "increase(joist_agent_disk_observation_failures_total{HOST}[1h])"}, width=12),
            table("What the disks say of themselves",
                  [Column("Present", "joist_disk_health{HOST}")],
                  hide=("job", "Present"), height=9, width=12,
                  about="State and most decisive reason; joistctl disks says more. A device that "
                        "has nothing to tell, as a virtual one, is not-offered."),
            graph("Age of what they said", "s", {"{{instance}} {{device}}": (
                f"joist_disk_health_age_seconds{{{ON_DEVICE}}}")}, width=12,
                about="Grows while a disk sleeps: none is woken to be asked."),
            graph("Writes used up", "percent", {"{{instance}} {{device}}": (
                f"smartctl_device_percentage_used{{{ON_DEVICE}}}")},
                about="Of those that an NVMe disk was made for."),
            graph("Sectors that cannot be read, or were replaced", "short", {
                "{{instance}} {{device}} {{attribute_name}}": (
                    f'smartctl_device_attribute{{{ON_DEVICE}, attribute_id=~"5|197|198", '
                    'attribute_value_type="raw"}'),
                "{{instance}} {{device}} grown defects":
                    f"smartctl_scsi_grown_defect_list{{{ON_DEVICE}}}",
                "{{instance}} {{device}} media errors":
                    f"smartctl_device_media_errors{{{ON_DEVICE}}}"}),
            graph("Temperatures, by SMART", "celsius", {"{{instance}} {{device}}": (
                f'smartctl_device_temperature{{{ON_DEVICE}, temperature_type="current"}}')}),
            states("Far slower than its equals", {"{{instance}} {{device}}": (
                f"joist_disk_io_latency_outlier{{{ON_DEVICE}}}")},
                {0: ("no", "green"), 1: ("far slower", "orange")},
                about="Of disks of one model and size, by their mean latency over ten minutes."),
            graph("RAID: missing disks", "short", {"{{instance}} {{device}}": (
                "node_md_disks_required{HOST} - ignoring (state) "
                'node_md_disks{HOST, state="active"}')}),
            graph("RAID: blocks in sync", "percentunit", {"{{instance}} {{device}}": (
                "node_md_blocks_synced{HOST} / (node_md_blocks{HOST} > 0)")}, high=1),
            graph("Temperatures of drives", "celsius", {"{{instance}} {{chip}}": (
                'node_hwmon_temp_celsius{HOST} * on (cluster, job, instance, chip) '
                'group_left (chip_name) node_hwmon_chip_names{HOST, '
                'chip_name=~"nvme|drivetemp"}')}),
            table("NVMe controllers", [Column("Present", "node_nvme_info{HOST}")],
                  hide=("job", "Present"))),
    ])
