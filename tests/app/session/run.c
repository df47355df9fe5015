/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run in memory: rows that come twice, as from a folder that was just read
 * and from events still under way. */
#include "app/session/run.h"
#include "app/session/rows.h"
#include "app/session/session_rows.h"
#include "app/folder.h"
#include "app/same_run.h"

static void step(struct run *r, int epoch, int number, double loss)
{
	struct step_row s = {.fold = 1, .epoch = epoch, .step = number, .loss = loss};

	run_add_step(r, &s);
}

TEST(run_step_again_replaces)
{
	struct run r = {0};
	const struct fold_run *f;

	for (int i = 1; i <= 10; i++)
		step(&r, (i + 4) / 5, i, i);
	step(&r, 1, 4, 40);
	step(&r, 2, 10, 100);
	step(&r, 3, 11, 11);
	f = run_find(&r, 1);
	REQUIRE(f);
	CHECK_INT(f->nsteps, 11);
	CHECK_INT(f->steps_per_epoch, 5);
	for (int i = 0; i < f->nsteps; i++)
		CHECK_INT(f->step[i].step, i + 1);
	CHECK_NEAR(f->step[3].loss, 40, 0);
	CHECK_NEAR(f->step[9].loss, 100, 0);
	run_free(&r);
}

TEST(run_epoch_again_replaces)
{
	struct utterance utt[] = {{.id = "a"}, {.id = "b"}};
	struct corpus c = {.utt = utt, .n = 2};
	int at[] = {0, 1}, label[] = {0, 1};
	float logits[2 * HEADS * 2] = {0};
	struct predictions p = {.n = 2, .classes = 2, .utt = at, .label = label, .logits = logits};
	struct epoch_row row = {.fold = 1};
	struct run r = {0};
	const struct fold_run *f;

	for (row.epoch = 1; row.epoch <= 3; row.epoch++)
		run_add_epoch(&r, &row, &p, &c, false);
	row.epoch = 2;
	row.val_loss = 7;
	logits[0] = 5;
	run_add_epoch(&r, &row, &p, &c, false);
	f = run_find(&r, 1);
	REQUIRE(f);
	CHECK_INT(f->nepochs, 3);
	CHECK_NEAR(f->epoch[1].val_loss, 7, 0);
	CHECK_INT(f->val.epochs, 3);
	CHECK_NEAR(history_at(&f->val, 2, 0, HEAD_MAIN)[0], 5, 0);
	CHECK_NEAR(history_at(&f->val, 3, 0, HEAD_MAIN)[0], 0, 0);
	run_free(&r);
}

TEST(run_mark_again_is_one)
{
	struct change c = {
		.fold = 1, .epoch = 1, .step = 3, .command = "set train.optimizer.lr 1e-4"};
	struct run r = {0};

	run_add_change(&r, &c);
	run_add_change(&r, &c);
	c.command = "set train.optimizer.lr 2e-4";
	run_add_change(&r, &c);
	CHECK_INT(run_find(&r, 1)->nmarks, 2);
	CHECK_NEAR(r.set.train.optimizer.lr, 2e-4, 0);
	run_free(&r);
}

TEST(run_names_leave_the_date_out)
{
	static const struct {
		const char *dir, *name, *branch;
	} of[] = {
		{"sessions/demo-20261126-105335", "demo", "main"},
		{"/a/demo-20261126-105335-12", "demo", "main"},
		{"demo-20261126-105335/seed-7", "demo", "seed-7"},
		{"demo-7", "demo-7", "main"},
		{"demo-20261126", "demo-20261126", "main"},
		{"-20261126-105335", "-20261126-105335", "main"},
	};
	char name[RUN_NAME], branch[RUN_NAME];

	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		run_names(of[i].dir, name, branch);
		CHECK_STR(name, of[i].name);
		CHECK_STR(branch, of[i].branch);
	}
}

/* Three epochs of fold 1 with equal WA, rising UA and falling WF1; the second has the
 * lowest val_loss, and its predictions get one more right. The validation part's labels, and
 * perhaps a result. */
