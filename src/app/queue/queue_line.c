/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/queue/queue_private.h"

#include "base/file.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char SEEDS[] = "seeds";
enum { SEEDS_MAX = 1000 }; /* as --seeds */

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)text[i]) && text[i] != '\t')
			return true;
	return false;
}

/* Does it begin with the word `seeds`? */
static bool counts_seeds(const char *text)
{
	return strncmp(text, SEEDS, strlen(SEEDS)) == 0 && is_space(text[strlen(SEEDS)]);
}

/* Moves *text over "seeds N ". */
static bool read_seeds(const char **text, int *seeds)
{
	int used = 0;

	if (sscanf(*text + strlen(SEEDS), " %6d%n", seeds, &used) != 1 || *seeds < 1 ||
	    *seeds > SEEDS_MAX)
		return false;
	*text += strlen(SEEDS) + (size_t)used;
	if (!is_space(**text))
		return false;
	while (is_space(**text))
		++*text;
	return **text != '\0';
}

int queue_key(char *out, size_t n, const char *dir, struct err *e)
{
	return path_absolute(out, n, ".", dir, e);
}

enum queue_line queue_line_read(struct queue_run *r, const char *folder, const char *text,
				size_t len, struct str *why)
{
	char line[PATH_LEN + 32];
	const char *name = line;
	struct err e = {0};

	*r = (struct queue_run){.seeds = 1};
	while (len > 0 && (is_space(text[len - 1]) || text[len - 1] == '\r'))
		len--;
	for (; len > 0 && is_space(*text); len--)
		text++;
	if (len == 0 || *text == '#')
		return LINE_OTHER;
	if (len >= sizeof line || has_control(text, len)) {
		str_add(why, len >= sizeof line ? "the line is too long"
						: "the line has control characters");
		return LINE_DAMAGED;
	}
	snprintf(line, sizeof line, "%.*s", (int)len, text);
	if (counts_seeds(name) && !read_seeds(&name, &r->seeds)) {
		str_addf(why,
			 "expected [seeds N] FOLDER with N from 1 to %d; a folder of that name is "
			 "written ./%s",
			 SEEDS_MAX, line);
		return LINE_DAMAGED;
	}
	if (strlen(name) >= sizeof r->name ||
	    (*name == '/' ? queue_key(r->dir, sizeof r->dir, name, &e)
			  : path_join(r->dir, sizeof r->dir, folder, name, &e)) ||
	    queue_key(r->key, sizeof r->key, r->dir, &e)) {
		str_add(why, e.status ? e.text : "the path is too long");
		return LINE_DAMAGED;
	}
	memcpy(r->name, name, strlen(name) + 1);
	return LINE_RUN;
}

int queue_line_write(struct str *out, const char *folder, const char *dir, int seeds, struct err *e)
{
	char key[PATH_LEN], top[PATH_LEN];
	const char *name = key;
	size_t n;

	if (queue_key(key, sizeof key, dir, e) || queue_key(top, sizeof top, folder, e))
		return -1;
	if (has_control(key, strlen(key)) || strchr(key, '\t'))
		return err_at(e, dir, 0, 0,
			      "cannot be queued: its path has control characters; rename it");
	n = strlen(top);
	if (strncmp(key, top, n) == 0 && key[n] == '/' && key[n + 1])
		name = key + n + 1;
	if (seeds > 1)
		str_addf(out, "%s %d ", SEEDS, seeds);
	if (*name == '#' || is_space(*name) || counts_seeds(name))
		str_add(out, "./");
	str_add(out, name);
	if (is_space(name[strlen(name) - 1]))
		str_add(out, "/");
	str_add(out, "\n");
	return 0;
}
