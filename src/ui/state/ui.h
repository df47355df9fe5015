/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui: the state of the screen, as plain data.
 *
 * Commands (console/command.h) change it, views (view.h) draw it, events are
 * taken into it (feed.h); what one view alone needs is in that view's header,
 * and its memory in `state`. So a screen is a pure function of this and can be
 * tested without a terminal. One thread owns it.
 *
 * Views 2-5 follow one selection: fold, epoch, part, utterance.
 */
#ifndef MIUST_UI_H
#define MIUST_UI_H

#include "app/cmd/detached.h"
#include "app/hook/hook.h"
#include "app/lab/duel_order.h"
#include "app/lab/work.h"
#include "app/queue/queue.h"
#include "app/session/run.h"
#include "ui/state/view.h"
#include "ui/term/cell.h"

#include <math.h>
#include <stdarg.h>
#include <sys/stat.h>

struct drafts;

enum overlay { OVERLAY_NONE, OVERLAY_HELP, OVERLAY_CONSOLE, OVERLAY_ASK, OVERLAY_PAGE };

/* A console line up to its cursor, cut into words. */
struct words {
	const struct verb *verb; /* what its first word means here; NULL: nothing yet */
	char argument[192];      /* the first one, if it is before the cursor's word */
	char before[192];        /* the last one before it */
	char word[192];          /* at the cursor */
	int n;                   /* words before it */
};

/* What the word at the console's cursor may become (console/complete.h). */
struct completion {
	char text[192]; /* as it will be in the line */
	char now[40];   /* present value, "0.30 → 0.15" */
	char takes[96]; /* range or choices; of a command its arguments */
	char when[96];  /* when it takes effect; of a command what it does */
};
struct completions {
	struct completion *at;
	int n;
	const char *now, *takes, *when; /* headings of the columns in use, else NULL */
};

enum { OVERLAY_LINES = 9 }; /* that can be told apart */

struct ui {
	struct look look; /* glyphs, colours */
	bool mouse;       /* clicks and the wheel come as keys */
	bool readonly;    /* --readonly: no command that changes anything (command.h) */
	int rows, cols;
	enum view_id view;

	/* what is shown */
	struct run run;      /* this session */
	unsigned loads;      /* how often it has been read from the disk */
	struct run *overlay; /* picked ones, drawn over it (state/overlay.h) */
	int noverlays;
	int *overlay_line;                /* [noverlays] as which line each is drawn */
	char *overlay_key[OVERLAY_LINES]; /* who has which colour and marker; NULL: nobody yet */
	struct snapshot now;
	enum work_state said;        /* the state whose meaning was said last (feed.c) */
	const struct corpus *corpus; /* of this session; NULL until it is read */
	struct work *work;           /* NULL: there is no engine (tests, --dump of a file) */
	struct serve *serve;         /* other programs ask through it; NULL: nobody can */
	int run_shown;               /* of work: `now`, `corpus` and `run` are this one's */
	int run_training;            /* of work, 0: none; need not be the one shown */
	struct hooks *hooks;         /* the program's, NULL: none; the loop gives them turns */
	struct look_result *seen;    /* the selected utterance through the model; may lag */

	struct drafts *drafts; /* for next runs, by the run they start from (next_run.h) */

	/* the shared selection */
	struct {
		int fold; /* a fold number of run; follows training until chosen */
		bool fold_chosen;
		int epoch;        /* 0: the latest evaluated */
		bool test;        /* the test part instead of the validation part */
		int utt;          /* index into the history's utterances, -1: none */
		bool kept;        /* the kept checkpoint instead of the current weights */
		bool stored;      /* neither, but those of the stored state after `step` steps; */
		int step, side;   /* if it cannot be read, of the next after it (1) or before */
		enum knock knock; /* the part of the model that view 5 silences */
	} sel;
	struct {                 /* rows of the shown history in the corpus */
		char *const *of; /* the history's id, or NULL: not made */
		int *row;        /* [n] index into the corpus, -1: not there */
	} map;

	/* The views' own, by enum view_id; each view's header says what is in it. */
	void *state[VIEWS];

