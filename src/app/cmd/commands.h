/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands: each in its cmd_NAME.c.
 */
#ifndef MIUST_COMMANDS_H
#define MIUST_COMMANDS_H

#include "app/cmd/cli.h"

extern const struct command cmd_bench;
extern const struct command cmd_branch;
extern const struct command cmd_check;
extern const struct command cmd_collect;
extern const struct command cmd_compare;
extern const struct command cmd_config;
extern const struct command cmd_control;
extern const struct command cmd_demo;
extern const struct command cmd_duel;
extern const struct command cmd_eval;
extern const struct command cmd_predict;
extern const struct command cmd_queue_add;
extern const struct command cmd_queue_list;
extern const struct command cmd_queue_move;
extern const struct command cmd_queue_remove;
extern const struct command cmd_queue_run;
extern const struct command cmd_sessions_archive;
extern const struct command cmd_sessions_list;
extern const struct command cmd_sessions_prune;
extern const struct command cmd_sessions_tag;
extern const struct command cmd_sessions_trash;
extern const struct command cmd_sessions_untag;
extern const struct command cmd_sweep;
extern const struct command cmd_train;

/* From now on `train` computes its batches together with these ranks (app/lab/job_ranks.h). */
struct ranks;
void train_with(const struct ranks *r);
/* All of them, as the program `miust`: what its main returns. */
int miust(int argc, char **argv);

#endif
