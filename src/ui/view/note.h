/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * note: the console commands for notes (app/session/notes.h).
 *
 *	note TEXT	at the step that comes next; where nothing trains, at the
 *			epoch that is shown
 *	notes		all of them on a page
 */
#ifndef MIUST_UI_NOTE_H
#define MIUST_UI_NOTE_H

#include "ui/state/ui.h"

int note_command(struct ui *u, const char *args, struct err *e);
const char *note_refused(const struct ui *u); /* why not now, or NULL */
int notes_command(struct ui *u, const char *args, struct err *e);

#endif
