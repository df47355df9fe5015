/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/ui.h"

#include "app/config/draft.h"
#include "app/study/facts.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_SECONDS = 5 };

void ui_init(struct ui *u, const struct look *look, int rows, int cols)
{
	*u = (struct ui){.look = *look, .rows = rows, .cols = cols};
	u->sel.utt = -1;
	u->console.chosen = -1;
	for (int i = 0; i < VIEWS; i++)
		ui_begin_view(u, (enum view_id)i);
	u->now.loss = u->now.best = u->now.rate = u->now.eta = NAN;
}

void ui_begin_view(struct ui *u, enum view_id i)
{
	const struct view *v = view_table[i];

	if (u->state[i] && v->free)
		v->free(u->state[i]);
	if (u->state[i])
		memset(u->state[i], 0, v->size);
	else
		u->state[i] = v->size ? mem_alloc(1, v->size) : NULL;
	if (v->init)
		v->init(u->state[i]);
}

void ui_free(struct ui *u)
{
	run_free(&u->run);
	look_free(u->seen);
	free(u->map.row);
	for (int i = 0; i < VIEWS; i++) {
		if (view_table[i]->free && u->state[i])
			view_table[i]->free(u->state[i]);
		free(u->state[i]);
	}
	ui_drop_overlays(u);
	duel_free(&u->duel.now);
	drafts_free(u->drafts);
	for (int i = 0; i < OVERLAY_LINES; i++)
		free(u->overlay_key[i]);
	free(u->told);
	free(u->opening.told);
	free(u->failed.told);
	queue_passed_free(&u->feeder.passed);
	free(u->feeder.fed);
	if (u->detach.started)
		detached_free(&u->detach.process);
	free(u->detach.handed);
	free(u->page.text);
	free(u->tried);
	free(u->console.match.at);
	*u = (struct ui){0};
}

void ui_drop_overlays(struct ui *u)
{
	for (int i = 0; i < u->noverlays; i++)
		run_free(&u->overlay[i]);
	free(u->overlay);
	free(u->overlay_line);
	u->overlay = NULL;
	u->overlay_line = NULL;
	u->noverlays = 0;
}

void ui_select_view(struct ui *u, enum view_id v)
{
	if (v == u->view)
		return;
	u->view = v;
	if (view_table[v]->chosen)
		view_table[v]->chosen(u);
	ui_want_look(u);
}

/* ---- messages ---- */

static void message(struct ui *u, bool error, const char *fmt, va_list ap)
{
	char text[sizeof u->message.text * 2];

	vsnprintf(text, sizeof text, fmt, ap);
	str_fit(u->message.text, sizeof u->message.text, text);
	u->message.number++;
	u->message.error = error;
	u->message.fresh = true;
	u->message.until = error ? 0 : u->clock + MESSAGE_SECONDS;
}

void ui_say(struct ui *u, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(u, false, fmt, ap);
	va_end(ap);
}

void ui_error(struct ui *u, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(u, true, fmt, ap);
	va_end(ap);
}

