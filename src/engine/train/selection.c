/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/selection.h"

#include <math.h>
#include <stddef.h>

const char *const selection_name[] = {"wa", "ua", "wf1", "macro_f1", "loss", NULL};
const char *const selection_label[SELECTIONS] = {"WA", "UA", "WF1", "macro F1", "val loss"};

double selection_figure(const struct settings *s, const struct figures *val, double val_loss)
{
	switch (s->train.select) {
	case SELECT_UA:
		return val->ua;
	case SELECT_WF1:
		return val->wf1;
	case SELECT_MACRO_F1:
		return val->macro_f1;
	case SELECT_LOSS:
		return val_loss;
	default:
		return val->wa;
	}
}

bool selection_by_ua(const struct settings *s, const struct confusion *val)
{
	if (s->exp.protocol != PROTOCOL_REFERENCE)
		return true;
	for (int c = 0; c < val->classes; c++)
		if (confusion_class(val, c).support == 0)
			return false;
	return true;
}

bool selection_keeps(const struct settings *s, const struct epoch_row *now,
		     const struct epoch_row *best, bool by_ua)
{
	double delta = s->train.min_delta, x, was;

	if (s->exp.protocol == PROTOCOL_FIXED)
		return true;
	if (now->epoch < s->train.select_from)
		return false;
	if (!best)
		return true;
	x = selection_figure(s, &now->val, now->val_loss);
	was = selection_figure(s, &best->val, best->val_loss);
	if (isnan(was)) /* a state stored before this figure was */
		return true;
	if (s->train.select == SELECT_LOSS)
		return x < was - delta;
	return x > was + delta || (s->train.select == SELECT_WA && delta == 0 && by_ua &&
				   x == was && now->val.ua > best->val.ua);
}
