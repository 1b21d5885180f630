# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # variables here are of the scripts that read this file, or for them
#
# What a run of many stages is made of, for the scripts that read this file after vm/lib.sh. They set the
# variables wanted (the names of the stages to run, none for all of them), rooted (those that only root
# can run) and limit (the seconds after which one of them hangs), and call begin, stage or beside for
# each, and finish.

# The cases that depend on the kernel: on its bus, its clocks, its char devices and its daemons.
breadth=(bus_connect bus_move_channel 'heartbeat_*' 'negotiate_*' 'shutdown_grace*' shutdown_poweroff
	shutdown_restart shutdown_reason shutdown_hibernate_able 'time_*' 'kvp_*' 'vss_*' 'hold_*' 'ring_*'
	'lifecycle_rescind*' lifecycle_unbind)

# The processes of stages that run beside others.
declare -A running=()

# The stages say which guest they are about.
unset GUEST

# begin NAME: no stage has run. Their logs go to the folder NAME.
begin()
{
	logs=$OWN/logs/$1
	mkdir -p "$OWN"
	# Stages do not inherit it: a daemon that a tool leaves behind must not hold it.
	exec 8>"$OWN/stages.lock"
	flock --nonblock 8 || die "another run of this tree goes on; a second one needs a clone of its own"
	rm -rf "$logs"
	mkdir -p "$logs"
	trap 'end_running' EXIT
}

end_running()
{
	[ "${#running[@]}" = 0 ] || kill "${!running[@]}" 2>/dev/null || true
}

# How many stages run beside each other: a guest keeps two processors busy, and on fewer all of them
# become slower together. Each takes some 5 GB.
lanes()
{
	local processors gigabytes lanes

	processors=$(nproc)
	gigabytes=$(awk '/^MemAvailable:/ { print int($2 / 1000000) }' /proc/meminfo)
	lanes=$((processors / 2 < gigabytes / 5 ? processors / 2 : gigabytes / 5))
	echo $((lanes > 1 ? lanes : 1))
}

# progress NAME LOG OWNER: say every now and then what the stage has done by now, in the number of its
# results, as long as the process OWNER lives
progress()
{
	while sleep 25 >/dev/null 2>&1 && kill -0 "$3" 2>/dev/null; do
		printf '%-18s ... %d results after %d s\n' "$1" "$(grep -cE '^ *(not )?ok ' "$2")" \
			$((SECONDS - start))
	done
}

# is_wanted NAME: it is named, or all are; and who runs it may.
is_wanted()
{
	[ -z "$wanted" ] || [[ " $wanted " == *" $1 "* ]] || return
	if [ "$(id -u)" != 0 ] && [[ " ${rooted[*]} " == *" $1 "* ]]; then
		printf '%-18s skipped: it needs root\n' "$1"
		echo "0 0 1" >"$logs/$1.counts"
		return 1
	fi
}

# run_stage NAME COMMAND...: run it, print its line of the summary, and leave its numbers in a file.
run_stage()
{
	local name=$1 status=0 said counts skips start=$SECONDS log ticker owner=$BASHPID
	shift

	log=$logs/$name.log
	: >"$log"
	progress "$name" "$log" "$owner" 8>&- &
	ticker=$!
	"$@" >"$log" 2>&1 </dev/null 8>&- || status=$?
	kill "$ticker"
	wait "$ticker" 2>/dev/null || true

	# Behind the numbers of a stage that fails, make complains.
	said=$(grep -avE '^make(\[[0-9]+\])?: ' "$log" | tail -n 2 || true)
	counts=$(tail -n 1 <<<"$said" | grep -E '^[0-9]+ passed, [0-9]+ failed' || true)
	if [ -z "$counts" ]; then
		counts=$([ "$status" = 0 ] && echo "1 passed, 0 failed" || echo "0 passed, 1 failed")
	elif [ "$status" != 0 ] && [[ $counts == *" 0 failed"* ]]; then
		counts=${counts/ 0 failed/ 1 failed}
	fi
	read -r -a count <<<"${counts//[!0-9 ]/}"
	skips=$(sed -nE 's/^# ([0-9]+) skipped$/\1/p' <<<"$said")
	printf '%-18s %s%s  (%d s)\n' "$name" "$counts" "${skips:+, $skips skipped}" $((SECONDS - start))
	if [ "${count[1]}" != 0 ]; then
		grep -aE '^ *(not ok|Bail out|# missing)' "$log" | sed 's/^/    /' || tail -n 20 "$log" | sed 's/^/    /'
		echo "    see $log"
	fi
	echo "${count[0]} ${count[1]} ${skips:-0}" >"$logs/$name.counts"
}

# stage NAME COMMAND...: run it if it is wanted.
stage()
{
	! is_wanted "$1" || run_stage "$@"
}

# beside NAME COMMAND...: the same, while those before and behind it run. It must not build in the tree.
beside()
{
	is_wanted "$1" || return 0
	leave_running $(($(lanes) - 1))
	run_stage "$@" &
	running[$!]=$1
}

# leave_running N: wait until no more than N stages run beside each other.
leave_running()
{
	local ended name

	while [ "${#running[@]}" -gt "$1" ]; do
		wait -n -p ended "${!running[@]}" || true
		name=${running[$ended]}
		unset "running[$ended]"
		[ -e "$logs/$name.counts" ] || echo "0 1 0" >"$logs/$name.counts"
	done
}

# Ends when the stage does, also if that is killed. What its guests have said lies beside its log.
e2e()
{
	HVIC_LOGS=$logs/$name setpriv --pdeathsig TERM timeout "$limit" "$TESTING/e2e/run" "$@" | "$TESTING/tap"
}

# control KIND
control()
{
	timeout "$limit" "$TESTING/control/control" "$1" | "$TESTING/tap"
}

# finish: the summary; fails if anything has failed, or nothing was run.
finish()
{
	local passed failed skipped

	leave_running 0
	read -r passed failed skipped < <(cat /dev/null "$logs"/*.counts |
		awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
	[ "$skipped" = 0 ] || echo "$skipped skipped: the logs in $logs say why"
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
