/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: killed at any instant. Starting empties history.bin before
 * history.json is replaced, so that records never meet a description that is
 * not theirs. Records are appended by one write each; what a kill or a full
 * disk tears off fails the size or the checksum and is cut by the next
 * history_begin.
 */
#include "app/session/history.h"

#include "app/session/rows.h"
#include "base/file.h"
#include "base/mem.h"
#include "engine/train/evaluate.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { HISTORY_VERSION = 1, HEAD_BYTES = 8, CRC_BYTES = 4 };

static size_t logits_size(const struct history *h)
{
	return (size_t)h->n * HEADS * (size_t)h->classes * sizeof(float);
}

static size_t record_size(const struct history *h)
{
	return HEAD_BYTES + logits_size(h) + CRC_BYTES;
}

static uint32_t checksum(const void *data, size_t n)
{
	return (uint32_t)crc32_z(0, data, n);
}

/*
 * history.json: who was predicted
 */

static json_t *describe(const struct predictions *p, const struct corpus *c,
			const struct settings *set, const char *path, struct err *e)
{
	json_t *labels = json_array(), *ids = json_array(), *truth = json_array(), *root;
	bool bad = false; /* only a text that is not UTF-8 can be (json.h) */

	for (int i = 0; i < p->classes; i++)
		bad |= json_array_append_new(labels, json_string(set->exp.labels[i])) != 0;
	for (int i = 0; i < p->n; i++) {
		bad |= json_array_append_new(ids, json_string(c->utt[p->utt[i]].id)) != 0;
		bad |= json_array_append_new(truth, json_integer(p->label[i])) != 0;
	}
	root = json_pack("{s:i, s:o, s:o, s:o}", "version", HISTORY_VERSION, "labels", labels,
			 "utterances", ids, "true", truth);
	if (root && !bad)
		return root;
	err_at(e, path, 0, 0, "cannot be written: a label or id is not UTF-8");
	json_decref(root);
	return NULL;
}

static int write_description(const json_t *root, const char *path, struct err *e)
{
	struct atomic_file a;

	if (atomic_open(&a, path, e))
		return -1;
	if (json_dumpf(root, a.f, JSON_COMPACT)) {
		atomic_abort(&a);
		return err_errno(e, path, "cannot write");
	}
	fputc('\n', a.f);
	return atomic_commit(&a, e);
}

static json_t *load_json(const char *path, struct err *e)
{
	json_error_t je;
	size_t len;
	char *text = file_read(path, FILE_LIST, &len, e);
	json_t *root;

	if (!text)
		return NULL;
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (!root)
		err_at(e, path, je.line, je.column, "%s", je.text);
	free(text);
	return root;
}

static int take_description(struct history *h, const json_t *root, const char *path, struct err *e)
{
	const json_t *labels = json_object_get(root, "labels");
	const json_t *ids = json_object_get(root, "utterances");
	const json_t *truth = json_object_get(root, "true");
	size_t n = json_array_size(ids), classes = json_array_size(labels);

	if (json_integer_value(json_object_get(root, "version")) != HISTORY_VERSION)
		return err_at(e, path, 0, 0, "version %d expected", HISTORY_VERSION);
	if (!json_is_array(ids) || json_array_size(truth) != n || classes < 1 ||
	    classes > LABELS_MAX || n > INT32_MAX)
		return err_at(e, path, 0, 0,
			      "lists labels, utterances and true expected, the last two of the "
			      "same length");
	h->id = mem_alloc(n, sizeof *h->id);
	h->label = mem_alloc(n, sizeof *h->label);
	h->classes = (int)classes;
	for (size_t i = 0; i < n; i++) {
		const char *id = json_string_value(json_array_get(ids, i));
		const json_t *label = json_array_get(truth, i);

		if (!id || !json_is_integer(label) || json_integer_value(label) < 0 ||
		    json_integer_value(label) >= (json_int_t)classes)
			return err_at(e, path, 0, 0,
				      "utterance %zu: an id and the index of a label expected", i);
		h->id[i] = mem_dup(id);
		h->label[i] = (int)json_integer_value(label);
		h->n++;
	}
	return 0;
}

