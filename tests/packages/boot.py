#!/usr/bin/env python3
"""Boots a Debian 12 with the packages in it, in an emulated machine with its own kernel, and runs
guest.sh there.

    boot.py PACKAGES WORK

Takes some minutes: the processor is emulated (TCG), so that it works in any sandbox.
"""

import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
BOOT_SECONDS = 1800
GUEST_PACKAGES = ("linux-image-cloud-amd64 systemd-sysv udev dbus libpam-systemd iproute2 curl "
                  "procps python3")
# Take time and tell nothing here.
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer",
          "e2scrub_all.timer", "e2scrub_reap.service", "getty@tty1.service",
          "serial-getty@ttyS0.service")
UNIT = """[Unit]
Description=Package tests
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /root/guest.sh
ExecStopPost=/bin/systemctl --no-block poweroff
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
[Install]
WantedBy=multi-user.target
"""


def shell(script):
    """Runs bash with root.sh's functions."""
    subprocess.run(["bash", "-euo", "pipefail", "-c", f"source {HERE}/root.sh\n{script}"],
                   check=True)


def make_base(work):
    """A bootable Debian, made once."""
    base = work / "bootable"
    made_with = base / ".complete"
    if made_with.exists() and made_with.read_text(encoding="utf-8").strip() == GUEST_PACKAGES:
        return base
    shell(f"""
        minimal_root {work}/minbase
        say "making a bootable Debian 12 in {base}"
        copy_root {work}/minbase {base}
        in_root {base} apt-get -q update >{work}/bootable.log
        in_root {base} apt-get -q -y --no-install-recommends install {GUEST_PACKAGES} \
            >>{work}/bootable.log 2>&1
        echo {GUEST_PACKAGES} >{made_with}""")
    return base


def make_image(packages, work):
    """A root image with the packages installed, and the guest's script as a unit."""
    base = make_base(work)
    root = work / "guest"
    image = work / "guest.img"
    shell(f"""
        say "installing the packages"
        copy_root {base} {root}
        mkdir -p {root}/root/packages
        cp {packages}/joist-agent_*.deb {packages}/joist-exporter_*.deb {packages}/joist-installer_*.deb {packages}/joistctl_*.deb \
            {root}/root/packages/
        in_root {root} sh -c 'apt-get -q -y --no-install-recommends install /root/packages/*.deb' \
            >{work}/guest-apt.log 2>&1 || {{ tail -20 {work}/guest-apt.log; exit 1; }}
        rm -f {root}/usr/sbin/policy-rc.d""")
    shutil.copy(HERE / "guest.sh", root / "root/guest.sh")
    units = root / "etc/systemd/system"
    (units / "e2e.service").write_text(UNIT, encoding="utf-8")
    wants = units / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "e2e.service").symlink_to("../e2e.service")
    for unit in MASKED:
        (units / unit).unlink(missing_ok=True)
        (units / unit).symlink_to("/dev/null")
    (root / "etc/hostname").write_text("joist-e2e\n", encoding="utf-8")
    (root / "etc/fstab").write_text("/dev/vda / ext4 rw,noatime 0 0\n", encoding="utf-8")
    image.unlink(missing_ok=True)
    subprocess.run(["truncate", "-s", "2G", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-d", root, image], check=True)
    return root, image


def make_disks(work):
    """A blank disk, and one with a file system."""
    disks = [work / "blank.img", work / "ext4.img"]
    for disk in disks:
        disk.unlink(missing_ok=True)
        subprocess.run(["truncate", "-s", "6G", disk], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", disks[1]], check=True)
    return disks


def boot(work, root, image, disks):
    """Runs the machine to its end. Returns what it wrote on its console."""
    console = work / "console.log"
    console.unlink(missing_ok=True)
    drives = []
    for name, path in zip(("root", "blank", "ext4"), (image, *disks)):
        drives += ["-drive", f"if=none,id={name},file={path},format=raw,cache=unsafe",
                   "-device", f"virtio-blk-pci,drive={name},serial={name.upper()}"]
    kernel, = (root / "boot").glob("vmlinuz-*")
    initrd, = (root / "boot").glob("initrd.img-*")
    argv = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi,tb-size=512",
            "-cpu", "max", "-smp", "2", "-m", "1536", "-nodefaults", "-no-user-config", "-display",
            "none", "-no-reboot", "-serial", f"file:{console}", "-kernel", kernel, "-initrd",
            initrd, "-append", "console=ttyS0 root=/dev/vda rw quiet mitigations=off "
            "systemd.show_status=0 panic=-1", *drives]
    try:
        subprocess.run([str(word) for word in argv], check=True, timeout=BOOT_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"boot: the machine did not end in {BOOT_SECONDS} s", file=sys.stderr)
    return console.read_text(encoding="utf-8", errors="replace") if console.exists() else ""


def main():
    packages, work = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    work.mkdir(parents=True, exist_ok=True)
    root, image = make_image(packages, work)
    print("== booting it, emulated", file=sys.stderr)
    began = time.monotonic()
    console = boot(work, root, image, make_disks(work))
    lines = [line for line in console.splitlines()
             if line.startswith(("ok ", "FAILED ", "        ", "E2E-END"))]
    print("\n".join(lines))
    print(f"== {time.monotonic() - began:.0f} s; the console is in {work}/console.log",
          file=sys.stderr)
    for leftover in (image, work / "blank.img", work / "ext4.img"):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(root)
    if "E2E-END 0" not in lines:
        if not lines:
            print(console[-3000:], file=sys.stderr)
        print("boot: failed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
