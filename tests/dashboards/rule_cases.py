"""What the rules of dashboards/prometheus must give.

An alert's case has hosts that are `bad`, of which the alert must fire `after` so long, and hosts that are
`good`, of which nothing may fire: the nearest to bad that is still right. A host is its series, one
sample a minute: a number that stays, or promtool's notation without the count ("390-1" falls by 1
a minute). `also`: what else must fire of the bad ones.
"""

import collections

Case = collections.namedtuple("Case", "alert after bad good also", defaults=((),))

ROOT = 'device="/dev/vda", fstype="ext4", mountpoint="/"'


def filesystem(avail, readonly=0, files=1000, labels=ROOT):
    return {f"node_filesystem_avail_bytes{{{labels}}}": avail,
            f"node_filesystem_size_bytes{{{labels}}}": 1000,
            f"node_filesystem_readonly{{{labels}}}": readonly,
            f"node_filesystem_files{{{labels}}}": 1000,
            f"node_filesystem_files_free{{{labels}}}": files}


def packets(direction, errors, device="eth0"):
    return {f'node_network_{direction}_errs_total{{device="{device}"}}': errors,
            f'node_network_{direction}_packets_total{{device="{device}"}}': "0+10000"}


def raid(active, failed=0):
    return {'node_md_disks_required{device="md0"}': 2,
            'node_md_disks{device="md0", state="active"}': active,
            'node_md_disks{device="md0", state="failed"}': failed}


def queue(weighted, busy):
    return {'node_disk_io_time_weighted_seconds_total{device="sda"}': weighted,
            'node_disk_io_time_seconds_total{device="sda"}': busy}


def condition(kind, status):
    return {f'joist_condition_status{{type="{kind}", status="{each}"}}': int(each == status)
            for each in ("True", "False", "Unknown")}


def session(connected, certificate=None, failures=0):
    series = {"joist_agent_session_connected": connected,
              "joist_agent_certificate_renewal_failures_total": failures}
    if certificate is not None:
        series["joist_agent_certificate_expiry_timestamp_seconds"] = certificate
    return series


def store_writes(slow):
    """Ten writes a minute, all of them within 1 ms, or all within 1 s."""
    name = "joist_installer_store_write_seconds_bucket"
    return {f'{name}{{what="report", le="0.001"}}': 0 if slow else "0+10",
            f'{name}{{what="report", le="1"}}': "0+10",
            f'{name}{{what="report", le="+Inf"}}': "0+10"}


YEAR = 365 * 86400

