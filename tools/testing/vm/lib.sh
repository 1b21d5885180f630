# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # variables here are for the scripts that read this file
#
# What the scripts of tools/testing share: the places of files, functions for messages, and a function
# that fills the cache so that an interrupted run leaves no incomplete entry.

set -euo pipefail
shopt -s inherit_errexit

# make also calls the scripts; its flags and variables are not for the makes that a script runs.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL LLVM ARCH CROSS_COMPILE

# Where depmod, dkms and mke2fs are, which a user other than root has not in the path.
PATH+=:/usr/local/sbin:/usr/sbin:/sbin

TESTING=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
TREE=$(cd "$TESTING/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/hv_ic
# The place of what is built from this tree and of its logs, since another tree may run tests as well.
TREE_ID=$(cksum <<<"$TREE" | cut -d' ' -f1)
OWN=$CACHE/trees/$TREE_ID

# kernel_of DEBIAN: print the kernel that this version of Debian has.
kernel_of()
{
	case $1 in
	12) echo 6.1 ;;
	13) echo 6.12 ;;
	esac
}

say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
	say "$*"
	exit 1
}

# needs_root WHAT: end if this is not root, who alone can do that.
needs_root()
{
	[ "$(id -u)" = 0 ] || die "$1 needs root: run the verb with sudo"
}

# quietly LOG COMMAND...: run the command with its output in LOG, and print the end of LOG if it fails.
quietly()
{
	local log=$1
	shift

	mkdir -p "${log%/*}"
	if ! "$@" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "failed: $1 (everything it said is in $log)"
	fi
}

# cached DIR WHAT FUNCTION [ARGS]: make the cache entry DIR by running FUNCTION DIR [ARGS] once, in a
# subshell. Only one process makes it, and the entry is valid only if the function succeeded.
cached()
{
	local dir=$1 what=$2 start=$SECONDS
	shift 2

	[ -e "$dir/.complete" ] && return
	mkdir -p "${dir%/*}"
	(
		exec 9>"$dir.lock"
		flock 9
		[ -e "$dir/.complete" ] && exit
		rm -rf "$dir"
		mkdir "$dir"
		say "$what (once) ..."
		# Close the lock for the function: a daemon that a tool leaves behind must not hold it.
		( "$1" "$dir" "${@:2}" ) 9>&-
		touch "$dir/.complete"
		say "$what: done in $((SECONDS - start)) s"
	)
}

# root_of KERNEL: print where the headers of that kernel are installed, as below /: in the system that
# was made for them, or, if there was no need of one, here.
root_of()
{
	[ ! -d "$1/root" ] || echo "$1/root"
}

# What make has to know to build for arm64, here.
ARM64=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-)

# emulate SECONDS QEMU-OPTION...: run QEMU without acceleration, for at most that long. If this shell is
# killed, the machine ends as well. Redirect its output, which is not meant for people. The machine is a
# PC, or with EMULATED=aarch64 one of that architecture.
emulate()
{
	local seconds=$1 board=q35 qemu machine status=0
	shift

	[ "${EMULATED-}" != aarch64 ] || board=virt
	qemu=$("$TESTING/vm/qemu" "${EMULATED:-x86_64}")
	setpriv --pdeathsig TERM timeout --foreground --kill-after=10 "$seconds" \
		"$qemu" -L "${qemu%/bin/*}/share/qemu" -accel tcg,thread=multi -M "$board" \
		-nodefaults -no-user-config -display none -no-reboot "$@" <&0 &
	machine=$!
	# shellcheck disable=SC2064 # this machine, whatever the next one is
	trap "kill $machine 2>/dev/null || true; exit 130" INT TERM HUP
	wait "$machine" || status=$?
	trap - INT TERM HUP
	return "$status"
}

# The lines that the kernel logs when one of its detectors has found an error.
REPORTS='BUG:|WARNING:|Oops|KASAN|UBSAN|INFO: (task|rcu|lockdep|possible|trying)|possible (recursive|circular)'
REPORTS+='|kmemleak: [0-9]+ new|soft lockup|hard LOCKUP|rcu.*stall|general protection|Kernel panic'
REPORTS+='|nobody cared|ODEBUG|scheduling while atomic|sleeping function called|inconsistent lock state'