static int best_by(const char *name, int protocol, int select, int from, const int label[4],
		   int tested)
{
	struct utterance utt[] = {{.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "d"}};
	struct corpus c = {.utt = utt, .n = 4};
	int at[] = {0, 1, 2, 3}, true_class[4], best = -1;
	float logits[4 * HEADS * 4] = {0};
	struct predictions p = {
		.n = 4, .classes = 4, .utt = at, .label = true_class, .logits = logits};
	struct settings set = some_settings();
	struct session s;
	struct history h;
	struct results results;
	struct run r;
	struct err e = {0};

	memcpy(true_class, label, sizeof true_class);
	set.exp.protocol = protocol;
	set.train.select = select;
	set.train.select_from = from;
	if (session_create(&s, in(name), &set, &e) || session_begin(&s, 1, 1, 1, &e) ||
	    history_begin(&h, &s, 1, "history", 1, &p, &c, &set, &e))
		FAIL("%s", e.text);
	for (int epoch = 1; epoch <= 3; epoch++) {
		struct epoch_row row = {.fold = 1, .epoch = epoch};

		row.val.wa = 0.5;
		row.val.ua = 0.2 * epoch;
		row.val.wf1 = 0.5 - 0.1 * epoch;
		row.val_loss = epoch == 2 ? 0.25 : 0.5;
		logits[3 * HEADS * 4 + label[3]] = epoch == 2; /* the last one's main head */
		if (history_add(&h, epoch, &p, &e) || session_epoch(&s, &row, &e))
			FAIL("%s", e.text);
	}
	history_free(&h);
	if (tested) {
		struct fold_row f = {.fold = 1, .best_epoch = tested};

		results_init(&results, &set);
		confusion_init(&f.confusion, 4);
		f.confusion.count[0][0] = 1;
		results_add(&results, &f);
		if (session_result(&s, &results, &e))
			FAIL("%s", e.text);
		results_free(&results);
	}
	session_close(&s);
	if (run_load(&r, in(name), &e)) {
		FAIL("%s", e.text);
		return -1;
	}
	best = run_find(&r, 1)->best_epoch;
	run_free(&r);
	return best;
}

static int best_of(const char *name, int protocol, const int label[4], int tested)
{
	return best_by(name, protocol, SELECT_WA, 1, label, tested);
}

/* The first result of a run that trains says what it is of, as a stored one does. */
TEST(run_result_says_its_protocol)
{
	struct fold_row row = {.fold = 1, .best_epoch = 3, .confusion.classes = 4};
	struct settings set = some_settings();
	struct session s;
	struct run r;
	struct err e = {0};

	set.exp.seed = 53;
	set.exp.protocol = PROTOCOL_REFERENCE;
	REQUIRE(session_create(&s, in("new"), &set, &e) == 0 &&
		session_begin(&s, 1, 1, 1, &e) == 0);
	session_close(&s);
	REQUIRE(run_load(&r, in("new"), &e) == 0);
	run_add_result(&r, &row, NULL, NULL);
	CHECK_INT(r.results.n, 1);
	CHECK_INT((int)r.results.seed, 53);
	CHECK_STR(r.results.protocol, "reference");
	CHECK(r.results.optimistic);
	run_free(&r);
}

/* As training kept it, not as the rows alone would have it. */
TEST(run_best_epoch)
{
	static const int whole[] = {0, 1, 2, 3}, lacks[] = {0, 1, 1, 3};

	CHECK_INT(best_of("whole", PROTOCOL_REFERENCE, whole, 0), 3);
	CHECK_INT(best_of("lacks", PROTOCOL_REFERENCE, lacks, 0), 1);
	CHECK_INT(best_of("honest", PROTOCOL_HOLDOUT, lacks, 0), 3);
	CHECK_INT(best_of("fixed", PROTOCOL_FIXED, lacks, 0), 3);
	CHECK_INT(best_of("tested", PROTOCOL_REFERENCE, whole, 2), 2);
}

TEST(run_best_epoch_by_the_figure_that_selects)
{
	static const int whole[] = {0, 1, 2, 3};

	CHECK_INT(best_by("ua", PROTOCOL_REFERENCE, SELECT_UA, 1, whole, 0), 3);
	CHECK_INT(best_by("wf1", PROTOCOL_REFERENCE, SELECT_WF1, 1, whole, 0), 1);
	CHECK_INT(best_by("wf1-from", PROTOCOL_REFERENCE, SELECT_WF1, 2, whole, 0), 2);
	CHECK_INT(best_by("loss", PROTOCOL_REFERENCE, SELECT_LOSS, 1, whole, 0), 2);
	CHECK_INT(best_by("macro", PROTOCOL_REFERENCE, SELECT_MACRO_F1, 1, whole, 0), 2);
	CHECK_INT(best_by("late", PROTOCOL_REFERENCE, SELECT_MACRO_F1, 4, whole, 0), 0);
}

/* ---- a folder that is written while it is followed ---- */

