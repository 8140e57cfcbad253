"""A Debian 12 with its full kernel and our packages in it, as a disk image that boots.

Two layers, each made anew when what it is made of changes: a root with Debian's packages (a
download, a minute), and the image with ours.
"""

import dataclasses
import hashlib
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOTS = HERE.parent / "packages" / "root.sh"
OURS = ("joist-agent", "joist-exporter", "joist-installer", "joistctl")
GUEST_PACKAGES = """
    linux-image-amd64 systemd-sysv udev dbus libpam-systemd qemu-guest-agent
    iproute2 ethtool curl procps python3 prometheus-node-exporter
    mdadm lvm2 cryptsetup-bin xfsprogs btrfs-progs e2fsprogs fdisk nvme-cli smartmontools
""".split()
# They start something that is not under test, or take an emulated processor's time.
MASKED = """
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer
    e2scrub_reap.service getty@tty1.service serial-getty@ttyS0.service mdmonitor.service
    mdcheck_start.timer mdcheck_continue.timer mdmonitor-oneshot.timer smartmontools.service
    nvmf-autoconnect.service nvmefc-boot-connections.service prometheus-node-exporter.service
    prometheus-node-exporter-apt.timer prometheus-node-exporter-nvme.timer
    prometheus-node-exporter-mellanox-hca-temp.timer prometheus-node-exporter-smartmon.timer
    systemd-pstore.service
""".split()
# What the initrd needs to find its root; all modules would be read by an emulated processor.
INITRD_MODULES = "virtio_pci virtio_blk ext4".split()


@dataclasses.dataclass
class Image:
    directory: pathlib.Path

    @property
    def root(self):
        return self.directory / "root.img"

    @property
    def kernel(self):
        return self.directory / "vmlinuz"

    @property
    def initrd(self):
        return self.directory / "initrd.img"


def shell(script):
    """Runs bash with root.sh's functions."""
    subprocess.run(["bash", "-euo", "pipefail", "-c", f"source {ROOTS}\n{script}"], check=True)


def digest(*parts):
    total = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, pathlib.Path) else str(part).encode()
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()[:16]


def make_base(work):
    base = work / "vm-base"
    key = digest(GUEST_PACKAGES, INITRD_MODULES, ROOTS)
    complete = base / ".complete"
    if complete.exists() and complete.read_text(encoding="utf-8") == key:
        return base, key
    log = work / "vm-base.log"
    shell(f"""
        minimal_root {work}/minbase
        say "making a Debian 12 with a full kernel in {base}"
        copy_root {work}/minbase {base}
        mkdir -p {base}/etc/initramfs-tools/conf.d
        echo MODULES=list >{base}/etc/initramfs-tools/conf.d/joist
        printf '%s\\n' {' '.join(INITRD_MODULES)} >{base}/etc/initramfs-tools/modules
        {{
            in_root {base} apt-get -q update
            in_root {base} apt-get -q -y --no-install-recommends install {' '.join(GUEST_PACKAGES)}
            in_root {base} apt-get -q clean
        }} >{log} 2>&1 || {{ tail -20 {log} >&2; exit 1; }}""")
    complete.write_text(key, encoding="utf-8")
    return base, key


def settle(root):
    """What an image needs that a root in a directory does not."""
    (root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)
    units = root / "etc/systemd/system"
    for unit in MASKED:
        (units / unit).unlink(missing_ok=True)
        (units / unit).symlink_to("/dev/null")
    (root / "etc/hostname").write_text("joist-vm\n", encoding="utf-8")
    (root / "etc/fstab").write_text("/dev/vda / ext4 rw,noatime 0 0\n", encoding="utf-8")


def make_image(packages, work):
    """An image with the packages of that directory, which lie in it at /root/packages too."""
    found = [path for name in OURS for path in sorted(packages.glob(f"{name}_*.deb"))]
    if len(found) != len(OURS):
        raise SystemExit(f"{packages}: want one package each of {', '.join(OURS)}: run ./dev deb")
    base, base_key = make_base(work)
    directory = work / f"vm-{digest(base_key, pathlib.Path(__file__), *found)}"
    image = Image(directory)
    if (directory / ".complete").exists():
        return image
    for outdated in work.glob("vm-*/.complete"):
        if outdated.parent != base:
            shutil.rmtree(outdated.parent)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    root = directory / "tree"
    log = work / "vm-apt.log"
    shell(f"""
        say "installing our packages in {directory}"
        copy_root {base} {root}
        mkdir -p {root}/root/packages
        cp {' '.join(map(str, found))} {root}/root/packages/
        in_root {root} sh -c 'apt-get -q -y --no-install-recommends install /root/packages/*.deb' \
            >{log} 2>&1 || {{ tail -20 {log} >&2; exit 1; }}""")
    settle(root)
    kernel, = (root / "boot").glob("vmlinuz-*")
    initrd, = (root / "boot").glob("initrd.img-*")
    shutil.copy(kernel, image.kernel)
    shutil.copy(initrd, image.initrd)
    subprocess.run(["truncate", "-s", "4G", image.root], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", root, image.root],
                   check=True)
    shutil.rmtree(root)
    (directory / ".complete").touch()
    return image


if __name__ == "__main__":
    print(make_image(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:3])).directory)