/*
 * history.bin: what was predicted
 */

static bool good_record(const struct history *h, const char *record, uint32_t after)
{
	uint32_t epoch, n, crc;
	size_t body = HEAD_BYTES + logits_size(h);

	memcpy(&epoch, record, 4);
	memcpy(&n, record + 4, 4);
	memcpy(&crc, record + body, CRC_BYTES);
	return n == (uint32_t)h->n && epoch > after && epoch <= EPOCH_MAX &&
	       crc == checksum(record, body);
}

/* How many records at the start of data are good, after epoch `last` and before epoch `end`. */
static int good_records(const struct history *h, const char *data, size_t len, uint32_t last,
			uint32_t end)
{
	size_t size = record_size(h);
	int n = 0;

	while ((size_t)(n + 1) * size <= len && good_record(h, data + (size_t)n * size, last)) {
		memcpy(&last, data + (size_t)n * size, 4);
		if (last >= end)
			break;
		n++;
	}
	return n;
}

static int cut(const struct history *h, int epoch, struct err *e)
{
	size_t len = 0;
	char *data = NULL;
	int n;

	if (file_exists(h->path)) {
		data = file_read(h->path, FILE_HISTORY, &len, e);
		if (!data)
			return -1;
	}
	n = good_records(h, data, len, 0, (uint32_t)epoch);
	free(data);
	if (len > (size_t)n * record_size(h) &&
	    truncate(h->path, (off_t)((size_t)n * record_size(h))))
		return err_errno(e, h->path, "cannot cut off the epochs that are done again");
	return 0;
}

static char *fold_file(const struct session *s, int fold, const char *name, const char *ending,
		       struct err *e)
{
	char file[64], path[PATH_LEN];

	snprintf(file, sizeof file, "%s%s", name, ending);
	return session_fold_path(s, fold, file, path, sizeof path, e) ? NULL : mem_dup(path);
}

/* Going on: the utterances must be those of the records. */
static int check_same(const json_t *now, const char *path, struct err *e)
{
	json_t *stored = load_json(path, e);
	bool same = json_equal(stored, now);

	if (stored && !same)
		err_at(e, path, 0, 0,
		       "its utterances or labels differ from the data; restore the data, "
		       "accept it as it is with --accept-data, or start a new session");
	json_decref(stored);
	return same ? 0 : -1;
}

/* Is the description there already? */
static bool is_described(const json_t *now, const char *path)
{
	struct err ignored = {0};
	json_t *stored = file_exists(path) ? load_json(path, &ignored) : NULL;
	bool same = stored && json_equal(stored, now);

	json_decref(stored);
	return same;
}

/* Rename NAME.ENDING of the fold, if it is there. */
static int move_aside(const struct session *s, int fold, const char *name, int epoch,
		      const char *ending, struct err *e)
{
	char aside[48], *from = fold_file(s, fold, name, ending, e), *to;
	int failed = -1;

	snprintf(aside, sizeof aside, "%.20s-before-%d", name, epoch);
	to = fold_file(s, fold, aside, ending, e);
	if (from && to)
		failed = file_exists(from) && rename(from, to)
				 ? err_errno(e, from, "cannot be renamed")
				 : 0;
	free(from);
	free(to);
	return failed;
}

int history_set_aside(const struct session *s, int fold, const char *name, int epoch,
		      const struct predictions *shape, const struct corpus *c,
		      const struct settings *set, struct err *e)
{
	char *path = fold_file(s, fold, name, ".json", e);
	json_t *now = NULL, *stored = NULL;
	int failed = path ? 0 : -1;

	if (!failed && epoch > 1 && file_exists(path)) {
		now = describe(shape, c, set, path, e);
		stored = now ? load_json(path, e) : NULL;
		failed = stored ? 0 : -1;
		/* The description last: until it is gone, this is done again. */
		if (stored && !json_equal(stored, now))
			failed = move_aside(s, fold, name, epoch, ".bin", e) ||
				 move_aside(s, fold, name, epoch, ".json", e);
	}
	json_decref(now);
	json_decref(stored);
	free(path);
	return failed ? -1 : 0;
}

