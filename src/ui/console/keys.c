/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/keys.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char keys_default[] =
	/* most used first: the key line shows them in this order */
	"train Up move up\n"
	"train Down move down\n"
	"train Left move left\n"
	"train Right move right\n"
	"all Space toggle               # pause\n"
	"all s step                     # step\n"
	"all S step epoch\n"
	"train c cursor                 # cursor\n"
	"train z zoom in                # zoom\n"
	"train Z zoom out\n"
	"train 0 zoom all\n"
	"train + smooth +               # smooth\n"
	"train - smooth -               # smooth\n"
	"train l log                    # log y\n"
	"train x axis                   # axis\n"
	"train M mean                   # mean\n"
	"train o overlay                # overlay\n"
	"confusion Up move up           # cell\n"
	"confusion Down move down       # cell\n"
	"confusion Left move left       # cell\n"
	"confusion Right move right     # cell\n"
	"confusion Enter enter          # utterances\n"
	"confusion % cells              # cells\n"
	"confusion [ epoch prev         # epoch\n"
	"confusion ] epoch next         # epoch\n"
	"confusion { epoch mark-prev    # mark\n"
	"confusion } epoch mark-next    # mark\n"
	"confusion = compare            # compare\n"
	"confusion p part               # part\n"
	"utterances Enter enter         # open\n"
	"utterances / console filter\t # filter\n"
	"utterances s sort              # sort\n"
	"utterances S slice             # slice\n"
	"utterances a view 5\n"
	"utterances [ epoch prev        # epoch\n"
	"utterances ] epoch next        # epoch\n"
	"utterances { epoch mark-prev\n"
	"utterances } epoch mark-next\n"
	"utterances p part              # part\n"
	"utterances Up move up\n"
	"utterances Down move down\n"
	"utterances PgUp move pgup\n"
	"utterances PgDn move pgdn\n"
	"utterances Home move home\n"
	"utterances End move end\n"
	"utterances Esc view 2\n"
	"utterance n next               # next\n"
	"utterance p prev               # previous\n"
	"utterance [ epoch prev         # epoch\n"
	"utterance ] epoch next         # epoch\n"
	"utterance { epoch mark-prev\n"
	"utterance } epoch mark-next\n"
	"utterance a view 5             # attention\n"
	"utterance h head next          # heads\n"
	"utterance k kept               # kept\n"
	"utterance Up move up\n"
	"utterance Down move down\n"
	"utterance Esc view 3           # back\n"
	"attention Up move up           # cursor\n"
	"attention Down move down       # cursor\n"
	"attention Left move left       # cursor\n"
	"attention Right move right     # cursor\n"
	"attention Enter move peak      # peak\n"
	"attention h head next          # head\n"
	"attention g scale              # scale\n"
	"attention [ epoch prev         # epoch\n"
	"attention ] epoch next         # epoch\n"
	"attention { epoch mark-prev\n"
	"attention } epoch mark-next\n"
	"attention d difference         # difference\n"
	"attention K knock              # knock out\n"
	"attention k kept               # kept\n"
	"attention w console write\t # write\n"
	"attention Esc back             # back\n"
	"config Enter enter             # edit\n"
	"config d default               # default\n"
	"config t edit try              # try\n"
	"config / console find\t # find\n"
	"config Up move up\n"
	"config Down move down\n"
	"config PgUp move pgup\n"
	"config PgDn move pgdn\n"
	"config Home move home\n"
	"config End move end\n"
	"sessions Enter enter           # open\n"
	"sessions + pick                # pick\n"
	"sessions o overlay             # overlay\n"
	"sessions c compare             # compare\n"
	"sessions D delete              # delete\n"
	"sessions Up move up\n"
	"sessions Down move down\n"
	"sessions PgUp move pgup\n"
	"sessions PgDn move pgdn\n"
	"train WheelUp zoom in\n"
	"train WheelDown zoom out\n"
	"all WheelUp move up\n"
	"all WheelDown move down\n"
	"all u undo                     # undo\n"
	"all t console try\t # try\n"
	"all m console note\t # note\n"
	"all ^C stop\n"
	"all q quit                     # quit\n"
	"all 1 view 1\n"
	"all 2 view 2\n"
	"all 3 view 3\n"
	"all 4 view 4\n"
	"all 5 view 5\n"
	"all 6 view 6\n"
	"all 7 view 7\n"
	"all Tab view next\n"
	"all S-Tab view prev\n"
	"all : console\n"
	"all ? help\n"
	"all F1 help\n"
	"all Esc cancel\n";

