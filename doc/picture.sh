#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Make doc/workbench.png from the program's own screen, in colour: a fold of the demo is
# trained with one live change, miust-tui shows it in tmux, and what it drew becomes a
# picture. From the project's folder, after `make`; needs tmux, rsvg-convert (package
# librsvg2-bin) and the font DejaVu Sans Mono (fonts-dejavu-core).
MIUST=$(realpath "${MIUST:-build/miust}")
MIUST_TUI=$(realpath "${MIUST_TUI:-build/miust-tui}")
awk=$(realpath doc/picture.awk)
png=$(realpath doc)/workbench.png
dir=$(mktemp -d) || exit 1
tm() { tmux -u -L "miust-picture-$$" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export LC_ALL=C.UTF-8 HOME="$dir" TMUX_TMPDIR="$dir"
unset TMUX NO_COLOR

echo 'at 1 12 78 set train.loss.cmd_text 0.15' >log
"$MIUST" train demo --session demo --fold 1 --replay log >/dev/null 2>&1 || exit 1

tm new-session -d -x 110 -y 31 "TERM=xterm-256color '$MIUST_TUI' demo --readonly" \; \
	set -g status off \; set -g default-terminal tmux-256color
# take FILE TEXT: the screen as it is once it shows TEXT.
take() {
	tries=0
	until tm capture-pane -p | grep -q -e "$2"; do
		tries=$((tries + 1))
		[ $tries -lt 2000 ] || {
			tm capture-pane -p
			exit 1
		}
	done
	tm capture-pane -e -p >"$1"
}
take one 'STOPPED.*'
tm send-keys -l ':select utterance Ses04M_impro04_F001'
tm send-keys Enter 5
take two 'Ses04M_impro04_F001.*kept'
take two 'Attt2'
LC_ALL=C awk -f "$awk" one two >picture.svg && rsvg-convert -o "$png" picture.svg && ls -l "$png"