int history_begin(struct history *h, const struct session *s, int fold, const char *name, int epoch,
		  const struct predictions *shape, const struct corpus *c,
		  const struct settings *set, struct err *e)
{
	char *path = fold_file(s, fold, name, ".json", e);
	json_t *now = path ? describe(shape, c, set, path, e) : NULL;
	int failed = -1;

	*h = (struct history){.path = fold_file(s, fold, name, ".bin", e)};
	if (!path || !h->path || !now || take_description(h, now, path, e))
		goto out;
	if (epoch > 1 && file_exists(path)) {
		if (check_same(now, path, e) || cut(h, epoch, e))
			goto out;
	} else if (cut(h, 0, e) || (!is_described(now, path) && write_description(now, path, e))) {
		goto out;
	}
	h->f = file_append(h->path, e);
	failed = h->f ? 0 : -1;
out:
	if (failed)
		history_free(h);
	json_decref(now);
	free(path);
	return failed;
}

int history_add(struct history *h, int epoch, const struct predictions *p, struct err *e)
{
	size_t body = HEAD_BYTES + logits_size(h), size = record_size(h);
	char *record = mem_alloc(size, 1);
	const uint32_t head[2] = {(uint32_t)epoch, (uint32_t)h->n};
	uint32_t crc;
	int failed = 0;

	BUG_ON(p->n != h->n || p->classes != h->classes || epoch < 1);
	memcpy(record, head, HEAD_BYTES);
	if (h->n)
		memcpy(record + HEAD_BYTES, p->logits, logits_size(h));
	crc = checksum(record, body);
	memcpy(record + body, &crc, CRC_BYTES);
	if (fwrite(record, 1, size, h->f) != size || fflush(h->f))
		failed = err_errno(e, h->path, "cannot write");
	free(record);
	return failed;
}

int history_sync(struct history *h, struct err *e)
{
	if (fflush(h->f) || fsync(fileno(h->f)))
		return err_errno(e, h->path, "cannot write");
	return 0;
}

/* Room for so many records. */
static void make_room(struct history *h, int epochs)
{
	size_t room = 1;

	while (room < (size_t)epochs)
		room *= 2;
	h->epoch = mem_grow(h->epoch, room, sizeof *h->epoch);
	h->logits = mem_grow(h->logits, room, logits_size(h));
}

/* Records from the file's byte after those that are known. */
static int add_records(struct history *h, const char *data, size_t len, struct err *e)
{
	size_t size = record_size(h);
	uint32_t last = h->epochs ? (uint32_t)h->epoch[h->epochs - 1] : 0;
	int n = good_records(h, data, len, last, UINT32_MAX);

	if ((size_t)(n + 1) * size < len)
		return err_at(e, h->path, 0, 0,
			      "record %d is damaged, and others follow it; " SESSION_FOLD_AGAIN,
			      h->epochs + n + 1);
	make_room(h, h->epochs + n);
	for (int i = 0; i < n; i++) {
		const char *record = data + (size_t)i * size;

		memcpy(&h->epoch[h->epochs], record, 4);
		memcpy((char *)h->logits + (size_t)h->epochs * logits_size(h), record + HEAD_BYTES,
		       logits_size(h));
		h->epochs++;
	}
	return 0;
}

/* Is the last record that is known where it was? */
static bool goes_on(const struct history *h, int fd, const struct stat *st)
{
	size_t size = record_size(h), at = (size_t)h->epochs * size;
	char *record;
	bool same;

	if (h->epochs == 0 || st->st_dev != h->device || st->st_ino != h->inode ||
	    (uintmax_t)st->st_size < at)
		return false;
	record = mem_alloc(size, 1);
	same = pread(fd, record, size, (off_t)(at - size)) == (ssize_t)size &&
	       memcmp(record, &h->epoch[h->epochs - 1], 4) == 0 &&
	       memcmp(record + HEAD_BYTES,
		      (const char *)h->logits + (at / size - 1) * logits_size(h),
		      logits_size(h)) == 0;
	free(record);
	return same;
}