CASES = [
    # ---- nodes.yaml
    Case("HostFilesystemFilling", "8h", [filesystem("690-0.7")],
         [filesystem("390-0.01"), filesystem(300), filesystem("990-1"),
          filesystem("690-0.7", readonly=1)]),
    Case("HostFilesystemFillingFast", "3h", [filesystem("450-1.5")],
         [filesystem("450-0.1"), filesystem("990-1.5"), filesystem(200)],
         also=["HostFilesystemFilling"]),
    Case("HostFilesystemNearlyFull", "20m", [filesystem(49)],
         [filesystem(51), filesystem(0, readonly=1),
          filesystem(10, labels='device="tmpfs", fstype="tmpfs", mountpoint="/run"')]),
    Case("HostFilesystemFilesShort", "20m", [filesystem(500, files=49)],
         [filesystem(500, files=51), filesystem(500, files=0, readonly=1)]),
    Case("HostFilesystemTurnedReadOnly", "30m", [filesystem(500, readonly="0x10 1+0")],
         [filesystem(500, readonly=1),
          filesystem(500, readonly="0x10 1+0",
                     labels='device="/dev/sr0", fstype="iso9660", mountpoint="/media"')]),
    # A day later it is no news, and no better.
    Case("HostFilesystemTurnedReadOnly", "30h", [filesystem(500, readonly="0x10 1+0")],
         [filesystem(500, readonly=1)]),
    Case("HostFilesystemNotAnswering", "15m",
         [{f"node_filesystem_device_error{{{ROOT}}}": 1}],
         [{f"node_filesystem_device_error{{{ROOT}}}": 0}]),
    Case("HostRaidDegraded", "10m", [raid(active=1)], [raid(active=2)]),
    Case("HostRaidDiskFailed", "10m", [raid(active=2, failed=1)], [raid(active=2)]),
    Case("HostDiskSaturated", "45m", [queue("0+1200", "0+60")],
         [queue("0+600", "0+60"), queue("0+1200", "0+50")]),
    Case("HostClockUnsynchronised", "20m", [{"node_timex_sync_status": 0}],
         [{"node_timex_sync_status": 1}, {"node_timex_sync_status": "0 1 0 0 1+0"}]),
    Case("HostClockOff", "20m",
         [{"node_timex_offset_seconds": -0.06},
          {"node_timex_offset_seconds": 0, "node_time_seconds": "100+60"}],
         [{"node_timex_offset_seconds": 0.04, "node_time_seconds": "3+60"}]),
    Case("HostMemoryShort", "15m",
         [{"node_memory_MemAvailable_bytes": 4, "node_memory_MemTotal_bytes": 100}],
         [{"node_memory_MemAvailable_bytes": 6, "node_memory_MemTotal_bytes": 100}]),
    Case("HostOutOfMemoryKill", "15m", [{"node_vmstat_oom_kill": "7x10 8+0"}],
         [{"node_vmstat_oom_kill": 7}]),
    Case("HostMemoryPressure", "20m", [{"node_pressure_memory_stalled_seconds_total": "0+9"}],
         [{"node_pressure_memory_stalled_seconds_total": "0+3"}]),
    Case("HostMemoryErrors", "2h",
         [{'node_edac_uncorrectable_errors_total{controller="0"}': "0x80 1+0",
           'node_edac_correctable_errors_total{controller="0"}': 0},
          {'node_edac_uncorrectable_errors_total{controller="1"}': 0,
           'node_edac_correctable_errors_total{controller="1"}': "0+2"}],
         [{'node_edac_uncorrectable_errors_total{controller="0"}': 5,
           'node_edac_correctable_errors_total{controller="0"}': "0+1"}]),
    Case("HostCpuPressure", "45m", [{"node_pressure_cpu_waiting_seconds_total": "0+55"}],
         [{"node_pressure_cpu_waiting_seconds_total": "0+40"}]),
    Case("HostIoPressure", "25m", [{"node_pressure_io_stalled_seconds_total": "0+40"}],
         [{"node_pressure_io_stalled_seconds_total": "0+20"}]),
    Case("HostFileDescriptorsShort", "20m",
         [{"node_filefd_allocated": 81, "node_filefd_maximum": 100}],
         [{"node_filefd_allocated": 79, "node_filefd_maximum": 100}]),
    Case("HostTasksHung", "15m", [{"node_kernel_hung_tasks_total": "2x10 3+0"}],
         [{"node_kernel_hung_tasks_total": 2}]),
    Case("HostNetworkReceiveErrors", "25m", [packets("receive", "0+20")],
         [packets("receive", "0+5"), packets("receive", "0+500", device="veth1")]),
    Case("HostNetworkTransmitErrors", "25m", [packets("transmit", "0+20")],
         [packets("transmit", "0+5"), packets("transmit", "0+500", device="lo")]),
    Case("HostNetworkLinkFlapping", "40m",
         [{'node_network_carrier_changes_total{device="eth0"}': "0+1"}],
         [{'node_network_carrier_changes_total{device="eth0"}': "2x20 4+0"},
          {'node_network_carrier_changes_total{device="veth9"}': "0+1"}]),
    Case("HostBondLinkDown", "10m",
         [{'node_bonding_slaves{master="bond0"}': 2, 'node_bonding_active{master="bond0"}': 1}],
         [{'node_bonding_slaves{master="bond0"}': 2, 'node_bonding_active{master="bond0"}': 2}]),
    Case("HostConntrackNearlyFull", "10m",
         [{"node_nf_conntrack_entries": 81, "node_nf_conntrack_entries_limit": 100}],
         [{"node_nf_conntrack_entries": 79, "node_nf_conntrack_entries_limit": 100}]),
    Case("HostUnitFailed", "10m",
         [{'node_systemd_unit_state{name="a.service", state="failed"}': 1}],
         [{'node_systemd_unit_state{name="a.service", state="failed"}': 0,
           'node_systemd_unit_state{name="a.service", state="active"}': 1}]),
    Case("HostServiceRestarting", "30m",
         [{'node_systemd_service_restart_total{name="a.service"}': "0+1"}],
         [{'node_systemd_service_restart_total{name="a.service"}': "4x15 5+0"}]),
    Case("HostTextfileBroken", "20m", [{"node_textfile_scrape_error": 1}],
         [{"node_textfile_scrape_error": 0}]),
    Case("HostTextfileStale", "25h", [{'node_textfile_mtime_seconds{file="raid.prom"}': 0}],
         [{'node_textfile_mtime_seconds{file="raid.prom"}': "0+60"}]),
    Case("HostCollectorFailing", "45m",
         [{'node_scrape_collector_success{collector="stat"}': "1x10 0+0"}],
         [{'node_scrape_collector_success{collector="stat"}': 1},
          {'node_scrape_collector_success{collector="bonding"}': 0},
          {'node_scrape_collector_success{collector="stat"}': "1x38 0+0"}]),
    Case("HostCollectorFailing", "30h",
         [{'node_scrape_collector_success{collector="stat"}': "1x10 0+0"}],
         [{'node_scrape_collector_success{collector="bonding"}': 0}]),
    Case("HostTooHot", "10m",
         [{'node_hwmon_temp_celsius{chip="cpu", sensor="temp1"}': 100,
           'node_hwmon_temp_crit_celsius{chip="cpu", sensor="temp1"}': 100}],
         [{'node_hwmon_temp_celsius{chip="cpu", sensor="temp1"}': 99,
           'node_hwmon_temp_crit_celsius{chip="cpu", sensor="temp1"}': 100},
          {'node_hwmon_temp_celsius{chip="nic", sensor="temp1"}': 60,
           'node_hwmon_temp_crit_celsius{chip="nic", sensor="temp1"}': 0}]),
    # ---- joist.yaml
    Case("JoistAgentDown", "20m",
         [{'up{job="joist-agent"}': 0},
          {'up{job="node"}': "1x5 0+0", 'joist_agent_build_info{job="node"}': "1x5 _"}],
         [{'up{job="joist-agent"}': 1}, {'up{job="node"}': 0}]),
    Case("JoistAgentDown", "30h",
         [{'up{job="node"}': "1x5 0+0", 'joist_agent_build_info{job="node"}': "1x5 _"}],
         [{'up{job="joist-agent"}': 1}, {'up{job="node"}': 0}]),
    Case("JoistSessionLost", "20m", [session(0, YEAR)], [session(1, YEAR), session(0)]),
    Case("JoistNotJoined", "25h", [session(0)], [session(1, YEAR)]),
    Case("JoistCertificateEnding", "8h",
         [session(1, 2 * 86400, failures="0+1")],
         [session(1, 2 * 86400), session(1, YEAR, failures="0+1")]),
    Case("JoistConfigRefused", "10m", [{"joist_agent_config_last_reload_successful": 0}],
         [{"joist_agent_config_last_reload_successful": 1}]),
    Case("JoistWebConfigRefused", "10m",
         [{"joist_exporter_web_config_last_reload_successful": 0}],
         [{"joist_exporter_web_config_last_reload_successful": 1}]),
    Case("JoistAgentStuck", "10m", [{'joist_agent_worker_stuck{worker="disk probes"}': 1}],
         [{'joist_agent_worker_stuck{worker="disk probes"}': 0}]),
    Case("JoistCollectionLate", "25m", [{'joist_agent_scrapes_total{collected="false"}': "0+1"}],
         [{'joist_agent_scrapes_total{collected="true"}': "0+1",
           'joist_agent_scrapes_total{collected="false"}': 1}]),
    Case("JoistAgentRefusesConnections", "25m",
         [{'joist_agent_http_rejected_total{server="metrics"}': "0+1"}],
         [{'joist_agent_http_rejected_total{server="metrics"}': 9}]),
    Case("JoistHostNotReady", "45m", [condition("Ready", "False"), condition("Ready", "Unknown")],
         [condition("Ready", "True"), condition("TimeSynchronised", "False")]),
    Case("JoistConditionFlapping", "2h",
         [{'joist_condition_transitions_total{type="Ready", status="False"}': "0+1"}],
         [{'joist_condition_transitions_total{type="Ready", status="False"}': "1x80 3+0"}]),
    Case("JoistDisksNotInventoried", "45m", [condition("DisksInventoried", "Unknown")],
         [condition("DisksInventoried", "True")]),
    Case("JoistDiskUnreadable", "20m",
         [{'joist_disk_class{device="sda", class="unusable", reason="Unreadable"}': 1}],
         [{'joist_disk_class{device="sda", class="unusable", reason="TooSmall"}': 1}]),
    Case("JoistDiskIdentityUnsure", "20m",
         [{'joist_disk_class{device="sda", id="wwn:1", reason="DuplicateIdentity"}': 1}],
         [{'joist_disk_class{device="sda", id="wwn:1", reason="NothingFound"}': 1}]),
    Case("JoistDiskFailing", "5m",
         [{'joist_disk_health{device="sda", state="failing", reason="DiskFailing"}': 1}],
         [{'joist_disk_health{device="sda", state="warning", reason="DiskHot"}': 1}]),
    Case("JoistDiskAiling", "2h",
         [{'joist_disk_health{device="sda", state="warning", reason="DiskHot"}': 1}],
         [{'joist_disk_health{device="sda", state="ok", reason=""}': 1,
           'joist_disk_health{device="vda", state="not-offered", reason=""}': 1}]),
    Case("JoistDiskHealthUnknown", "2h",
         [{**condition("DisksHealthy", "Unknown"),
           'joist_disk_health{device="sda", state="unknown", reason="HealthUnknown"}': 1}],
         [{**condition("DisksHealthy", "True"),
           'joist_disk_health{device="sdz", state="unknown", reason="HealthUnknown"}': 1},
          condition("DisksHealthy", "Unknown")]),
    Case("JoistDiskLooksFailing", "1h", [{"joist_agent_disk_observation_failures_total": "0+1"}],
         [{"joist_agent_disk_observation_failures_total": "0x30 2+0"}]),
    Case("JoistInstallerDown", "20m",
         [{'up{job="joist-installer"}': 0},
          {'up{job="x"}': "1x5 0+0", 'joist_installer_build_info{job="x"}': "1x5 _"}],
         [{'up{job="joist-installer"}': 1}]),
    Case("JoistNodesUnheardOf", "20m", [{'joist_installer_nodes{state="disconnected"}': 2}],
         [{'joist_installer_nodes{state="disconnected"}': 0,
           'joist_installer_nodes{state="retired"}': 2}]),
    Case("JoistInstallerConfigRefused", "10m",
         [{"joist_installer_config_last_reload_successful": 0}],
         [{"joist_installer_config_last_reload_successful": 1}]),
    Case("JoistInstallerCertificateEnding", "2h",
         [{'joist_installer_certificate_expire_time_seconds{certificate="server"}': 6 * 86400}],
         [{'joist_installer_certificate_expire_time_seconds{certificate="server"}': YEAR}]),
    Case("JoistInstallerStoreFailing", "5m", [{"joist_installer_store_healthy": 0}],
         [{"joist_installer_store_healthy": 1}]),
    Case("JoistInstallerStoreSlow", "45m", [store_writes(slow=True)], [store_writes(slow=False)]),
    Case("JoistEnrolmentsRefused", "45m",
         [{'joist_installer_enrolments_total{result="TokenUnknown"}': "0+1"}],
         [{'joist_installer_enrolments_total{result="Accepted"}': "0+1",
           'joist_installer_enrolments_total{result="TokenUnknown"}': "0x20 2+0"}]),
    Case("JoistSessionsRefused", "45m",
         [{'joist_installer_sessions_refused_total{reason="Retired"}': "0+1"}],
         [{'joist_installer_sessions_refused_total{reason="Retired"}': "0x20 2+0"}]),
]