	/* over the view */
	enum overlay overlay_kind;
	struct {
		char filter[64];
		int row, top;
	} help;
	struct {
		char prompt[160]; /* "" for the colon; readline's while it searches */
		char line[1024];  /* UTF-8, as readline has it */
		int point;        /* byte */
		char hint[128];   /* range and present value, at the right */
		struct completions match;
		int chosen;      /* of them; -1: none */
		char typed[192]; /* the word they complete */
	} console;
	struct tried *tried; /* what the page of a sweep draws; or NULL */
	struct {             /* a text too long for the message row: OVERLAY_PAGE */
		char title[64];
		char *text;
		bool wraps;
		int top;
		/* Drawn above the text, which alone scrolls; NULL: nothing is. */
		void (*head)(const struct ui *u, struct canvas *c);
		/* A key that closes it and runs a command; 0: none. */
		uint32_t key;
		const char *command, *label;
	} page;
	struct {
		char question[512];          /* "stop training and quit? y/n" */
		char key;                    /* y */
		char command[PATH_LEN + 64]; /* run on it */
		char other_key;              /* of a second answer; 0: there is none */
		const char *other;           /* its command */
	} ask;

	struct { /* view/tour.h */
		enum {
			TOUR_OFF,
			TOUR_OFFERED,
			TOUR_WAITS, /* for something to see at `stop` */
			TOUR_STOPS  /* there */
		} state;
		int stop;    /* from 0 */
		int rows;    /* of its text below the screen; the loop's */
		int jobs;    /* feeder.jobs before it */
		bool paused; /* it has paused the run, which is to go on */
		bool early;  /* the run has not paused yet: the text is to be made again */
		char text[512];
	} tour;

	/* last message */
	struct {
		char text[512];
		unsigned number; /* of it, so that another one is noticed */
		bool error;      /* stays until the next command */
		bool fresh;      /* under 100 columns it takes the key row until the next key */
		double until;    /* seconds of the loop's clock; 0: stays */
	} message;
	double clock; /* the loop's, seconds */
	struct {      /* the branch that is being made where the run trains; shown once it is */
		unsigned asked; /* 0: none is */
		char dir[PATH_LEN];
	} branching;
	struct { /* the last of this program (duels.h) */
		struct duel now;
		unsigned seen; /* of its news */
		char dir[2][PATH_LEN];
		int run[2]; /* of work */
		bool told;  /* that it is over */
		bool waits; /* until the run that its branches leave has stopped: */
		char from[PATH_LEN];
		int fold;
		char order[DUEL_TEXT];
		bool lacks_place; /* other runs have all places, so neither side trains */
	} duel;
	bool look_wanted;
	unsigned look_asked; /* request under way, 0: none */
	unsigned trying;     /* a try of this screen that computes, 0: none */
	unsigned waiting;    /* a script waits for this reply, 0: none */
	bool let_go;         /* a command has let the run go on: a script waits for its end
			      * also where another program trains it */
	unsigned long dropped_seen;
	unsigned stop_asked;          /* request to stop training, until it has; 0: none */
	long stop_of;                 /* the process it was asked of; 0: this one */
	double ending_since;          /* clock when stopping or leaving began */
	bool pasting;                 /* what comes is pasted text, where no text is expected */
	double key_at;                /* clock at the last key */
	bool quit;                    /* the loop ends */
	int ended;                    /* the signal from outside that ended it, 0: none */
	bool leaving;                 /* the worker has been told to checkpoint and end */
	bool at_once;                 /* do not wait for it */
	int sourcing;                 /* depth of files that source each other */
	void (*settle)(struct ui *u); /* scripts: wait for what a line has started; or NULL */
	bool unread;                  /* the session's folder could not be read; see message */

