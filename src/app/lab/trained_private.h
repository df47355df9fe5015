/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of trained share: trained.c opens the data of a config, trained_list.c a
 * new list. */
#ifndef MIUST_TRAINED_PRIVATE_H
#define MIUST_TRAINED_PRIVATE_H

#include "app/lab/trained.h"

void trained_say(const struct trained *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The folder a file lies in. */
int trained_folder(char *out, size_t n, const char *path, struct err *e);
/* The number of the folder fold-F that the weights lie in; -1: another folder. */
int trained_fold_of(const char *folder);
/* What the weights say, or else what the folder says that they lie in. */
int trained_meta(struct trained *t, struct err *e);
/* Refused, unless --anyway marks the output; or noted. Both may be empty. */
int trained_verdict(struct trained *t, const struct str *refused, const struct str *notes,
		    struct err *e);
/* Threads, the model with its weights, the normalisation. */
int trained_model(struct trained *t, struct err *e);

int trained_open_list(struct trained *t, struct err *e); /* opt.list; all else is empty */

#endif