void ui_ask(struct ui *u, const char *command, const char *fmt, ...)
{
	char text[sizeof u->ask.question * 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	str_fit(u->ask.question, sizeof u->ask.question, text);
	snprintf(u->ask.command, sizeof u->ask.command, "%s", command);
	ui_answers(u, 'y', '\0', NULL);
	u->overlay_kind = OVERLAY_ASK;
}

const char *ui_no_run(const struct ui *u)
{
	return u->runless && !u->run_shown ? "no run is open: Enter in view 7 opens one" : NULL;
}

const char *ui_folder(const struct ui *u)
{
	return u->folder[0] ? u->folder : QUEUE_FOLDER;
}

void ui_answers(struct ui *u, char key, char other_key, const char *other)
{
	u->ask.key = key;
	u->ask.other_key = other_key;
	u->ask.other = other;
}

int ui_command(struct ui *u, const char *verb, const char *args, struct err *e)
{
	char line[WORK_COMMAND];

	if ((size_t)snprintf(line, sizeof line, "%s%s%s", verb, *args ? " " : "", args) >=
	    sizeof line)
		return err_set(e, "%s: too long", verb);
	u->waiting = work_command(u->work, u->run_shown, line);
	return u->waiting ? 0 : err_set(e, UI_BUSY);
}

bool ui_trains(const struct ui *u)
{
	return u->now.state == WORK_RUN || u->now.state == WORK_EVAL;
}

bool ui_trains_here(const struct ui *u)
{
	return ui_trains(u) && u->now.hold == WORK_OURS;
}

const char *ui_followed(const struct ui *u)
{
	static char text[256]; /* the screen's thread alone */

	return u->now.state == WORK_ELSEWHERE ? work_followed(&u->now.owner, text, sizeof text)
					      : NULL;
}

bool ui_attached(const struct ui *u)
{
	return u->now.hold == WORK_ATTACHED;
}

/* ---- the selection ---- */

const struct fold_run *ui_fold(const struct ui *u)
{
	return run_find(&u->run, u->sel.fold);
}

const struct history *ui_history(const struct ui *u)
{
	const struct fold_run *f = ui_fold(u);
	const struct history *h;

	if (!f)
		return NULL;
	h = u->sel.test && f->test.n ? &f->test : &f->val;
	return h->epochs ? h : NULL;
}

int ui_epoch(const struct ui *u)
{
	const struct history *h = ui_history(u);
	const struct fold_run *f = ui_fold(u);

	if (h && (u->sel.epoch == 0 || u->sel.test))
		return h->epoch[h->epochs - 1];
	if (u->sel.epoch > 0)
		return u->sel.epoch;
	return f && f->nepochs ? f->epoch[f->nepochs - 1].epoch : 0;
}

int ui_classes(const struct ui *u)
{
	return u->run.set.exp.nlabels;
}

const char *ui_label(const struct ui *u, int c)
{
	return facts_label(&u->run.set, c);
}

char ui_initial(const struct ui *u, int c)
{
	char taken[LABELS_MAX + 1] = "";

	for (int i = 0; i <= c && i < ui_classes(u); i++) {
		const char *p = ui_label(u, i);

		while (*p && (strchr(taken, *p) || !isalnum((unsigned char)*p)))
			p++;
		taken[i] = *p ? *p : (char)('0' + i % 10);
	}
	return c >= 0 && c < ui_classes(u) ? taken[c] : '?';
}

int ui_corpus_row(const struct ui *u, int i)
{
	const struct history *h = ui_history(u);

	if (!u->corpus || !h || i < 0 || i >= h->n || u->map.of != h->id)
		return -1;
	return u->map.row[i];
}

const struct utterance *ui_utterance(const struct ui *u, int i)
{
	int row = ui_corpus_row(u, i);

	return row < 0 ? NULL : &u->corpus->utt[row];
}

/* Start of white-space word w in text, and its length in bytes; counts them. */
static int find_word(const char *text, int w, const char **start, size_t *len)
{
	static const char space[] = " \t\r\n\v\f";
	int n = 0;

	for (text += strspn(text, space); *text; text += strspn(text, space)) {
		size_t length = strcspn(text, space);

		if (n++ == w) {
			*start = text;
			*len = length;
		}
		text += length;
	}
	return n;
}

char *ui_word(const struct ui *u, const struct look_result *l, int w, char *out, size_t n)
{
	const char *text = u->corpus && l->utt >= 0 && l->utt < u->corpus->n
				   ? u->corpus->utt[l->utt].text
				   : "";
	const char *start = "";
	size_t len = 0;

	if (find_word(text, w, &start, &len) == l->L)
		snprintf(out, n, "%.*s", (int)len, start);
	else
		snprintf(out, n, "%d", w + 1);
	return out;
}

const struct look_result *ui_seen(const struct ui *u)
{
	const struct look_result *l = u->seen;

	return l && l->fold == u->sel.fold && l->utt == ui_corpus_row(u, u->sel.utt) ? l : NULL;
}

const struct look_result *ui_seen_plain(const struct ui *u)
{
	const struct look_result *l = ui_seen(u);

	return l && l->knock == KNOCK_NOTHING ? l : NULL;
}

void ui_want_look(struct ui *u)
{
	u->look_wanted = true;
}
