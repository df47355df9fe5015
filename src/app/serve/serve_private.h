/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serve_private: what the files of serve share. serve.c takes questions and answers them,
 * serve_run.c knows the runs, serve_verb.c has the commands that need no request of the run,
 * serve_event.c makes events of the work JSON.
 */
#ifndef MIUST_SERVE_PRIVATE_H
#define MIUST_SERVE_PRIVATE_H

#include "app/control/server.h"
#include "app/lab/order.h"
#include "app/serve/serve.h"
#include "base/str.h"

#include <jansson.h>

/* A question whose answer comes from the run. */
struct waiting {
	server_ticket ticket;
	int run;
	unsigned request;
	char *done;    /* the text if the run has none */
	json_t *tried; /* NULL: nothing was tried */
};

/* A run that has been seen. */
struct served {
	int run;
	char folder[PATH_LEN]; /* "" until it is open */
	struct position at;    /* of its last event */
	int state;             /* the last that was told; -1: none */
	unsigned long dropped; /* told */
};

struct serve {
	struct server *server;
	struct work *work; /* NULL until bound */
	serve_duel *duel;  /* NULL: nobody */
	void *duel_ctx;
	struct waiting *waiting;
	int nwaiting;
	struct served *served;
	int nserved;
	struct snapshot now; /* of the run at hand */
};

enum { SERVE_RUNS = 128 }; /* runs that are told apart */

/* What is known of an open run; until the next one is seen. */
struct served *serve_run(struct serve *s, int run);
/* The name of its folder: of an open run, the absolute path, which stays. */
const char *serve_run_folder(struct serve *s, struct served *x);
/* The run that a question means: the one that is named, the only one, or the only one that
 * trains. 0 on error. */
int serve_find(struct serve *s, const json_t *question, struct err *e);
/* Others that train folds of the same session; returns how many. */
int serve_beside(struct serve *s, int run, int *id, int most);
/* Is it asked of all folds that train: stop, pause or resume, and no fold is named? */
bool serve_is_for_all(const json_t *question);
/* A folder's absolute path if it is there; as it is named otherwise. May be in place. */
void serve_folder(const char *folder, char *out, size_t n);

/* Of which run a command is asked, and who has its duels (NULL: nobody). */
struct serve_asked {
	int run;
	const struct snapshot *now;
	serve_duel *duel;
	void *duel_ctx;
};

/* A command that is answered at once, without the run's thread. */
struct serve_verb {
	const char *name, *args, *help;
	/* Appends what there is to say. */
	int (*answer)(const struct serve_asked *of, const char *args, struct str *out,
		      struct err *e);
};
extern const struct serve_verb serve_verbs[];
const struct serve_verb *serve_verb_find(const char *name);
/* "unknown command WORD; did you mean SET? help lists all" */
int serve_unknown(const char *word, struct err *e);

/* "fold", "epoch", "step" of the next step, as commands.log counts; nothing while no fold
 * is open. */
void serve_position(json_t *to, const struct position *at);

/* What clients are told of an event, NULL: nothing. `run`: the run's folder; `state`: its state
 * now, for EVENT_STATE. */
json_t *serve_event_json(const struct event *e, const char *run, enum work_state state);

#endif
