/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rates of the schedules. ReduceLROnPlateau's are those of PyTorch 1.13 for the same
 * losses (tests/record/plateau.py writes tests/record/plateau.csv).
 */
#include "engine/train/schedule.h"
#include "test.h"

static struct settings settings_of(int schedule, int epochs, int warmup)
{
	struct settings s = {.train.schedule = schedule};

	s.train.optimizer.lr = 0.01;
	s.train.epoch = epochs;
	s.train.warmup = warmup;
	s.train.plateau.factor = 0.5;
	s.train.plateau.patience = 1;
	return s;
}

TEST(rates_by_hand)
{
	static const struct {
		int schedule, warmup;
		double rate[6]; /* of 6 epochs, in hundredths */
	} want[] = {
		{SCHEDULE_CONSTANT, 0, {1, 1, 1, 1, 1, 1}},
		{SCHEDULE_CONSTANT, 3, {1 / 3.0, 2 / 3.0, 1, 1, 1, 1}},
		{SCHEDULE_LINEAR, 0, {1, 5 / 6.0, 4 / 6.0, 3 / 6.0, 2 / 6.0, 1 / 6.0}},
		{SCHEDULE_LINEAR, 2, {0.5, 1, 1, 0.75, 0.5, 0.25}},
		{SCHEDULE_COSINE, 0, {1, 0.9330127018922193, 0.75, 0.5, 0.25, 0.0669872981077807}},
		{SCHEDULE_COSINE, 2, {0.5, 1, 1, 0.8535533905932737, 0.5, 0.1464466094067262}},
		{SCHEDULE_COSINE, 5, {0.2, 0.4, 0.6, 0.8, 1, 1}},
		{SCHEDULE_PLATEAU, 2, {0.5, 1, 0.3, 0.3, 0.3, 0.3}},
	};
	const struct plateau p = {.scale = 0.3};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct settings s = settings_of(want[i].schedule, 6, want[i].warmup);

		for (int e = 0; e < 6; e++) {
			double rate = schedule_rate(&s, e + 1, &p), is = want[i].rate[e] / 100;

			if (want[i].schedule == SCHEDULE_PLATEAU && e < 2)
				is = want[i].rate[e] / 100;
			if (!(fabs(rate - is) <= 1e-17 + 1e-15 * is))
				FAIL("row %zu: the rate of epoch %d is %.17g, not %.17g", i, e + 1,
				     rate, is);
		}
		CHECK_NEAR(schedule_rate(&s, 0, &p), schedule_rate(&s, 1, &p), 0);
	}
}

/* Lowered while a later epoch is under way: no schedule rises again. */
TEST(beyond_the_last_epoch)
{
	const struct plateau p = {.scale = 1};

	for (int schedule = SCHEDULE_COSINE; schedule <= SCHEDULE_PLATEAU; schedule++) {
		struct settings s = settings_of(schedule, 4, 1);
		bool falls = schedule == SCHEDULE_COSINE || schedule == SCHEDULE_LINEAR;

		CHECK_NEAR(schedule_rate(&s, 9, &p), falls ? 0 : 0.01, 1e-18);
	}
}

/* CASE,factor,patience,lr,epoch,val_loss,rate after it */
TEST(plateau_as_pytorch)
{
	FILE *f = fopen("tests/record/plateau.csv", "r");
	char line[256], last[32] = "";
	struct plateau p;
	struct settings s;
	int rows = 0, lowered = 0;

	if (!f)
		FAIL("tests/record/plateau.csv is missing");
	while (f && fgets(line, sizeof line, f)) {
		double factor, lr, loss, want, rate;
		int patience, epoch;
		char name[32];

		if (sscanf(line, "%31[^,],%lf,%d,%lf,%d,%lf,%lf", name, &factor, &patience, &lr,
			   &epoch, &loss, &want) != 7)
			continue; /* the heading */
		if (strcmp(name, last) != 0) {
			s = settings_of(SCHEDULE_PLATEAU, 1000, 0);
			s.train.plateau.factor = factor;
			s.train.plateau.patience = patience;
			s.train.optimizer.lr = lr;
			plateau_begin(&p);
			strcpy(last, name);
		}
		rate = schedule_rate(&s, epoch, &p);
		plateau_epoch(&p, &s, epoch, loss);
		lowered += schedule_rate(&s, epoch, &p) < rate;
		rate = schedule_rate(&s, epoch, &p);
		if (!(fabs(rate - want) <= 1e-12 * want))
			FAIL("%s: after epoch %d the rate is %.9g, recorded %.9g", name, epoch,
			     rate, want);
		rows++;
	}
	if (f)
		fclose(f);
	CHECK(rows > 100 && lowered > 10);
	printf("# %d epochs, the rate fell %d times\n", rows, lowered);
}

/* The epochs of the warm-up do not count, nor those under another schedule. */
TEST(plateau_waits_for_the_warmup)
{
	struct settings s = settings_of(SCHEDULE_PLATEAU, 20, 3);
	struct plateau p;

	plateau_begin(&p);
	plateau_epoch(&p, &s, 1, 0.1);
	plateau_epoch(&p, &s, 3, 0.1);
	CHECK(isinf(p.best) && p.bad == 0);
	plateau_epoch(&p, &s, 4, 0.5);
	CHECK_NEAR(p.best, 0.5, 0);
	s.train.schedule = SCHEDULE_COSINE;
	plateau_epoch(&p, &s, 5, 0.6);
	plateau_epoch(&p, &s, 6, 0.6);
	CHECK(p.bad == 0 && p.scale == 1);
	s.train.schedule = SCHEDULE_PLATEAU;
	plateau_epoch(&p, &s, 7, 0.6);
	CHECK(p.bad == 1 && p.scale == 1);
	plateau_epoch(&p, &s, 8, 0.6);
	CHECK(p.bad == 0 && p.scale == 0.5);
	/* the base rate may have been changed: the scale is of whatever it is now */
	s.train.optimizer.lr = 0.5;
	CHECK_NEAR(schedule_rate(&s, 9, &p), 0.25, 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
