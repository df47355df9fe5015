#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make install and uninstall, and the installed programs from another folder; what
# make says of packages.
MIUST=${MIUST:-build/release/miust}
. tests/cli/common
[ "${KIND:-release}" = release ] || {
	echo "skip install: the release build is what is installed"
	exit 0
}
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES XDG_DATA_HOME
HOME=$dir/home
mkdir "$HOME" "$dir/elsewhere"
root=$(pwd)
export HOME

# make_it ARGUMENT...: leaves $status, $dir/out, $dir/err.
make_it() {
	make --no-print-directory "$@" >"$dir/out" 2>"$dir/err"
	status=$?
}
is() { [ "$status" -eq "$1" ]; }
files() { (cd "$dir/$1" && find . -type f | LC_ALL=C sort | cut -c3-); }
asks_for() { is 0 && grep -q "$1" "$dir/out"; }

make_it install DESTDIR="$dir/tree" PREFIX=/opt
check install is 0
cat >"$dir/expected" <<'END'
opt/bin/miust
opt/bin/miust-tui
opt/share/man/man1/miust-tui.1
opt/share/man/man1/miust.1
opt/share/man/man5/miust-config.5
opt/share/miust/configs/demo.yml
opt/share/miust/configs/iemocap-masked.yml
opt/share/miust/configs/iemocap.yml
opt/share/miust/configs/meld-masked.yml
opt/share/miust/configs/meld.yml
END
files tree | grep -v "^opt/bin/miust-mpi$" >"$dir/out" # where there is Open MPI
check installed_files cmp -s "$dir/out" "$dir/expected"

# From another folder, the demo in the user's own.
share=$HOME/.local/share/miust
cd "$dir/elsewhere" || exit 1
MIUST=$dir/tree/opt/bin/miust
run train demo --session one --max-steps 2
check installed_trains done_well
check installed_demo_in_home test -f "$share/demo/demo.yml"
check installed_demo_nowhere_else [ "$(ls)" = one ]
run train "$dir/tree/opt/share/miust/configs/demo.yml" --session two --max-steps 2
check installed_config_works done_well
run check "$dir/tree/opt/share/miust/configs/iemocap.yml"
check installed_config_says_where grep -q "$share/iemocap/csv" "$dir/out"
"$dir/tree/opt/bin/miust-tui" --once --size 80x24 one >"$dir/out" 2>"$dir/err"
status=$?
check installed_workbench is 0
XDG_DATA_HOME=$dir/data "$MIUST" demo >"$dir/out" 2>"$dir/err"
status=$?
check installed_demo_in_xdg test -f "$dir/data/miust/demo/demo.yml"
env -u HOME "$MIUST" check demo >"$dir/out" 2>"$dir/err"
status=$?
check installed_without_home says 1 'no folder for the demo: neither XDG_DATA_HOME nor HOME is set'
cd "$root" || exit 1

for page in man1/miust.1 man1/miust-tui.1 man5/miust-config.5; do
	name=page_$(basename "$page" | tr '.-' '__')
	if command -v groff >/dev/null; then
		groff -man -Kutf8 -Tutf8 -ww "$dir/tree/opt/share/man/$page" >"$dir/out" 2>"$dir/err"
		check "$name" [ ! -s "$dir/err" ]
	else
		echo "skip $name: there is no groff"
	fi
done

# Only what was installed goes.
echo mine >"$dir/tree/opt/share/miust/configs/mine.yml"
make_it uninstall DESTDIR="$dir/tree" PREFIX=/opt
check uninstall is 0
check uninstall_leaves_mine [ "$(files tree)" = opt/share/miust/configs/mine.yml ]
rm "$dir/tree/opt/share/miust/configs/mine.yml"
make_it uninstall DESTDIR="$dir/tree" PREFIX=/opt
check uninstall_leaves_nothing [ ! -e "$dir/tree/opt/share/miust" ]

make_it -n deps run
check deps_for_running asks_for libyaml-dev
check deps_for_running_no_more sh -c "! grep -q libvterm-dev '$dir/out'"
make_it -n deps test
check deps_for_tests asks_for libvterm-dev
make_it -n deps-test
check deps_test asks_for libvterm-dev
CC=gcc sh tests/headers deps stdio.h no_such.h also/not.h >"$dir/out" 2>"$dir/err"
status=$?
check missing_headers says 1 \
	'^miust: not found: no_such.h also/not.h; `make deps` installs what is needed$'
CC=no-such-cc sh tests/headers deps stdio.h >"$dir/out" 2>"$dir/err"
status=$?
check missing_compiler says 1 '^miust: there is no no-such-cc; `make deps` installs'