# What is recorded of one host with these series, at 10 minutes.
RECORDED_FROM = {
    **{f'node_cpu_seconds_total{{cpu="{cpu}", mode="{mode}"}}': each for cpu in (0, 1)
       for mode, each in (("idle", "0+30"), ("iowait", "0+6"), ("user", "0+24"))},
    "node_load5": 3,
    "node_memory_MemAvailable_bytes": 25, "node_memory_MemTotal_bytes": 100,
    **filesystem(avail=250),
    'node_disk_io_time_seconds_total{device="sda"}': "0+15",
    'node_disk_read_time_seconds_total{device="sda"}': "0+6",
    'node_disk_reads_completed_total{device="sda"}': "0+60",
    'node_disk_write_time_seconds_total{device="sda"}': "0+12",
    'node_disk_writes_completed_total{device="sda"}': "0+60",
    'node_network_receive_bytes_total{device="eth0"}': "0+6000",
    'node_network_receive_bytes_total{device="lo"}': "0+60000",
    'node_network_transmit_bytes_total{device="eth0"}': "0+12000",
    **condition("Ready", "Unknown"),
    'joist_disk_class{device="sda", class="blank"}': 1,
    'joist_disk_class{device="sdb", class="blank"}': 1,
}
RECORDED = {
    "instance:node_cpu_busy:ratio_rate5m": 0.4,
    "instance:node_cpus:count": 2,
    "instance:node_load_per_cpu:ratio": 1.5,
    "instance:node_memory_used:ratio": 0.75,
    "instance_mountpoint:node_filesystem_used:ratio": 0.75,
    "instance_device:node_disk_busy:ratio_rate5m": 0.25,
    "instance_device:node_disk_read_seconds:mean5m": 0.1,
    "instance_device:node_disk_write_seconds:mean5m": 0.2,
    "instance:node_network_receive_bytes:rate5m": 100,
    "instance:node_network_transmit_bytes:rate5m": 200,
    "cluster_type:joist_condition_true:count": 0,
    "cluster_type:joist_condition_true:ratio": 0,
    "cluster_class:joist_disks:count": 2,
}
