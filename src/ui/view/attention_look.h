/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attention_look: the model's answer of one utterance, as attention.h takes it
 * and as view 5 keeps it to compare later ones with.
 */
#ifndef MIUST_ATTENTION_LOOK_H
#define MIUST_ATTENTION_LOOK_H

#include "app/lab/work.h"
#include "app/study/attention.h"

struct attention_weights attention_of(const struct look_result *l); /* arrays stay the look's */
bool attention_there(const struct look_result *l);               /* it has maps; false for NULL */
struct look_result *attention_copy(const struct look_result *l); /* free with look_free */
/* Are both of one utterance and fold, and of the same shape? then may be NULL. */
bool attention_comparable(const struct look_result *now, const struct look_result *then);

#endif