	/* opening (runs.h) */
	struct { /* how, as the command line says */
		int threads;
		bool skip_bad;
		bool waits;       /* nothing trains by itself: there is no terminal */
		bool looks;       /* sessions are only looked at, without a lock */
		double demo_pace; /* epochs a second of the demo; 0: as fast as it goes */
	} how;
	bool runless;          /* the program was begun without a run; see ui_no_run */
	char folder[PATH_LEN]; /* of sessions, that the program was begun with; "": none */
	char what[PATH_LEN];   /* as the shown run was asked for: a session, a config, "demo" */
	char *told;            /* what was said while it was opened, a line each; or NULL */
	struct {               /* the one that will be shown when its data has been read */
		int run;       /* of work; 0: none */
		unsigned said; /* the message that it is opened; 0: none */
		char what[PATH_LEN];
		char *told;
	} opening;
	struct { /* the last that could not be opened while another was shown */
		bool any, can_skip;
		char what[PATH_LEN], error[1024];
		char *told;
	} failed;
	struct { /* runs from the queue (feeder.h) */
		bool on;
		bool starved;      /* none was found when it last looked */
		struct stat queue; /* the queue's file then; zeroed: there was none */
		int jobs;          /* 0: 1 */
		struct queue_passed passed;
		struct fed { /* [n] that train here */
			int run, seeds;
			char dir[PATH_LEN];
			bool asked; /* to go on; it has not begun to */
		} * fed;
		int n;
		bool late; /* one of them ended after it was looked at */
	} feeder;
	struct {                /* the run that is being left to a process of its own (detach.h) */
		int run;        /* of work; 0: none */
		bool all;       /* and then the others */
		int folds;      /* so many at once; 0: one */
		unsigned asked; /* for what it is to take along, 0: it has come */
		char *handed;
		bool started;
		struct detached process; /* once it is */
	} detach;
	struct {       /* that train, pause in between, or wait for their turn, and are not shown */
		int n; /* how many */
		char name[2 * RUN_NAME]; /* of one of them */
	} others;
	char ended_badly[1024]; /* the first run not shown that failed or diverged, and why */
};

/* Zeroed, except what starts with a different value. */
void ui_init(struct ui *u, const struct look *look, int rows, int cols);
void ui_begin_view(struct ui *u, enum view_id v); /* its own state, as at first */
void ui_select_view(struct ui *u, enum view_id v);
void ui_free(struct ui *u);
void ui_drop_overlays(struct ui *u); /* no other run is drawn over this one */

/* A line for the user; errors stay until the next command. */
void ui_say(struct ui *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ui_error(struct ui *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A question for y or n; on y the command is run. */
void ui_ask(struct ui *u, const char *command, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A program that was begun with a folder of sessions has no run on the screen before one
 * is opened: u->run_shown is 0, u->run empty and u->now idle. Why what needs one is refused, or
 * NULL; a verb's `refused` may be this. */
const char *ui_no_run(const struct ui *u);
const char *ui_folder(const struct ui *u); /* that view 7 lists: u->folder, or QUEUE_FOLDER */
/* The same with two answers: the letter that runs the command, and another with another. */
void ui_answers(struct ui *u, char key, char other_key, const char *other);
/* Hands work a command of the shown run; a script waits for its reply. */
int ui_command(struct ui *u, const char *verb, const char *args, struct err *e);
#define UI_BUSY "the engine has too many requests waiting; try again"
bool ui_trains(const struct ui *u);      /* the run computes, */
bool ui_trains_here(const struct ui *u); /* and in this program */
/* Another program trains it, and is not to be steered from here: that, as a sentence; or NULL. */
const char *ui_followed(const struct ui *u);
bool ui_attached(const struct ui *u); /* it is steered through the socket of who trains it */

/* ---- what the selection means; all may return NULL or 0 ---- */
const struct fold_run *ui_fold(const struct ui *u);   /* the selected fold */
const struct history *ui_history(const struct ui *u); /* of the selected part */
int ui_epoch(const struct ui *u);                     /* the selected or latest epoch */
int ui_classes(const struct ui *u);
const char *ui_label(const struct ui *u, int c); /* "neu" */
char ui_initial(const struct ui *u, int c);      /* first letter not yet taken */
/* Row i of the history in the corpus: its index (-1: not there), and the utterance
 * (NULL). */
int ui_corpus_row(const struct ui *u, int i);
const struct utterance *ui_utterance(const struct ui *u, int i);
/* Its words for attention rows: L of them if the text has L white-space words,
 * else numbers. word w into out; returns out. */
char *ui_word(const struct ui *u, const struct look_result *l, int w, char *out, size_t n);
/* The look result if it is of the selected utterance, else NULL (asked for by
 * ui_want_look). */
const struct look_result *ui_seen(const struct ui *u);
/* The same, but NULL while it is of a model with a part silenced: what is shown
 * next to stored predictions comes from the plain model. */
const struct look_result *ui_seen_plain(const struct ui *u);
void ui_want_look(struct ui *u); /* after the selection or weights changed */

#endif
