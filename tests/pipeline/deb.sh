#!/usr/bin/env bash
# The Debian packages: lintian has nothing against them, what they install works
# where it lies then, and the sources give the same bytes in another place.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL DEB_BUILD_OPTIONS
missing=
for p in dpkg-buildpackage dh lintian; do
	command -v $p >/dev/null || missing="$missing $p"
done
if [ -n "$missing" ]; then
	skip "Debian packages" "not installed:$missing"
	done_testing
fi
debs=$TOP/build/deb
version=$(sed -n 's/^VERSION = //p' "$TOP/config.mk")

if make --no-print-directory -C "$TOP" deb >log 2>&1; then ok 0 "make deb"; else
	ok 1 "make deb"
	grep -E '^[EW]: |error' log | head -8 | sed 's/^/# /'
	tail -4 log | sed 's/^/# /'
	done_testing
fi
same "lintian is silent" "$(sed '1,/^cd build\/deb && lintian/d' log)" ""
same "packages" "$(cd "$debs" && echo *.deb | tr ' ' '\n' | sed 's/_[a-z0-9]*\.deb$//')" \
	"$(printf '%s\n' libstair-dev stair-dbgsym stair-mpi-dbgsym stair-mpi stair | sed "s/\$/_$version-1/")"

root=$PWD/root
for d in "$debs"/stair_*.deb "$debs"/libstair-dev_*.deb; do dpkg-deb -x "$d" root; done
same "programs" "$(ls root/usr/bin)" "$(cd "$BIN" && echo stair-* | tr ' ' '\n')"
same "pages" "$(find root/usr/share/man -type f -printf '%f\n' | sort)" \
	"$(find "$TOP"/man -name '*.[1357]' -printf '%f.gz\n' | sort)"
same "owners, modes, dates" "$(for d in "$debs"/*.deb; do dpkg-deb -c "$d"; done |
	awk '!/^l/ {print $2, substr($1, 2), $4}' | sort -u)" "root/root rw-r--r-- 2026-11-24
root/root rwxr-xr-x 2026-11-24"
same "every program is hardened" "$(for p in root/usr/bin/*; do
	readelf -dlW "$p" | grep -cE 'BIND_NOW|GNU_RELRO|\(FLAGS_1\).*PIE'
done | sort -u)" 3
mkdir smoke
(cd smoke && ROOT=$root bash "$TOP/pipelines/debian/tests/smoke") >out 2>&1
ok $? "the unpacked packages work"
head -5 out | sed 's/^/# /'

# from the source package, elsewhere
if dpkg-source -x "$debs/stair_$version-1.dsc" again >log 2>&1 &&
	(cd again && DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -us -uc -b >../log 2>&1); then
	for d in "$debs"/*.deb; do
		equal_files "${d##*/} has the same bytes" "$d" "${d##*/}"
	done
else
	ok 1 "the source package builds"
	tail -4 log | sed 's/^/# /'
fi
done_testing