/* What the open file has after the records that are known. */
static int read_rest(struct history *h, int fd, const struct stat *st, struct err *e)
{
	size_t known = (size_t)h->epochs * record_size(h), len = 0;
	size_t size = (uintmax_t)st->st_size > known ? (size_t)st->st_size - known : 0;
	char *data = mem_alloc(size + 1, 1);
	ssize_t got = 1;
	int failed;

	for (; len < size && got > 0; len += got > 0 ? (size_t)got : 0)
		got = pread(fd, data + len, size - len, (off_t)(known + len));
	failed = add_records(h, data, len, e);
	free(data);
	return failed;
}

static int read_records(struct history *h, struct err *e)
{
	int fd = file_open_read(h->path, FILE_HISTORY, NULL, e), failed;
	struct stat st;

	if (fd < 0)
		return -1;
	failed = fstat(fd, &st) ? err_errno(e, h->path, "cannot be read") : 0;
	if (!failed && !goes_on(h, fd, &st)) {
		h->epochs = 0;
		h->device = st.st_dev;
		h->inode = st.st_ino;
	}
	failed = failed || read_rest(h, fd, &st, e);
	close(fd);
	return failed ? -1 : 0;
}

int history_read(struct history *h, const struct session *s, int fold, const char *name,
		 struct err *e)
{
	char *path = fold_file(s, fold, name, ".json", e);
	char *records = fold_file(s, fold, name, ".bin", e);
	json_t *root = NULL;
	int failed = -1;

	memset(h, 0, sizeof *h);
	h->path = records;
	if (!path || !h->path)
		goto out;
	failed = 0;
	if (!file_exists(path) || !file_exists(h->path))
		goto out;
	root = load_json(path, e);
	if (!root || take_description(h, root, path, e) || read_records(h, e))
		failed = -1;
out:
	if (failed)
		history_free(h);
	json_decref(root);
	free(path);
	return failed;
}

int history_read_on(struct history *h, const struct session *s, int fold, const char *name,
		    struct err *e)
{
	if (!h->inode || !file_exists(h->path)) {
		history_free(h);
		return history_read(h, s, fold, name, e);
	}
	if (read_records(h, e) == 0)
		return 0;
	history_free(h);
	return -1;
}

void history_free(struct history *h)
{
	for (int i = 0; i < h->n; i++)
		free(h->id[i]);
	free(h->id);
	free(h->label);
	free(h->epoch);
	free(h->logits);
	free(h->path);
	if (h->f)
		fclose(h->f);
	*h = (struct history){0};
}

/*
 * What they say
 */

static int history_place(const struct history *h, int epoch)
{
	for (int i = 0; i < h->epochs; i++)
		if (h->epoch[i] == epoch)
			return i;
	return -1;
}

static const float *logits_at(const struct history *h, int place, int i, enum head head)
{
	size_t row = ((size_t)place * (size_t)h->n + (size_t)i) * HEADS + (size_t)head;

	return h->logits + row * (size_t)h->classes;
}

const float *history_at(const struct history *h, int epoch, int i, enum head head)
{
	int place = history_place(h, epoch);

	return place < 0 || i < 0 || i >= h->n ? NULL : logits_at(h, place, i, head);
}

void history_confusion(const struct history *h, int epoch, enum head head, struct confusion *m)
{
	int place = history_place(h, epoch);

	confusion_init(m, h->classes);
	for (int i = 0; place >= 0 && i < h->n; i++)
		m->count[h->label[i]][predicted_class(logits_at(h, place, i, head), h->classes)]++;
}

int history_flips(const struct history *h, int i, int epoch)
{
	int flips = 0, before = -1;

	for (int place = 0; place < h->epochs && h->epoch[place] <= epoch; place++) {
		int now = predicted_class(logits_at(h, place, i, HEAD_MAIN), h->classes);

		flips += before >= 0 && now != before;
		before = now;
	}
	return flips;
}
