/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the cells of a row say: a text, a name, a speaker. */
#include "engine/data/columns.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

char *template_text(const struct template *t, const struct table_row *row)
{
	struct str b = {0};
	char *out;

	for (int i = 0; i < t->n; i++) {
		const char *cell = t->part[i].column < 0 ? "" : row->field[t->part[i].column];
		size_t n = str_trimmed(&cell);

		str_addn(&b, t->part[i].text, (size_t)t->part[i].len);
		str_addn(&b, cell, n);
	}
	out = mem_dup(str_text(&b));
	str_free(&b);
	return out;
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

/* Bytes of a file name without its ending, if it has that of a recording. */
static size_t recording_stem(const char *name, size_t n)
{
	static const char *const ending[] = {".wav", ".mp4",  ".mp3", ".flac", ".npy",
					     ".avi", ".webm", ".ogg", ".opus", ".m4a",
					     ".mkv", ".mov",  ".sph", ".aac"};

	for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
		size_t m = strlen(ending[i]);

		if (n > m && strncasecmp(name + n - m, ending[i], m) == 0)
			return n - m;
	}
	return n;
}

/* Cut the last word off the path *path, *n bytes long: returns where it
 * begins, *len bytes. "." and ".." are no names. */
static const char *last_word(const char *path, size_t *n, size_t *len)
{
	size_t begin;

	do {
		while (*n > 0 && is_slash(path[*n - 1]))
			--*n;
		for (begin = *n; begin > 0 && !is_slash(path[begin - 1]);)
			begin--;
		*len = *n - begin;
		*n = begin;
	} while ((*len == 1 && path[begin] == '.') ||
		 (*len == 2 && strncmp(path + begin, "..", 2) == 0));
	return path + begin;
}

/* The first version took IEMOCAP's ids as they are, slashes and endings too. */
static bool as_written(const struct columns *c, const char *cell, const char *audio_dir)
{
	size_t n = strlen(cell);
	char *path;
	bool there;

	if (c->layout != LAYOUT_IEMOCAP || n == 0)
		return false;
	if (!cell[strcspn(cell, "/\\")] && recording_stem(cell, n) == n)
		return true;
	path = str_format("%s/%s/%s.npy", audio_dir, c->list_name, cell);
	there = file_exists(path);
	free(path);
	return there;
}

struct row_name columns_name(const struct columns *c, const struct table_row *row,
			     const char *audio_dir)
{
	struct row_name name = {0};
	char *cell = template_text(&c->id, row);
	size_t n = strlen(cell), len = 0;
	const char *word;

	name.folder = c->folder.n ? template_text(&c->folder, row) : NULL;
	if (as_written(c, cell, audio_dir)) {
		name.stem = cell;
		if (!name.folder)
			name.folder = mem_dup("");
		return name;
	}
	if (n > 0 && is_slash(cell[n - 1]))
		n = 0; /* a folder alone names no utterance */
	word = last_word(cell, &n, &len);
	if (c->cut_at_dot)
		for (size_t i = len; i > 1; i--)
			if (word[i - 1] == '.') {
				len = i - 1;
				break;
			}
	if (!c->cut_at_dot)
		len = recording_stem(word, len);
	name.stem = str_format("%.*s", (int)len, word);
	if (!name.folder) {
		word = last_word(cell, &n, &len);
		name.folder = str_format("%.*s", (int)len, word);
	}
	free(cell);
	return name;
}

static char *in_folder(const char *folder, const char *name)
{
	return *folder ? str_format("%s/%s", folder, name) : mem_dup(name);
}

char *row_feature(const struct row_name *name)
{
	return in_folder(name->folder, name->stem);
}

char *row_id(const struct row_name *name, bool by_folder)
{
	return name->stem ? in_folder(by_folder ? name->folder : "", name->stem) : NULL;
}

char *row_dialogue(const struct row_name *name, bool by_folder)
{
	const char *last = strrchr(name->stem, '_');
	size_t n = last ? (size_t)(last - name->stem) : strlen(name->stem);
	char *word = str_format("%.*s", (int)n, name->stem), *dialogue;

	dialogue = in_folder(by_folder ? name->folder : "", word);
	free(word);
	return dialogue;
}

/* "Ses01F_impro01_M003" -> "Ses01M": the session, and who speaks in it. */
static char *iemocap_speaker(const char *id)
{
	const char *last = strrchr(id, '_');

	if (strncmp(id, "Ses", 3) == 0 && isdigit((unsigned char)id[3]) &&
	    isdigit((unsigned char)id[4]) && last && (last[1] == 'F' || last[1] == 'M'))
		return str_format("%.5s%c", id, last[1]);
	return mem_dup("");
}

char *columns_speaker(const struct columns *c, const struct table_row *row, const char *id)
{
	if (c->speaker.n)
		return mem_dup(row->field[c->speaker.part[0].column]);
	return c->layout == LAYOUT_IEMOCAP ? iemocap_speaker(id) : mem_dup("");
}