/* The bindings in force. The screen's thread alone touches them. */
static struct {
	struct binding *at;
	int n;
	bool ready;
} bound;

static const char *const view_names[VIEWS] = {"train",     "confusion", "utterances", "utterance",
					      "attention", "config",    "sessions"};

static int find_view(const char *name, int *view, struct err *e)
{
	*view = -1;
	if (strcasecmp(name, "all") == 0)
		return 0;
	for (int i = 0; i < VIEWS; i++)
		if (strcasecmp(name, view_names[i]) == 0) {
			*view = i;
			return 0;
		}
	return err_set(e,
		       "bind: %s is not a view; expected all, train, confusion, utterances, "
		       "utterance, attention, config or sessions",
		       name);
}

/* Replaces a binding of the same view and key in its place, else adds one. */
static void keep(int view, struct key key, const char *command, const char *label)
{
	struct binding *b = NULL;

	for (int i = 0; i < bound.n && !b; i++)
		if (bound.at[i].view == view && key_same(bound.at[i].key, key))
			b = &bound.at[i];
	if (b) {
		free(b->command);
		free(b->label);
	} else {
		bound.at = mem_grow(bound.at, (size_t)bound.n + 1, sizeof *bound.at);
		b = &bound.at[bound.n++];
	}
	*b = (struct binding){view, key, mem_dup(command), mem_dup(label)};
}

static int bind(const char *text, struct err *e)
{
	char view_name[32], key_name[32], command[512], *label;
	struct key key = {0};
	int view, used = 0;
	size_t len;

	if (sscanf(text, "%31s %31s %n", view_name, key_name, &used) != 2 || !used || !text[used])
		return err_set(e,
			       "bind VIEW KEY COMMAND: expected a view (or all), a key and a "
			       "command; found '%s'",
			       text);
	if (find_view(view_name, &view, e) || key_parse(&key, key_name, e))
		return -1;
	str_fit(command, sizeof command, text + used);
	label = strstr(command, " # ");
	if (label) {
		*label = '\0';
		label += strlen(" # ");
	}
	/* A tab at the end stands for the blank that a typed text ends with. */
	len = strcspn(command, "\t");
	if (command[len] == '\t')
		strcpy(command + len, " ");
	else
		while (len && command[len - 1] == ' ')
			command[--len] = '\0';
	keep(view, key, command, label ? label : "");
	return 0;
}

static void ready(void)
{
	const char *p = keys_default;
	struct err e = {0};

	if (bound.ready)
		return;
	bound.ready = true;
	while (*p) {
		char line[256];
		size_t len = strcspn(p, "\n");

		snprintf(line, sizeof line, "%.*s", (int)len, p);
		if (bind(line, &e))
			BUG("built-in binding: %s", e.text);
		p += len + 1;
	}
}

int keys_bind(const char *text, struct err *e)
{
	ready();
	return bind(text, e);
}

const struct binding *keys_find(enum view_id v, const struct key *k)
{
	const struct binding *everywhere = NULL;

	ready();
	for (int i = 0; i < bound.n; i++) {
		if (!key_same(bound.at[i].key, *k))
			continue;
		if (bound.at[i].view == (int)v)
			return &bound.at[i];
		if (bound.at[i].view < 0)
			everywhere = &bound.at[i];
	}
	return everywhere;
}

const struct binding *keys_at(int i)
{
	ready();
	return i < bound.n ? &bound.at[i] : NULL;
}

void keys_reset(void)
{
	for (int i = 0; i < bound.n; i++) {
		free(bound.at[i].command);
		free(bound.at[i].label);
	}
	free(bound.at);
	bound.at = NULL;
	bound.n = 0;
	bound.ready = false;
}
