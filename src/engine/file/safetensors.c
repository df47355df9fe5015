/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/file/safetensors.h"

#include "base/file.h"
#include "base/mapped.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/file/foreign.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "data is used as it lies in the file");

enum { LENGTH_BYTES = 8 };
static const char META[] = "__metadata__";

static const struct {
	const char *name;
	int size;
} type_table[] = {
	[ST_F32] = {"F32", 4}, [ST_F64] = {"F64", 8}, [ST_I64] = {"I64", 8},
	[ST_U32] = {"U32", 4}, [ST_U8] = {"U8", 1},
};
enum { TYPES = sizeof type_table / sizeof type_table[0] };

int64_t st_count(const struct st_entry *t)
{
	int64_t n = 1;

	for (int i = 0; i < t->dims; i++)
		n *= t->dim[i];
	return n;
}

/* "[512, 768] F32"; -1 is "any". */
static void describe(struct str *b, enum st_type type, int dims, const int64_t *dim)
{
	str_add(b, "[");
	for (int i = 0; i < dims; i++) {
		str_add(b, i ? ", " : "");
		if (dim[i] < 0)
			str_add(b, "any");
		else
			str_addf(b, "%lld", (long long)dim[i]);
	}
	str_addf(b, "] %s", type_table[type].name);
}

/*
 * Reading
 */

/* Where an array lies in the data, for the check that all is covered. */
struct span {
	int64_t begin, end;
	const char *name;
};

