#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The guest's part of the demonstration: `demo WHAT` prepares something, or prints in one line how it
# looks from inside the guest.

service()
{
	for name in service state framework_version message_version; do
		[ -e "/sys/bus/vmbus/devices/$1/ic/$name" ] || return
	done
	printf '%s %s; ' "$(cat "/sys/bus/vmbus/devices/$1/ic/service")" \
		"$(cat "/sys/bus/vmbus/devices/$1/ic/message_version")"
}

# Write once a second, and record the longest delay.
write_on()
{
	longest=0
	read -r before _ </proc/uptime
	while sleep 1; do
		echo "$before" >"$1/tick"
		read -r after _ </proc/uptime
		waited=$((${after%.*} - ${before%.*} - 1))
		[ "$waited" -le "$longest" ] || longest=$waited
		echo "$longest" >/run/longest
		before=$after
	done
}

# background COMMAND...: as redirections of the call, the shell would keep the old streams open until
# it returns.
background()
{
	(exec </dev/null >/dev/null 2>&1; "$@") &
}

start_debian()
{
	for daemon in kvp vss fcopy; do
		background "hv_${daemon}_daemon" -n
	done
	sleep 2
	echo "Debian's own hv_kvp_daemon, hv_vss_daemon and hv_fcopy_daemon run"
}

# The host may copy files to where this configuration says.
start_ours()
{
	mkdir -p /etc/hv_ic
	printf '[fcopy demo]\ndirectory = /mnt\nmin_free = 0\n' >/etc/hv_ic/hv_ic.conf
	for daemon in kvp vss fcopy; do
		background "hvic-${daemon}d"
		until hvic --json=short status "$daemon" | grep -q '"native"'; do
			sleep 0.1
		done
	done
	echo "hvic-kvpd, hvic-vssd and hvic-fcopyd run"
}

case $1 in
kernel)
	echo "Linux $(uname -r), $(grep -oE '^hv_(ic|utils)' /proc/modules | head -n 1).ko is loaded"
	;;
services)
	if [ -d /sys/bus/vmbus/drivers/hv_ic ]; then
		for device in /sys/bus/vmbus/drivers/hv_ic/*-*; do
			service "${device##*/}"
		done
		echo
	else
		dmesg | sed -n 's/.*hv_utils: \(.*\) IC version \([0-9.]*\)$/\1 \2;/p' | sort -u | tr '\n' ' '
		echo
	fi
	;;
daemons)
	mkdir -p /var/lib/hyperv /dev/shm
	modprobe dummy numdummies=0
	ip link add dummy0 type dummy
	ip link set dummy0 address 00:15:5d:01:02:03 up
	ip addr add 192.0.2.17/24 dev dummy0
	modprobe brd rd_nr=1 rd_size=4096
	modprobe ext4
	mke2fs -q /dev/ram0 4096
	mount -t ext4 /dev/ram0 /mnt
	background write_on /mnt
	"start_$2"
	;;
clock)
	for clock in /sys/class/ptp/*; do
		[ "$(cat "$clock/clock_name")" = hyperv ] || continue
		echo "the clock says $(date -u '+%F %H:%M'), PTP clock \"hyperv\" is ${clock##*/}"
	done
	;;
item)
	echo "pool 0 holds $(tr -s '\0' ' ' </var/lib/hyperv/.kvp_pool_0)"
	;;
nic)
	echo "dummy0 has $(ip -4 addr show dummy0 | sed -n 's/.*inet \([^ ]*\).*/\1/p')"
	;;
file)
	echo "$(wc -c <"$2") bytes, md5 $(md5sum "$2" | cut -c1-8)"
	;;
facts)
	echo "a $(uname -m) of the name $(uname -n)"
	;;
frozen)
	echo "a writer on ext4 stood still for $(cat /run/longest) s, and goes on"
	;;
up)
	echo "up since $(cut -d. -f1 /proc/uptime) s"
	;;
esac
