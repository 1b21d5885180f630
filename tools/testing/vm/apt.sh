# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # variables here are for the scripts that read this file
#
# Functions that fetch packages of any suite from the mirror that this machine's apt uses, with an apt
# configuration of their own: nothing is installed, and the machine's package lists do not change. The
# mirror may lag behind, since its packages are signed and belong to one version all the same.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Print "URI SUITE" for every source of apt, in one-line and in deb822 format.
apt_sources()
{
	find /etc/apt -name '*.list' -exec sed -nE \
		's/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^ ]+)[[:space:]]+([^ ]+).*/\2 \3/p' {} +
	find /etc/apt -name '*.sources' -exec awk '
		function flush(  i, j, uris, suites) {
			split(value["uris:"], uris)
			split(value["suites:"], suites)
			if (value["enabled:"] !~ /no/ && value["types:"] ~ /deb( |$)/)
				for (i in uris)
					for (j in suites)
						print uris[i], suites[j]
			split("", value)
		}
		FNR == 1 { flush() }
		/^#/ { next }
		/^[A-Za-z-]+:/ { field = tolower($1); $1 = "" }
		NF { value[field] = value[field] " " $0; next }
		{ flush() }
		END { flush() }' {} +
}

# mirror_of SUITE: print the first source of Debian's own that has the suite; other sources may use
# the same names.
mirror_of()
{
	apt_sources | awk -v suite="$1" '$2 == suite && /debian/ { print $1; exit }'
}

# suite_of KERNEL: print the suite of Debian that the kernel comes from.
suite_of()
{
	case ${1%-arm64} in
	5.10) echo bullseye ;;
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	7.2) echo sid ;;
	esac
}

# apt_setup DIR SUITE [ARCHITECTURE]: prepare an apt of its own for that suite, with fresh lists. Packages
# are those of that architecture, or with ":amd64" behind their names this machine's. Sets the variables
# apt (its options), source (where packages come from) and log (the file for its output).
apt_setup()
{
	local dir=$1 suite=$2 architecture=${3-} own mirror security

	log=$CACHE/logs/packages-$suite${architecture:+-$architecture}.log
	own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	mirror=$(mirror_of "$own")
	[ -n "$mirror" ] || die "no mirror of Debian $own among this machine's apt sources"
	mkdir -p "$dir"/{state/lists/partial,cache/archives/partial,parts}
	: >"$dir/status"
	source="deb [signed-by=$keyring] $mirror $suite main"
	echo "$source" >"$dir/sources.list"
	security=$(mirror_of "$suite-security")
	if [ -n "$security" ]; then
		echo "deb [signed-by=$keyring] $security $suite-security main" >>"$dir/sources.list"
	fi
	apt=(
		-o "Dir::Etc::SourceList=$dir/sources.list" -o "Dir::Etc::SourceParts=$dir/parts"
		-o Dir::Etc::Preferences=/dev/null -o "Dir::Etc::PreferencesParts=$dir/parts"
		-o "Dir::State=$dir/state" -o "Dir::State::status=$dir/status"
		-o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root
		-o Acquire::Languages=none -o Acquire::Retries=3
		-o Acquire::Check-Valid-Until=false
	)
	if [ -n "$architecture" ]; then
		apt+=(-o "APT::Architecture=$architecture" -o "APT::Architectures::=$architecture"
			-o APT::Architectures::=amd64)
	fi
	quietly "$log" apt-get "${apt[@]}" -q update
}

# depends PACKAGE: print the packages that it depends on; of alternatives, the first.
depends()
{
	apt-cache "${apt[@]}" depends -i "$1" | awk '
		/Depends:/ { if (!other) print $2; other = /^ \|/ }'
}

# unpack DIR PACKAGE...: download and unpack, without files that no test guest needs.
unpack()
{
	local dir=$1 work=$1.packages deb
	shift

	mkdir -p "$dir" "$work"
	(cd "$work" && quietly "$log" apt-get "${apt[@]}" -q download "$@")
	for deb in "$work"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" \
			--keep-directory-symlink --exclude='*/kernel/sound' \
			--exclude='*/kernel/drivers/gpu' --exclude='*/kernel/drivers/media' \
			--exclude='*/kernel/drivers/net/ethernet' \
			--exclude='*/kernel/drivers/net/wireless' \
			--exclude='./usr/share/doc' --exclude='./usr/share/man'
	done
	rm -rf "$work"
}
