#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Includes follow the order of floors and rooms (src/ROOMS), without cycles in a room.
. tests/cli/common

# arrows ROOT: what is wrong with the includes below ROOT/src, one line each.
arrows() {
	(cd "$1/src" && find . -name '*.[ch]' | sed 's|^\./||' | LC_ALL=C sort >"$dir/files" &&
		awk -f "$here/tests/cli/rooms.awk" ROOMS FILES="$dir/files" "$dir/files" $(cat "$dir/files"))
}
here=$PWD
clean() { arrows "$1" >"$dir/out" 2>"$dir/err" && [ ! -s "$dir/out" ] && [ ! -s "$dir/err" ]; }
# plant FILE HEADER: FILE of a copy includes HEADER.
plant() {
	rm -rf "$dir/copy" && mkdir "$dir/copy" && cp -R src "$dir/copy" &&
		echo "#include \"$2\"" >>"$dir/copy/src/$1"
}
finds() { arrows "$dir/copy" >"$dir/out" 2>"$dir/err"; grep -q "$1" "$dir/out"; }

check includes_follow_the_rooms clean .
plant engine/num/par.c engine/data/corpus.h
check an_arrow_between_rooms_is_found finds '^engine/num/par.c: engine/data/corpus.h'
plant engine/train/optim.h app/config/option.h
check an_arrow_between_floors_is_found finds '^engine/train/optim.h: app/config/option.h'
plant engine/model/lstm.h engine/model/encoder.h
check a_cycle_in_a_room_is_found finds '^engine/model: .*encoder.*lstm\|^engine/model: .*lstm.*encoder'
mkdir "$dir/copy/src/engine/attic" && echo "int x;" >"$dir/copy/src/engine/attic/x.c"
check a_room_without_a_place_is_found finds 'engine/attic'
