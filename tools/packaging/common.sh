# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # variables here are for the scripts that read this file
#
# What the scripts of this folder share: the version, and the tree as it is packed.

set -euo pipefail
shopt -s inherit_errexit

# make also calls the scripts; its flags and variables are not for the makes that a script runs.
unset MAKEFLAGS MAKEOVERRIDES MFLAGS MAKELEVEL

# Git knows them without symbolic links.
PACKAGING=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
TREE=$(cd "$PACKAGING/../.." && pwd -P)

# Where results go: O= of make, which is not for the makes that a script runs.
OUT=$(realpath -m "${O:-$PACKAGING/build}")
unset O

# The driver's version is that of everything.
VERSION=$(sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' "$TREE/drivers/hv_ic/main.c")

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Is the tree a clone, and not unpacked from a tarball?
in_git()
{
	[ "$(git -C "$TREE" rev-parse --show-toplevel 2>/dev/null)" = "$TREE" ]
}

# epoch: print the time that everything packed is dated with, which is that of the last commit. A
# tarball has it on all of its files.
epoch()
{
	if [ -n "${SOURCE_DATE_EPOCH-}" ]; then
		echo "$SOURCE_DATE_EPOCH"
	elif in_git; then
		git -C "$TREE" log -1 --format=%ct
	else
		stat -c %Y "$TREE/CHANGELOG.md"
	fi
}

# Print the files of the tree, each with a NUL after it.
files()
{
	local file

	if in_git; then
		git -C "$TREE" ls-files -z -co --exclude-standard --deduplicate
	else
		# but for what a build leaves (see .gitignore), and for git's own, which is here where git is not
		(cd "$TREE" && find . \( -name build -type d -o -name .git \) -prune -o \( -type f -o -type l \) \
			! -regex '.*\(\.\(o\|ko\|mod\|mod\.c\|a\|cmd\|symvers\)\|/modules\.order\)' -printf '%P\0')
	fi | while IFS= read -r -d '' file; do
		[ ! -e "$TREE/$file" ] || printf '%s\0' "$file"
	done | LC_ALL=C sort -z
}

# pack FILE: write the tree to a tarball that depends only on its content, its date and its version.
pack()
{
	files | tar -c -C "$TREE" --null -T - --sort=name --format=gnu --mtime="@$(epoch)" --owner=0 --group=0 \
		--numeric-owner --mode=u=rwX,go=rX --transform="s,^,hv_ic-$VERSION/,S" | gzip -n9 >"$1"
}

# first_change: print the heading of the newest version in CHANGELOG.md, without its mark.
first_change()
{
	sed -n 's/^## //p' "$TREE/CHANGELOG.md" | head -n 1
}
