# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # variables here are of the scripts that read this file
#
# What a run of many stages is made of, for the scripts that read this file after vm/lib.sh. They set the
# variables wanted (the names of the stages to run, none for all of them) and limit (the seconds after
# which one of them hangs), and call begin, stage for each, and finish.

passed=0 failed=0 skipped=0

# begin NAME: no stage has run. Their logs go to the folder NAME.
begin()
{
	logs=$OWN/logs/$1
	rm -rf "$logs"
	mkdir -p "$logs"
}

# progress NAME LOG: say every now and then what the stage has done by now, in the number of its results
progress()
{
	while sleep 25 >/dev/null 2>&1; do
		printf '%-18s ... %d results after %d s\n' "$1" "$(grep -cE '^ *(not )?ok ' "$2")" \
			$((SECONDS - start))
	done
}

# stage NAME COMMAND...
stage()
{
	local name=$1 status=0 counts skips start=$SECONDS log ticker
	shift

	case " $wanted " in
	"  " | *" $name "*) ;;
	*) return ;;
	esac
	log=$logs/$name.log
	: >"$log"
	progress "$name" "$log" &
	ticker=$!
	# Not in the background, where a shell ignores signals.
	"$@" >"$log" 2>&1 </dev/null || status=$?
	kill "$ticker"
	wait "$ticker" 2>/dev/null || true

	counts=$(tail -n 1 "$log" | grep -E '^[0-9]+ passed, [0-9]+ failed' || true)
	if [ -z "$counts" ]; then
		counts=$([ "$status" = 0 ] && echo "1 passed, 0 failed" || echo "0 passed, 1 failed")
	elif [ "$status" != 0 ] && [[ $counts == *" 0 failed"* ]]; then
		counts=${counts/ 0 failed/ 1 failed}
	fi
	read -r -a count <<<"${counts//[!0-9 ]/}"
	skips=$(tail -n 2 "$log" | sed -nE 's/^# ([0-9]+) skipped$/\1/p')
	passed=$((passed + count[0]))
	failed=$((failed + count[1]))
	skipped=$((skipped + ${skips:-0}))
	printf '%-18s %s%s  (%d s)\n' "$name" "$counts" "${skips:+, $skips skipped}" $((SECONDS - start))
	if [ "${count[1]}" != 0 ]; then
		grep -E '^ *(not ok|Bail out|# missing)' "$log" | sed 's/^/    /' || tail -n 20 "$log" | sed 's/^/    /'
		echo "    see $log"
	fi
}

e2e()
{
	timeout "$limit" "$TESTING/e2e/run" "$@" | "$TESTING/tap"
}

# control KIND
control()
{
	timeout "$limit" "$TESTING/control/control" "$1" | "$TESTING/tap"
}

# finish: the summary; fails if anything has failed, or nothing was run.
finish()
{
	[ "$skipped" = 0 ] || echo "$skipped skipped: the logs in $logs say why"
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
