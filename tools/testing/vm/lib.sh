# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # variables here are for the scripts that read this file
#
# What the scripts of tools/testing share: where things lie, how to say things, and how to
# fill the cache so that an interrupted run never leaves half an entry behind.

set -euo pipefail
shopt -s inherit_errexit

# Scripts are called from make as well: its flags and variables are not for the makes in here.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL LLVM

TESTING=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
TREE=$(cd "$TESTING/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/hv_ic
# What is built from this tree, and the logs of its runs: another tree may be at work at the same time.
TREE_ID=$(cksum <<<"$TREE" | cut -d' ' -f1)
OWN=$CACHE/trees/$TREE_ID

say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
	say "$*"
	exit 1
}

# quietly LOG COMMAND...: run it with its output in LOG, and show the end of that if it fails.
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

# cached DIR WHAT FUNCTION [ARGS]: make the cache entry DIR by running FUNCTION DIR [ARGS] in a
# subshell, once: one maker at a time, and the entry counts only when the function came to its end.
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
		# The lock is this shell's alone: a daemon that a tool leaves must not hold it.
		( "$1" "$dir" "${@:2}" ) 9>&-
		touch "$dir/.complete"
		say "$what: done in $((SECONDS - start)) s"
	)
}

# emulate SECONDS QEMU-OPTION...: run QEMU without acceleration, for at most that long. Should this
# shell be killed, the machine goes with it. Its output is not for people: redirect it.
emulate()
{
	local seconds=$1 qemu machine status=0
	shift

	qemu=$("$TESTING/vm/qemu")
	setpriv --pdeathsig TERM timeout --foreground --kill-after=10 "$seconds" \
		"$qemu" -L "${qemu%/bin/*}/share/qemu" -accel tcg,thread=multi -M q35 \
		-nodefaults -no-user-config -display none -no-reboot "$@" <&0 &
	machine=$!
	# shellcheck disable=SC2064 # this machine, whatever the next one is
	trap "kill $machine 2>/dev/null || true; exit 130" INT TERM HUP
	wait "$machine" || status=$?
	trap - INT TERM HUP
	return "$status"
}

# What the kernel says when one of its detectors has found something.
REPORTS='BUG:|WARNING:|Oops|KASAN|UBSAN|INFO: (task|rcu|lockdep|possible|trying)|possible (recursive|circular)'
REPORTS+='|kmemleak: [0-9]+ new|soft lockup|hard LOCKUP|rcu.*stall|general protection|Kernel panic'
REPORTS+='|ODEBUG|scheduling while atomic|sleeping function called|inconsistent lock state'
