# SPDX-License-Identifier: GPL-3.0-or-later
# picture.awk: screens as `tmux capture-pane -e -p` writes them, one below the other, as SVG.
# Braille and bars are drawn, so that they meet; all else is text.

BEGIN {
	W = 7; H = 14; GAP = 10
	for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i
	split("000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 " \
	      "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff", base, " ")
	split("00 5f 87 af d7 ff", step, " ")
	normal()
}

function normal() { fg = "d0d0d0"; bg = ""; bold = dim = reverse = 0 }

function palette(n) {
	if (n < 16) return base[n + 1]
	if (n >= 232) return sprintf("%02x%02x%02x", 8 + 10 * (n - 232), 8 + 10 * (n - 232), 8 + 10 * (n - 232))
	n -= 16
	return step[int(n / 36) + 1] step[int(n / 6) % 6 + 1] step[n % 6 + 1]
}

# The numbers of one escape sequence ESC [ ... m.
function style(text,   n, i, a) {
	n = split(text, a, ";")
	if (n == 0) normal()
	for (i = 1; i <= n; i++) {
		if (a[i] + 0 == 0) normal()
		else if (a[i] == 1) bold = 1
		else if (a[i] == 2) dim = 1
		else if (a[i] == 22) bold = dim = 0
		else if (a[i] == 7) reverse = 1
		else if (a[i] == 27) reverse = 0
		else if (a[i] == 38 && a[i + 1] == 5) { fg = palette(a[i + 2]); i += 2 }
		else if (a[i] == 48 && a[i + 1] == 5) { bg = palette(a[i + 2]); i += 2 }
		else if (a[i] == 39) fg = "d0d0d0"
		else if (a[i] == 49) bg = ""
		else if (a[i] >= 30 && a[i] <= 37) fg = base[a[i] - 29]
		else if (a[i] >= 90 && a[i] <= 97) fg = base[a[i] - 81]
	}
}

function box(x, y, w, h, colour) {
	out = out sprintf("<rect x=\"%.4g\" y=\"%.5g\" width=\"%.4g\" height=\"%.4g\" fill=\"#%s\"/>\n", x, y, w, h, colour)
}

function braille(bits, x, y, colour,   i, c, r) {
	for (i = 0; i < 8; i++) {
		c = i < 6 ? int(i / 3) : i - 6
		r = i < 6 ? i % 3 : 3
		if (int(bits / 2 ^ i) % 2) box(x + c * W / 2 + 0.8, y + r * H / 4 + 0.8, 2, 2.2, colour)
	}
}

function put(char, u, x, y,   f, b) {
	f = fg; b = bg
	if (reverse) { f = bg == "" ? "121212" : bg; b = fg }
	if (b != "") box(x, y, W, H, b)
	if (u == 32) return
	if (u >= 10240 && u <= 10495) braille(u - 10240, x, y, f)
	else if (u >= 9601 && u <= 9608) box(x, y + H - (u - 9600) * H / 8, W, (u - 9600) * H / 8, f)
	else if (u == 9473 || u == 9592) box(x, y + H / 2 - 1, u == 9473 ? W : W / 2, 2.4, f)
	else {
		gsub(/&/, "\\&amp;", char); gsub(/</, "\\&lt;", char)
		out = out sprintf("<text x=\"%d\" y=\"%d\" fill=\"#%s\"%s%s>%s</text>\n", x, y + 11, f,
			bold ? " font-weight=\"bold\"" : "", dim ? " opacity=\"0.7\"" : "", char)
	}
}

FNR == 1 && NR > 1 { top += rows * H + GAP; rows = 0 }
{
	x = 0
	for (i = 1; i <= length($0); i += n) {
		c = substr($0, i, 1)
		n = 1
		if (c == "\033") {
			match(substr($0, i), /^\033\[[0-9;]*m/)
			n = RLENGTH > 0 ? RLENGTH : 1
			style(substr($0, i + 2, n - 3))
			continue
		}
		u = code[c]
		if (u >= 240) { n = 4; u -= 240 } else if (u >= 224) { n = 3; u -= 224 } else if (u >= 192) { n = 2; u -= 192 }
		for (k = 1; k < n; k++) u = u * 64 + code[substr($0, i + k, 1)] - 128
		put(substr($0, i, n), u, x, top + rows * H)
		x += W
		if (x > wide) wide = x
	}
	rows++
}

END {
	high = top + rows * H
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"-8 -8 %d %d\"", wide + 16, high + 16, wide + 16, high + 16
	print " font-family=\"DejaVu Sans Mono\" font-size=\"11.6\" xml:space=\"preserve\">"
	printf "<rect x=\"-8\" y=\"-8\" width=\"%d\" height=\"%d\" fill=\"#121212\"/>\n%s</svg>\n", wide + 16, high + 16, out
}
