# SPDX-License-Identifier: GPL-3.0-or-later
# doc.awk: the console blocks of a page in Markdown, run and compared.
#
#	awk -v dir=FOLDER -f doc.awk PAGE.md
#
# A block is what lies between ```console and ```. A line "$ COMMAND" is run by sh in the
# folder, with those that continue it (\ at the end); the lines after it are what it
# prints, on both streams. "..." stands for any lines. Figures may differ a little, as
# they do from processor to processor: see `close_to`.

function quote(text) { gsub(/'/, "'\\''", text); return "'" text "'" }

# Numbers of the same place: decimals within 0.1 or a tenth, counts within 10.
function close_to(a, b,   d) {
	d = a - b
	if (d < 0) d = -d
	return index(a b, ".") ? d <= 0.1 || d <= (b < 0 ? -b : b) / 10 : d <= 10
}

# Texts equal but for figures, and spaces, whose number depends on them.
function same(got, want,   n, m, i, a, b, x, y) {
	if (got == want) return 1
	n = split(got, a, " "); m = split(want, b, " ")
	if (n != m) return 0
	for (i = 1; i <= n; i++) {
		x = a[i]; y = b[i]
		while (x != y && match(y, /[0-9]+(\.[0-9]+)?(e-?[0-9]+)?/)) {
			yb = substr(y, 1, RSTART - 1); yn = substr(y, RSTART, RLENGTH)
			y = substr(y, RSTART + RLENGTH)
			if (!match(x, /[0-9]+(\.[0-9]+)?(e-?[0-9]+)?/)) return 0
			if (substr(x, 1, RSTART - 1) != yb) return 0
			if (!close_to(substr(x, RSTART, RLENGTH), yn)) return 0
			x = substr(x, RSTART + RLENGTH)
		}
		if (x != y) return 0
	}
	return 1
}

# Do the lines got[g..] fit want[w..]?
function fit(g, w) {
	for (; w <= wants; w++) {
		if (want[w] == "...") {
			for (; g <= gots; g++)
				if (fit(g, w + 1)) return 1
			return w == wants
		}
		if (g > gots || !same(got[g], want[w])) return 0
		g++
	}
	return g > gots
}

function finish(   line, i) {
	if (command == "") return
	gots = 0
	while ((("cd " quote(dir) " && { " command "\n} 2>&1") | getline line) > 0) got[++gots] = line
	close("cd " quote(dir) " && { " command "\n} 2>&1")
	name = command
	gsub(/[^A-Za-z0-9]+/, "_", name)
	sub(/^build_/, "", name)
	name = FILENAME ":" at " " substr(name, 1, 40)
	gsub(/[^A-Za-z0-9.:_]/, "_", name)
	if (fit(1, 1)) print "ok " name
	else {
		print "not ok " name
		print "# $ " command
		for (i = 1; i <= gots; i++) print "#   is    |" got[i]
		for (i = 1; i <= wants; i++) print "#   not   |" want[i]
	}
	command = ""
	wants = 0
}

/^ *```/ {
	if (inside) finish()
	inside = !inside && $0 ~ /```console$/
	next
}
!inside { next }
more { command = command "\n" $0; more = /\\$/; next }
/^\$ / { finish(); command = substr($0, 3); at = FNR; wants = 0; more = /\\$/; next }
{ want[++wants] = $0 }
