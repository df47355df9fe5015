/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * safetensors: named arrays in one file, as PyTorch users exchange weights.
 *
 * The file: uint64 length of the header (little endian); the header, JSON
 * {"NAME": {"dtype": "F32", "shape": [...], "data_offsets": [begin, end]}, ...,
 * "__metadata__": {KEY: TEXT}}; the data, which the arrays cover without gap or
 * overlap, each row-major.
 *
 * Reading maps the file and checks header, types, shapes, offsets and bounds
 * before a byte of data is used. An array whose data is not aligned for its
 * type is copied. Writing puts the whole file beside its name and renames it:
 * the old file or the new one, never a torn one. It starts the data at a
 * multiple of 8: add arrays of 8-byte types first and all are read in place.
 */
#ifndef MIUST_SAFETENSORS_H
#define MIUST_SAFETENSORS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum st_type { ST_F32, ST_F64, ST_I64, ST_U32, ST_U8 };
enum { ST_DIMS = 4 };

struct st_entry {
	char *name;
	enum st_type type;
	int dims;
	int64_t dim[ST_DIMS];
	const void *data; /* little endian, as on every machine this runs on */
	void *copy;       /* what data points to if it was not aligned, else NULL */
};

struct st_file {
	char *path;
	struct st_entry *entry; /* sorted by name */
	int n;
	const char *at; /* [len] the whole file */
	size_t len;
	struct mapped *map; /* that owns it; NULL: the caller's bytes */
	void *meta;         /* json_t object of __metadata__, or NULL */
};

int st_open(struct st_file *f, const char *path, struct err *e);
/* The same of a file that is in memory, which the caller keeps until st_close, at a multiple
 * of 8; `path` is what sentences call it. */
int st_open_bytes(struct st_file *f, const char *bytes, size_t len, const char *path,
		  struct err *e);
void st_close(struct st_file *f); /* safe on zeroed memory */
const struct st_entry *st_find(const struct st_file *f, const char *name); /* or NULL */
const char *st_meta(const struct st_file *f, const char *key);             /* or NULL */
/* The array NAME if it has that type and exactly these dimensions (-1: any
 * size), else NULL and an error naming the file, what it has and what was
 * expected. */
const void *st_need(const struct st_file *f, const char *name, enum st_type type, int dims,
		    const int64_t *dim, struct err *e);
int64_t st_count(const struct st_entry *t); /* number of values */

struct st_writer; /* collects arrays; they must live until st_write */
struct st_writer *st_new(void);
/* The name is copied, the data is not. */
void st_add(struct st_writer *w, const char *name, enum st_type type, int dims, const int64_t *dim,
	    const void *data);
void st_add_meta(struct st_writer *w, const char *key, const char *value);
void st_free(struct st_writer *w); /* instead of writing */
/* Writes entries in the order added; frees the writer in any case. */
int st_write(struct st_writer *w, const char *path, struct err *e);
/* The same bytes, piece by piece, to whoever takes them. */
typedef void st_sink(void *ctx, const void *bytes, size_t n);
void st_emit(struct st_writer *w, st_sink *sink, void *ctx);

#endif