enum { FOLLOWED_FOLDS = 3, FOLLOWED_UTTERANCES = 5, FOLLOWED_STEPS = 4 };

/* One fold as its trainer has it: rows, then what its files hold. */
struct trained {
	int epochs, steps;
	unsigned future; /* another one each time it is cut back */
	bool torn;
};

static unsigned dice_state = 1;

/* 0 … n - 1 */
static int dice(int n)
{
	dice_state = dice_state * 1103515245u + 12345u;
	return (int)((dice_state >> 16) % (unsigned)n);
}

static const char *fold_name(int fold, const char *name)
{
	char part[64];

	snprintf(part, sizeof part, "followed/fold-%d/%s", fold, name);
	return in(part);
}

static void write_at_end(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "a");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f))
		abort();
}

static void add_text(struct str *out, const struct columns *c, const void *row)
{
	rows_line(c, row, out);
}

static void step_text(struct str *out, int fold, const struct trained *t, int step)
{
	struct columns c = rows_of_steps();
	struct step_row row = {.fold = fold, .step = step};

	row.epoch = (step - 1) / FOLLOWED_STEPS + 1;
	row.loss = 1.0 / step + t->future;
	row.lr = 0.001;
	add_text(out, &c, &row);
}

static void epoch_text(struct str *out, int fold, const struct trained *t, int epoch)
{
	struct columns c = rows_of_epochs();
	struct epoch_row row = {.fold = fold, .epoch = epoch, .seconds = 1};

	row.val_loss = 1.0 / epoch + t->future;
	row.val.wa = row.val.ua = 0.01 * ((epoch * 7 + (int)t->future) % 90);
	add_text(out, &c, &row);
}

/* The whole file in place, or as a new one. */
static void put_rows(const char *path, const struct str *text, bool in_place)
{
	struct err e = {0};

	if (in_place)
		put_bytes(path, str_text(text), text->len);
	else if (file_write(path, str_text(text), text->len, &e))
		FAIL("%s", e.text);
}

static void rewrite_rows(int fold, struct trained *t, bool in_place)
{
	struct columns steps = rows_of_steps(), epochs = rows_of_epochs();
	struct str text = {0};

	rows_header(&epochs, &text);
	for (int i = 1; i <= t->epochs; i++)
		epoch_text(&text, fold, t, i);
	put_rows(fold_name(fold, "epochs.csv"), &text, in_place);
	str_reset(&text);
	rows_header(&steps, &text);
	for (int i = 1; i <= t->steps; i++)
		step_text(&text, fold, t, i);
	put_rows(fold_name(fold, "steps.csv"), &text, in_place);
	t->torn = false;
	str_free(&text);
}

/* The predictions of the epochs up to t->epochs and of `more`, through the writer that cuts. */
static void write_history(struct session *s, const struct settings *set, int fold,
			  const struct trained *t, int from, int more)
{
	struct utterance utt[FOLLOWED_UTTERANCES] = {
		{.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "d"}, {.id = "e"}};
	struct corpus c = {.utt = utt, .n = FOLLOWED_UTTERANCES};
	int at[FOLLOWED_UTTERANCES] = {0, 1, 2, 3, 4}, label[FOLLOWED_UTTERANCES] = {0, 1, 2, 3, 0};
	float logits[FOLLOWED_UTTERANCES * HEADS * 4] = {0};
	struct predictions p = {FOLLOWED_UTTERANCES, 4, at, label, logits};
	struct history h;
	struct err e = {0};

	if (history_begin(&h, s, fold, "history", from, &p, &c, set, &e)) {
		FAIL("%s", e.text);
		return;
	}
	for (int i = from; i <= t->epochs + more; i++) {
		logits[i % (FOLLOWED_UTTERANCES * HEADS * 4)] = (float)(i + (int)t->future);
		if (history_add(&h, i, &p, &e))
			FAIL("%s", e.text);
	}
	history_free(&h);
}

static void write_result(const struct settings *set, int fold, int best)
{
	struct fold_row f = {.fold = fold, .best_epoch = best};
	struct results r;
	struct err e = {0};

	results_init(&r, set);
	confusion_init(&f.confusion, 4);
	f.confusion.count[0][0] = best;
	results_add(&r, &f);
	if (result_write(&r, fold, fold_name(fold, "result.json"), &e))
		FAIL("%s", e.text);
	results_free(&r);
}

