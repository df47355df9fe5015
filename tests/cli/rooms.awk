# SPDX-License-Identifier: GPL-3.0-or-later
# awk -f rooms.awk ROOMS FILES=list list FILE...: prints every include that runs
# against the order of ROOMS, and every cycle between nouns of a room.

function room_of(path) { return path ~ /\// ? substr(path, 1, match(path, /\/[^\/]*$/) - 1) : "" }
function stem_of(path) { sub(/.*\//, "", path); sub(/\.[ch]$/, "", path); return path }
# The shortest X of stem X_... that has a header in the room, else the stem.
function noun_of(path,    room, parts, n, i, x) {
	room = room_of(path)
	n = split(stem_of(path), parts, "_")
	for (i = 1; i <= n; i++) {
		x = i == 1 ? parts[1] : x "_" parts[i]
		if ((room "/" x ".h") in exists) return x
	}
	return x
}

FILENAME == "ROOMS" {
	if ($1 == "still") still[$2 " " $3] = 1
	else if ($0 != "" && $0 !~ /^#/) rank[$1] = ++rooms
	next
}
FILENAME == FILES { exists[$1] = 1; next }
FNR == 1 {
	file = FILENAME
	room = room_of(file)
	if (room != "" && !(room in rank)) print file ": its folder has no place in ROOMS"
}
/^#include "/ {
	split($0, quoted, "\"")
	header = quoted[2]
	to = room_of(header)
	if (room == "") next # a program
	if ((file " " header) in still) {
		met[file " " header] = 1
		next
	}
	if (to != room) {
		if (!(to in rank) || rank[to] > rank[room])
			print file ": " header " is in a room above"
		next
	}
	a = noun_of(file); b = noun_of(header)
	if (a != b && !((room, a, b) in arrow)) {
		arrow[room, a, b] = 1
		next_of[room "/" a] = next_of[room "/" a] " " b
	}
}
# Depth first; what is on the way and met again closes a cycle.
function walk(room, noun, way,    list, n, i) {
	if (state[room "/" noun] == 2) return
	if (state[room "/" noun] == 1) { print room ": " way " " noun " include each other"; return }
	state[room "/" noun] = 1
	n = split(next_of[room "/" noun], list, " ")
	for (i = 1; i <= n; i++) walk(room, list[i], way " " noun)
	state[room "/" noun] = 2
}
END {
	for (key in next_of) walk(room_of(key), stem_of(key), "")
	for (key in still) if (!(key in met)) print "ROOMS: " key " has gone"
}
