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

