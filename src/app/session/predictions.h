/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * predictions: fold-F/predictions.csv, what the kept checkpoint says of each
 * utterance.
 *
 * Columns id,true,pred,p_<label>...,pred_text,pred_audio,loss: names of
 * labels, probabilities of the main head (softmax in double), and -log of the
 * true class's; true and loss are empty where the label is not known. RFC 4180, quoted only where
 * needed, lines end with LF.
 */
#ifndef MIUST_PREDICTIONS_H
#define MIUST_PREDICTIONS_H

#include "base/err.h"
#include "base/str.h"
#include "engine/data/corpus.h"
#include "engine/train/record.h"

void predictions_text(struct str *b, const struct predictions *p, const struct corpus *c,
		      const struct settings *s);
int predictions_write(const char *path, const struct predictions *p, const struct corpus *c,
		      const struct settings *s, struct err *e); /* atomically */

#endif
