"""One host's network: interfaces, TCP and UDP, connection tracking."""

from panels import Column, Dashboard, graph, rising, row, stat, states, table

ON_DEVICE = 'HOST, device=~"$device"'

DASHBOARD = Dashboard(
    uid="joist-network", title="Joist / Network", one_host=True,
    device="node_network_receive_bytes_total",
    about="Interfaces of one host, and what its TCP and UDP make of them.",
    rows=[
        row("Interfaces",
            table("Interfaces", [
                Column("Up", f"max by (device) (node_network_up{{{ON_DEVICE}}})",
                       names={1: ("up", "green"), 0: ("down", "red")}),
                Column("Speed", f"max by (device) (node_network_speed_bytes{{{ON_DEVICE}}} > 0)",
                       "Bps"),
                Column("MTU", f"max by (device) (node_network_mtu_bytes{{{ON_DEVICE}}})", "bytes"),
                Column("Received", "max by (device) "
                                   f"(rate(node_network_receive_bytes_total{{{ON_DEVICE}}}[5m]))",
                       "Bps"),
                Column("Sent", "max by (device) "
                               f"(rate(node_network_transmit_bytes_total{{{ON_DEVICE}}}[5m]))",
                       "Bps"),
                Column("Errors in an hour", "max by (device) ("
                       f"increase(node_network_receive_errs_total{{{ON_DEVICE}}}[1h]) + "
                       f"increase(node_network_transmit_errs_total{{{ON_DEVICE}}}[1h]))",
                       "short", rising(1, 100)),
                Column("Carrier changes", "max by (device) "
                       f"(node_network_carrier_changes_total{{{ON_DEVICE}}})"),
            ]),
            graph("Throughput", "bps", {"{{device}} received": (
                f"8 * rate(node_network_receive_bytes_total{{{ON_DEVICE}}}[RATE])")},
                {"{{device}} sent": (
                    f"8 * rate(node_network_transmit_bytes_total{{{ON_DEVICE}}}[RATE])")},
                width=12),
            graph("Share of the link's speed", "percentunit", {"{{device}} received": (
                f"rate(node_network_receive_bytes_total{{{ON_DEVICE}}}[RATE]) / "
                f"(node_network_speed_bytes{{{ON_DEVICE}}} > 0)")},
                {"{{device}} sent": (
                    f"rate(node_network_transmit_bytes_total{{{ON_DEVICE}}}[RATE]) / "
                    f"(node_network_speed_bytes{{{ON_DEVICE}}} > 0)")}, width=12),
            graph("Packets", "pps", {"{{device}} received": (
                f"rate(node_network_receive_packets_total{{{ON_DEVICE}}}[RATE])")},
                {"{{device}} sent": (
                    f"rate(node_network_transmit_packets_total{{{ON_DEVICE}}}[RATE])")}),
            graph("Errors", "pps", {
                "{{device}} receiving":
                    f"rate(node_network_receive_errs_total{{{ON_DEVICE}}}[RATE])",
                "{{device}} frames":
                    f"rate(node_network_receive_frame_total{{{ON_DEVICE}}}[RATE])",
                "{{device}} queue overrun":
                    f"rate(node_network_receive_fifo_total{{{ON_DEVICE}}}[RATE])"},
                {"{{device}} sending":
                 f"rate(node_network_transmit_errs_total{{{ON_DEVICE}}}[RATE])",
                 "{{device}} carrier":
                 f"rate(node_network_transmit_carrier_total{{{ON_DEVICE}}}[RATE])"}),
            graph("Drops", "pps", {"{{device}} receiving": (
                f"rate(node_network_receive_drop_total{{{ON_DEVICE}}}[RATE])")},
                {"{{device}} sending": (
                    f"rate(node_network_transmit_drop_total{{{ON_DEVICE}}}[RATE])")}),
            states("Link", {"{{device}}": f"node_network_up{{{ON_DEVICE}}}"},
                   {1: ("up", "green"), 0: ("down", "red")}),
            graph("Bonds: links that do not work", "short", {"{{master}}": (
                "node_bonding_slaves{HOST} - node_bonding_active{HOST}")}),
            graph("Multicast received", "pps", {"{{device}}": (
                f"rate(node_network_receive_multicast_total{{{ON_DEVICE}}}[RATE])")}),
            graph("Neighbours", "short", {"{{device}}": "node_arp_entries{HOST}"},
                  about="Entries of the ARP table.")),
        row("TCP",
            graph("Connections", "short", {
                "established": "node_netstat_Tcp_CurrEstab{HOST}",
                "in TIME_WAIT": "node_sockstat_TCP_tw{HOST}",
                "orphans": "node_sockstat_TCP_orphan{HOST}",
                "allocated": "node_sockstat_TCP_alloc{HOST}"}),
            graph("Connections by state", "short", {
                "{{state}}": "node_tcp_connection_states{HOST}"}),
            graph("Opened", "ops", {
                "to others": "rate(node_netstat_Tcp_ActiveOpens{HOST}[RATE])",
                "from others": "rate(node_netstat_Tcp_PassiveOpens{HOST}[RATE])"}),
            graph("Segments", "pps",
                  {"received": "rate(node_netstat_Tcp_InSegs{HOST}[RATE])"},
                  {"sent": "rate(node_netstat_Tcp_OutSegs{HOST}[RATE])"}),
            graph("Sent again", "percentunit", {"of all segments": (
                "rate(node_netstat_Tcp_RetransSegs{HOST}[RATE]) / "
                "(rate(node_netstat_Tcp_OutSegs{HOST}[RATE]) > 0)")},
                about="Above one or two in a hundred, look for a bad link on the way."),
            graph("Nobody accepted", "ops", {
                "queue overflowed": "rate(node_netstat_TcpExt_ListenOverflows{HOST}[RATE])",
                "dropped": "rate(node_netstat_TcpExt_ListenDrops{HOST}[RATE])",
                "SYN cookies sent": "rate(node_netstat_TcpExt_SyncookiesSent{HOST}[RATE])"}),
            graph("Trouble", "ops", {
                "resets sent": "rate(node_netstat_Tcp_OutRsts{HOST}[RATE])",
                "bad segments": "rate(node_netstat_Tcp_InErrs{HOST}[RATE])",
                "timeouts": "rate(node_netstat_TcpExt_TCPTimeouts{HOST}[RATE])",
                "SYNs sent again": "rate(node_netstat_TcpExt_TCPSynRetrans{HOST}[RATE])"}),
            graph("Memory of sockets", "bytes", {
                "TCP": "node_sockstat_TCP_mem_bytes{HOST}",
                "UDP": "node_sockstat_UDP_mem_bytes{HOST}"}),
            stat("Sockets in use", "short", "node_sockstat_sockets_used{HOST}", width=8)),
        row("UDP and ICMP",
            graph("Datagrams", "pps",
                  {"received": "rate(node_netstat_Udp_InDatagrams{HOST}[RATE])"},
                  {"sent": "rate(node_netstat_Udp_OutDatagrams{HOST}[RATE])"}),
            graph("UDP trouble", "pps", {
                "errors": "rate(node_netstat_Udp_InErrors{HOST}[RATE])",
                "nobody listens": "rate(node_netstat_Udp_NoPorts{HOST}[RATE])",
                "receive buffer full": "rate(node_netstat_Udp_RcvbufErrors{HOST}[RATE])",
                "send buffer full": "rate(node_netstat_Udp_SndbufErrors{HOST}[RATE])"}),
            graph("UDP bytes queued", "bytes", {
                "{{queue}}, {{ip}}": "node_udp_queues{HOST}"}),
            graph("ICMP", "pps",
                  {"received": "rate(node_netstat_Icmp_InMsgs{HOST}[RATE])",
                   "bad": "rate(node_netstat_Icmp_InErrors{HOST}[RATE])"},
                  {"sent": "rate(node_netstat_Icmp_OutMsgs{HOST}[RATE])"})),
        row("Connection tracking and packet processing",
            graph("Connections tracked", "short", {
                "tracked": "node_nf_conntrack_entries{HOST}",
                "limit": "node_nf_conntrack_entries_limit{HOST}"}),
            stat("Of the limit", "percentunit", "node_nf_conntrack_entries{HOST} / "
                 "node_nf_conntrack_entries_limit{HOST}", rising(0.7, 0.9), width=8),
            graph("Tracking trouble", "ops", {
                "dropped": "rate(node_nf_conntrack_stat_drop{HOST}[RATE])",
                "dropped early": "rate(node_nf_conntrack_stat_early_drop{HOST}[RATE])",
                "could not be inserted": "rate(node_nf_conntrack_stat_insert_failed{HOST}[RATE])"}),
            graph("Packets by CPU", "pps", {
                "CPU {{cpu}}": "rate(node_softnet_processed_total{HOST}[RATE])"}),
            graph("Dropped before anybody looked", "pps", {
                "CPU {{cpu}}": "rate(node_softnet_dropped_total{HOST}[RATE])"},
                about="The backlog of this CPU was full: net.core.netdev_max_backlog."),
            graph("Ran out of time", "ops", {
                "CPU {{cpu}}": "rate(node_softnet_times_squeezed_total{HOST}[RATE])"},
                about="Packets were left when the budget ended: net.core.netdev_budget.")),
    ])
