/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/serve/serve_private.h"

#include "app/lab/snapshot_json.h"
#include "engine/file/json.h"

static void put(json_t *to, const char *key, json_t *value)
{
	json_object_set_new(to, key, value);
}

void serve_position(json_t *to, const struct position *at)
{
	if (!at->steps_per_epoch)
		return;
	put(to, "fold", json_integer(at->fold));
	put(to, "epoch", json_integer(at->ended ? at->epoch + 1 : at->epoch));
	put(to, "step", json_integer(at->step + 1));
}

/* ---- each kind ---- */

static void put_row(json_t *to, struct columns c, const void *row)
{
	json_object_update_new(to, row_json(&c, row));
}

static void put_result(json_t *to, const struct fold_row *r)
{
	json_t *rows = json_array();

	put(to, "fold", json_integer(r->fold));
	put(to, "best_epoch", json_integer(r->best_epoch));
	put(to, "test_wa", json_figure(r->test.wa));
	put(to, "test_ua", json_figure(r->test.ua));
	put(to, "test_wf1", json_figure(r->test.wf1));
	put(to, "test_macro_f1", json_figure(r->test.macro_f1));
	for (int t = 0; t < r->confusion.classes; t++) {
		json_t *row = json_array();

		for (int p = 0; p < r->confusion.classes; p++)
			json_array_append_new(row, json_integer(r->confusion.count[t][p]));
		json_array_append_new(rows, row);
	}
	put(to, "confusion", rows);
}

static void put_change(json_t *to, const struct event *e)
{
	put(to, "fold", json_integer(e->u.change.fold));
	put(to, "epoch", json_integer(e->u.change.epoch));
	put(to, "step", json_integer(e->u.change.step));
}

static const char *mark_name(const struct event *e)
{
	switch (e->u.change.what) {
	case CHANGE_SAVED:
		return "saved";
	case CHANGE_NOTED:
		return "note";
	default:
		return "diverged";
	}
}

static const char *kind_name(enum event_kind kind)
{
	switch (kind) {
	case EVENT_FOLD:
		return "fold";
	case EVENT_STEP:
		return "step";
	case EVENT_EPOCH:
		return "epoch";
	case EVENT_RESULT:
		return "result";
	case EVENT_REWOUND:
		return "rewound";
	case EVENT_CHANGED:
		return "changed";
	case EVENT_MARK:
		return "mark";
	case EVENT_SAY:
		return "say";
	case EVENT_STATE:
		return "state";
	default:
		return NULL;
	}
}

static void put_rest(json_t *to, const struct event *e, enum work_state state)
{
	char session[PATH_LEN];

	switch (e->kind) {
	case EVENT_FOLD:
		serve_folder(e->begun->session, session, sizeof session);
		put(to, "session", json_text(session));
		put(to, "goes_on", json_boolean(e->begun->goes_on));
		break;
	case EVENT_STEP:
		put_row(to, rows_of_steps(), &e->u.step);
		break;
	case EVENT_EPOCH:
		put_row(to, rows_of_epochs(), &e->u.epoch);
		put(to, "best", json_boolean(e->best));
		break;
	case EVENT_RESULT:
		put_result(to, e->u.result);
		break;
	case EVENT_CHANGED:
		put_change(to, e);
		put(to, "command", json_text(e->text));
		break;
	case EVENT_MARK:
		put_change(to, e);
		put(to, "mark", json_string(mark_name(e)));
		put(to, "text", json_text(e->told ? e->told : e->text));
		break;
	case EVENT_REWOUND:
	case EVENT_SAY:
		put(to, "text", json_text(e->told ? e->told : e->text));
		break;
	case EVENT_STATE:
		put(to, "state", json_string(work_state_name(state)));
		break;
	default:
		break;
	}
}

json_t *serve_event_json(const struct event *e, const char *run, enum work_state state)
{
	const char *name = kind_name(e->kind);
	json_t *to;

	if (!name)
		return NULL;
	to = json_object();
	put(to, "kind", json_string(name));
	put(to, "run", json_text(run));
	serve_position(to, &e->at);
	put_rest(to, e, state);
	return to;
}