/* Something that a trainer, a kill of it, a user or a rewind does to the folder. */
static void happen(struct session *s, const struct settings *set, struct trained *all)
{
	int fold = 1 + dice(FOLLOWED_FOLDS), what = dice(12), was;
	struct trained *t = &all[fold - 1];
	struct str text = {0};
	struct note note = {.fold = fold, .epoch = 1, .step = 1, .text = (char *)"seen"};
	struct err e = {0};
	char line[96];

	if (make_dirs(fold_name(fold, ""), &e))
		FAIL("%s", e.text);
	switch (what) {
	case 0: /* steps of the next epoch */
	case 1:
		if (t->steps == 0 || (t->torn && dice(2)))
			rewrite_rows(fold, t, false);
		was = t->steps;
		t->steps += 1 + dice(FOLLOWED_STEPS);
		while (++was <= t->steps)
			step_text(&text, fold, t, was);
		write_at_end(fold_name(fold, "steps.csv"), text.s, text.len);
		break;
	case 2: /* whole epochs: predictions, then rows */
	case 3:
		was = t->epochs;
		t->epochs += 1 + dice(3);
		if (t->steps < t->epochs * FOLLOWED_STEPS)
			t->steps = t->epochs * FOLLOWED_STEPS;
		write_history(s, set, fold, t, was + 1, dice(2));
		rewrite_rows(fold, t, dice(2));
		break;
	case 4: /* cut back, and perhaps on again, in the files as they are or in others */
	case 5:
		t->epochs = t->epochs ? dice(t->epochs) : 0;
		t->steps = t->epochs * FOLLOWED_STEPS;
		t->future++;
		rewrite_rows(fold, t, dice(2));
		if (dice(2)) {
			was = t->epochs;
			t->epochs += dice(6);
			t->steps = t->epochs * FOLLOWED_STEPS + dice(3);
			write_history(s, set, fold, t, was + 1, 0);
			rewrite_rows(fold, t, dice(2));
		}
		break;
	case 6: /* a torn end, to which the next rows are added at times: damage */
		if (t->steps) {
			write_at_end(fold_name(fold, "steps.csv"), "1,1,9", 5);
			write_at_end(fold_name(fold, "epochs.csv"), "1,", 2);
			t->torn = true;
		}
		break;
	case 7: /* and what a resume makes of it */
		if (t->steps)
			rewrite_rows(fold, t, false);
		if (dice(3) == 0 && t->epochs)
			write_history(s, set, fold, t, t->epochs + 1, 0);
		break;
	case 8:
		snprintf(line, sizeof line, "at %d 1 %d set train.clip 0.%d\n", fold,
			 1 + dice(FOLLOWED_STEPS), 1 + dice(9));
		write_at_end(fold_name(fold, "commands.log"), line, strlen(line));
		break;
	case 9:
		if (t->epochs)
			write_result(set, fold, t->epochs);
		break;
	case 10:
		if (note_add(s->dir, &note, &e))
			FAIL("%s", e.text);
		break;
	default: /* all of it is gone; rarely */
		if (dice(4) == 0) {
			snprintf(line, sizeof line, "rm -rf %s", fold_name(fold, ""));
			if (system(line))
				abort();
			*t = (struct trained){.future = t->future + 1};
		}
	}
	str_free(&text);
}

/* What is followed is what reading the folder anew finds, whatever has happened to it. */
TEST(run_refresh_is_a_fresh_load)
{
	struct settings set = some_settings();
	struct trained all[FOLLOWED_FOLDS] = {{0}};
	struct session made, s = {.lock = -1};
	struct run r, fresh;
	struct err e = {0};
	unsigned news;
	int damaged = 0;

	REQUIRE(session_create(&made, in("followed"), &set, &e) == 0);
	session_close(&made);
	REQUIRE(session_read(&s, in("followed"), &set, &e) == 0);
	REQUIRE(run_load(&r, s.dir, &e) == 0);
	for (int i = 0; i < 500 && !test_faults; i++) {
		bool failed, unreadable;

		for (int k = dice(4); k >= 0; k--)
			happen(&s, &set, all);
		failed = run_refresh(&r, &news, &e) != 0;
		unreadable = run_load(&fresh, s.dir, &e) != 0;
		CHECK_INT(failed, unreadable);
		damaged += unreadable;
		if (unreadable)
			continue;
		CHECK_STR(run_difference(&r, &fresh), "");
		run_free(&fresh);
		CHECK(run_refresh(&r, &news, &e) == 0 && news == 0);
	}
	CHECK(damaged > 0 && damaged < 250);
	run_free(&r);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