static int span_order(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static int entry_order(const void *a, const void *b)
{
	return strcmp(((const struct st_entry *)a)->name, ((const struct st_entry *)b)->name);
}

static int check_length(const struct st_file *f, struct err *e)
{
	if (f->len >= LENGTH_BYTES + 2)
		return 0;
	return err_at(e, f->path, 0, 0,
		      "not a safetensors file: it has %zu bytes, the shortest has 10", f->len);
}

static int map_file(struct st_file *f, struct err *e)
{
	int fd = file_open_read(f->path, FILE_MAPPED, &f->len, e);
	int failed;

	if (fd < 0)
		return -1;
	failed = check_length(f, e) || !(f->map = mapped_open(fd, f->len, f->path, e)) ? -1 : 0;
	if (!failed)
		f->at = f->map->at;
	close(fd);
	return failed;
}

static int read_shape(struct st_entry *t, const json_t *info, const char *path, struct err *e)
{
	const json_t *shape = json_object_get(info, "shape"), *dim;
	size_t i;

	if (!json_is_array(shape))
		return err_at(e, path, 0, 0, "tensor %s has no shape", t->name);
	if (json_array_size(shape) > ST_DIMS)
		return err_at(e, path, 0, 0, "tensor %s has %zu dimensions; expected at most %d",
			      t->name, json_array_size(shape), ST_DIMS);
	json_array_foreach(shape, i, dim) {
		if (!json_is_integer(dim) || json_integer_value(dim) < 0)
			return err_at(e, path, 0, 0,
				      "tensor %s: an entry of the shape is not a size; sizes are "
				      "integers from 0",
				      t->name);
		t->dim[i] = json_integer_value(dim);
	}
	t->dims = (int)json_array_size(shape);
	return 0;
}

static int read_type(struct st_entry *t, const json_t *info, const char *path, struct err *e)
{
	const char *dtype = json_string_value(json_object_get(info, "dtype"));
	int type = 0;

	while (dtype && type < TYPES && strcmp(dtype, type_table[type].name) != 0)
		type++;
	if (!dtype || type == TYPES)
		return err_at(e, path, 0, 0,
			      "tensor %s is of type %s; expected F32, F64, I64, U32 or U8", t->name,
			      dtype ? dtype : "unknown");
	t->type = (enum st_type)type;
	return 0;
}

/* Bytes the array takes, or -1 if that is more than any file has. */
static int64_t byte_size(const struct st_entry *t)
{
	int64_t n = type_table[t->type].size;

	for (int i = 0; i < t->dims; i++)
		if (__builtin_mul_overflow(n, t->dim[i], &n))
			return -1;
	return n;
}

static int read_span(struct span *s, const struct st_entry *t, const json_t *info, int64_t data_len,
		     const char *path, struct err *e)
{
	const json_t *offsets = json_object_get(info, "data_offsets");
	const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
	int64_t bytes = byte_size(t);

	if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
		return err_at(e, path, 0, 0, "tensor %s has no data_offsets [begin, end]", t->name);
	*s = (struct span){json_integer_value(begin), json_integer_value(end), t->name};
	if (s->begin < 0 || s->end < s->begin || s->end > data_len)
		return err_at(e, path, 0, 0,
			      "tensor %s is at bytes %lld to %lld of the data, which has %lld; the "
			      "file is cut off or damaged",
			      t->name, (long long)s->begin, (long long)s->end, (long long)data_len);
	if (bytes < 0 || s->end - s->begin != bytes) {
		struct str what = {0};

		describe(&what, t->type, t->dims, t->dim);
		err_at(e, path, 0, 0, "tensor %s is %s, but has %lld bytes of data; damaged header",
		       t->name, what.s, (long long)(s->end - s->begin));
		str_free(&what);
		return -1;
	}
	return 0;
}

/* The data in place, or a copy where the type wants another alignment. */
static int place(struct st_entry *t, const char *data, int64_t bytes, const char *path,
		 struct err *e)
{
	t->data = data;
	if ((uintptr_t)data % (uintptr_t)type_table[t->type].size == 0)
		return 0;
	t->copy = mem_try((size_t)bytes);
	if (!t->copy)
		return err_at(e, path, 0, 0, "tensor %s: out of memory (%lld bytes needed)",
			      t->name, (long long)bytes);
	t->data = memcpy(t->copy, data, (size_t)bytes);
	return 0;
}

/* The arrays must cover the data: no byte twice, none left over. */
static int check_cover(struct span *span, int n, int64_t data_len, const char *path, struct err *e)
{
	int64_t at = 0;

	qsort(span, (size_t)n, sizeof *span, span_order);
	for (int i = 0; i < n; at = span[i++].end)
		if (span[i].begin != at)
			return err_at(e, path, 0, 0,
				      "tensor %s starts at byte %lld of the data, expected %lld; "
				      "tensors may not overlap or leave gaps",
				      span[i].name, (long long)span[i].begin, (long long)at);
	if (at != data_len)
		return err_at(e, path, 0, 0,
			      "%lld bytes follow the last tensor; the file is damaged",
			      (long long)(data_len - at));
	return 0;
}

static int read_meta(struct st_file *f, json_t *meta, struct err *e)
{
	const char *key;
	json_t *value;

	if (!json_is_object(meta))
		return err_at(e, f->path, 0, 0, "%s is not a JSON object", META);
	json_object_foreach(meta, key, value)
		if (!json_is_string(value))
			return err_at(e, f->path, 0, 0, "%s: %s is not a string", META, key);
	f->meta = json_incref(meta);
	return 0;
}

static int read_entries(struct st_file *f, json_t *root, size_t data_at, struct err *e)
{
	size_t most = json_object_size(root);
	struct span *span = mem_alloc(most, sizeof *span);
	int64_t data_len = (int64_t)(f->len - data_at);
	const char *name;
	json_t *info;
	int failed = -1;

	f->entry = mem_alloc(most, sizeof *f->entry);
	json_object_foreach(root, name, info) {
		struct st_entry *t = &f->entry[f->n];
		struct span *s = &span[f->n];

		if (strcmp(name, META) == 0) {
			if (read_meta(f, info, e))
				goto out;
			continue;
		}
		t->name = mem_dup(name);
		f->n++;
		if (!json_is_object(info)) {
			err_at(e, f->path, 0, 0, "tensor %s is not described by a JSON object",
			       name);
			goto out;
		}
		if (read_type(t, info, f->path, e) || read_shape(t, info, f->path, e) ||
		    read_span(s, t, info, data_len, f->path, e) ||
		    place(t, f->at + data_at + s->begin, s->end - s->begin, f->path, e))
			goto out;
	}
	failed = check_cover(span, f->n, data_len, f->path, e);
	qsort(f->entry, (size_t)f->n, sizeof *f->entry, entry_order);
out:
	free(span);
	return failed;
}

/* What cannot be read as safetensors, said as what it is, if that is known. */
static int not_safetensors(const struct st_file *f, struct err *e, const char *why)
{
	struct str what = {0};

	if (foreign_add(&what, f->path, f->at, f->len))
		err_at(e, f->path, 0, 0, "%s", what.s);
	else
		err_at(e, f->path, 0, 0, "is not a safetensors file, or damaged: %s", why);
	str_free(&what);
	return -1;
}

/* The file is there. */
static int read_file(struct st_file *f, struct err *e)
{
	json_t *root = NULL;
	json_error_t je;
	char why[JSON_ERROR_TEXT_LENGTH + 64];
	uint64_t len;
	int failed = -1;

	memcpy(&len, f->at, LENGTH_BYTES);
	if (len > f->len - LENGTH_BYTES) {
		snprintf(why, sizeof why,
			 "its header should be %llu bytes long, but only %zu bytes follow",
			 (unsigned long long)len, f->len - LENGTH_BYTES);
		not_safetensors(f, e, why);
		goto out;
	}
	root = json_loadb(f->at + LENGTH_BYTES, (size_t)len, JSON_REJECT_DUPLICATES, &je);
	if (!root) {
		snprintf(why, sizeof why, "header byte %d: %s", je.position, je.text);
		not_safetensors(f, e, why);
		goto out;
	}
	if (!json_is_object(root)) {
		not_safetensors(f, e, "its header is not a JSON object");
		goto out;
	}
	failed = read_entries(f, root, LENGTH_BYTES + (size_t)len, e);
out:
	json_decref(root);
	return failed;
}

int st_open(struct st_file *f, const char *path, struct err *e)
{
	int failed;

	*f = (struct st_file){.path = mem_dup(path)};
	failed = map_file(f, e) || read_file(f, e) ? -1 : 0;
	if (failed)
		st_close(f);
	return failed;
}

int st_open_bytes(struct st_file *f, const char *bytes, size_t len, const char *path, struct err *e)
{
	int failed;

	*f = (struct st_file){.path = mem_dup(path), .at = bytes, .len = len};
	failed = check_length(f, e) || read_file(f, e) ? -1 : 0;
	if (failed)
		st_close(f);
	return failed;
}

void st_close(struct st_file *f)
{
	for (int i = 0; i < f->n; i++) {
		free(f->entry[i].name);
		free(f->entry[i].copy);
	}
	free(f->entry);
	mapped_close(f->map);
	json_decref(f->meta);
	free(f->path);
	*f = (struct st_file){0};
}

const struct st_entry *st_find(const struct st_file *f, const char *name)
{
	struct st_entry key = {.name = (char *)name}; /* only read */

	return f->n ? bsearch(&key, f->entry, (size_t)f->n, sizeof key, entry_order) : NULL;
}

const char *st_meta(const struct st_file *f, const char *key)
{
	return json_string_value(json_object_get(f->meta, key));
}

static bool same_shape(const struct st_entry *t, int dims, const int64_t *dim)
{
	if (t->dims != dims)
		return false;
	for (int i = 0; i < dims; i++)
		if (dim[i] >= 0 && dim[i] != t->dim[i])
			return false;
	return true;
}

const void *st_need(const struct st_file *f, const char *name, enum st_type type, int dims,
		    const int64_t *dim, struct err *e)
{
	const struct st_entry *t = st_find(f, name);
	struct str has = {0}, want = {0};

	if (t && t->type == type && same_shape(t, dims, dim))
		return t->data;
	describe(&want, type, dims, dim);
	if (t)
		describe(&has, t->type, t->dims, t->dim);
	err_at(e, f->path, 0, 0,
	       "tensor %s is %s, expected %s; these weights belong to a different configuration",
	       name, t ? has.s : "missing", want.s);
	str_free(&has);
	str_free(&want);
	return NULL;
}

/*
 * Writing
 */

struct st_writer {
	struct {
		struct st_entry t;
		int64_t bytes;
	} * entry;
	int n, room;
	json_t *header, *meta;
	int64_t data_len;
};

struct st_writer *st_new(void)
{
	struct st_writer *w = mem_alloc(1, sizeof *w);

	w->header = json_object();
	w->meta = json_object();
	return w;
}

void st_add(struct st_writer *w, const char *name, enum st_type type, int dims, const int64_t *dim,
	    const void *data)
{
	struct st_entry t = {.type = type, .dims = dims, .data = data};
	json_t *shape = json_array();
	int64_t bytes;

	BUG_ON(dims > ST_DIMS);
	for (int i = 0; i < dims; i++) {
		BUG_ON(dim[i] < 0);
		t.dim[i] = dim[i];
		BUG_ON(json_array_append_new(shape, json_integer(dim[i])));
	}
	bytes = byte_size(&t);
	if (json_object_get(w->header, name) || strcmp(name, META) == 0 || bytes < 0)
		BUG("tensor %s: the name is already taken, or the tensor is too large", name);
	if (w->n == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		w->entry = mem_grow(w->entry, (size_t)w->room, sizeof *w->entry);
	}
	w->entry[w->n].t = t;
	w->entry[w->n++].bytes = bytes;
	/* Fails for a name that is not UTF-8, and then would be lost in silence. */
	if (json_object_set_new(w->header, name,
				json_pack("{s:s, s:o, s:[I, I]}", "dtype", type_table[type].name,
					  "shape", shape, "data_offsets", (json_int_t)w->data_len,
					  (json_int_t)w->data_len + (json_int_t)bytes)))
		BUG("tensor name \"%s\" is not UTF-8", name);
	w->data_len += bytes;
}

void st_add_meta(struct st_writer *w, const char *key, const char *value)
{
	if (json_object_set_new(w->meta, key, json_string(value)))
		BUG("metadata %s is not UTF-8", key);
}

/* The length and the header, padded so that the data starts at a multiple of 8. */
static void emit_header(const struct st_writer *w, st_sink *sink, void *ctx)
{
	json_t *root = json_object();
	char *text;
	size_t len, pad;
	uint64_t whole;

	if (json_object_size(w->meta))
		BUG_ON(json_object_set(root, META, w->meta));
	BUG_ON(json_object_update(root, w->header));
	text = json_dumps(root, JSON_COMPACT);
	BUG_ON(!text);
	len = strlen(text);
	pad = (8 - len % 8) % 8;
	whole = len + pad;
	sink(ctx, &whole, LENGTH_BYTES);
	sink(ctx, text, len);
	sink(ctx, "        ", pad);
	free(text);
	json_decref(root);
}

void st_free(struct st_writer *w)
{
	json_decref(w->header);
	json_decref(w->meta);
	free(w->entry);
	free(w);
}

void st_emit(struct st_writer *w, st_sink *sink, void *ctx)
{
	emit_header(w, sink, ctx);
	for (int i = 0; i < w->n; i++)
		if (w->entry[i].bytes)
			sink(ctx, w->entry[i].t.data, (size_t)w->entry[i].bytes);
	st_free(w);
}

static void to_file(void *ctx, const void *bytes, size_t n)
{
	fwrite(bytes, 1, n, ctx);
}

int st_write(struct st_writer *w, const char *path, struct err *e)
{
	struct atomic_file a;

	if (atomic_open(&a, path, e)) {
		st_free(w);
		return -1;
	}
	st_emit(w, to_file, a.f);
	return atomic_commit(&a, e);
}
