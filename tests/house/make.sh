#!/usr/bin/env bash
# make dist, install, uninstall, help; a build from the packed sources.
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL

make_in() { make --no-print-directory -C "$@"; }
same "make help lists what there is" "$(make_in "$TOP" help | awk '{print $1}' |
	grep -cxE 'all|check|check-fast|check-slow|check-cuda|coverage|bench|deps|install|uninstall|lint|dist|deb|fuzz|clean|help')" 16

runs "make dist" make_in "$TOP" dist
tarball=$(ls "$TOP"/build/stair-*.tar.gz)
cp "$tarball" one.tar.gz
runs "make dist again" make_in "$TOP" dist
equal_files "gives the same bytes" one.tar.gz "$tarball"
tar xzf one.tar.gz
tree=$(basename "$tarball" .tar.gz)
same "the archive holds no built file" "$(find "$tree" -name '*.o' -o -name '*.d' -o -name bin -o -name build)" ""
# The archive is complete if the tools' own makefile finds every source again.
same "and every source" "$(make_in "$tree" -n all 2>&1 | grep -c 'No rule')" 0
tools=$(cd "$BIN" && echo stair-* | tr ' ' '\n')
same "its make knows every tool" "$(make_in "$tree" -pn all 2>/dev/null | sed -nE 's/^TOOLS := //p' | tr ' ' '\n' | sort)" "$tools"

# what is built is what is tested: nothing is rebuilt, with other flags perhaps
runs "make install" make_in "$TOP" -o all install DESTDIR="$PWD/root" PREFIX=/usr
same "installed tools" "$(ls root/usr/bin)" "$tools"
same "they run" "$(root/usr/bin/stair-info --version | head -1 | cut -d' ' -f1)" stair-info
same "installed pages" "$(find root/usr/share/man -type f -printf '%f\n' | sort)" \
	"$(find "$TOP"/man -name '*.[1357]' -printf '%f\n' | sort)"
same "modes" "$(find root -type f -not -perm 644 -not -perm 755)" ""
runs "make uninstall" make_in "$TOP" uninstall DESTDIR="$PWD/root" PREFIX=/usr
same "nothing is left" "$(find root -type f)" ""
done_testing
