# Adds to a new Debian root ($1) what a server of a hosting company has: sshd and a user with sudo. mmdebstrap runs this
# outside the root. $2: folder of the files that a host in a container needs.
set -eu
root=$1 files=$2
chroot "$root" useradd --create-home --shell /bin/bash ops
printf 'ops ALL=(ALL) NOPASSWD: ALL\n' >"$root/etc/sudoers.d/ops"
chmod 440 "$root/etc/sudoers.d/ops"
# each host creates its own keys and machine id
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
install -m 755 "$files/lab-init" "$files/fake-sysctl" "$root/usr/local/sbin/"
# a container has no terminals and no seats
for unit in getty.target console-getty.service systemd-logind.service \
  systemd-firstboot.service systemd-ask-password-console.path systemd-ask-password-wall.path; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# package lists come from the lab's own repository
rm -f "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/*
mkdir -p "$root/lib/modules"
