/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: the file of a stored state: a head of fixed size, then the bytes of
 * state.safetensors (state.h) without the kept weights. Those change once in many states, and
 * lie in best.safetensors anyway, which STEP.best is a link to (or a copy). The weights
 * are left out too where they are the kept ones. The head has the length and the checksum of
 * what follows it, the checksum of the kept weights, and one of its own, so that a list of
 * states reads heads only.
 */
#include "app/session/states_private.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

/* Little endian, as on every machine this runs on (safetensors.c). */
struct states_head {
	char magic[8];
	int32_t fold, epoch, in_epoch, step, rewinds, ended, best_epoch;
	int32_t same;  /* the weights are the kept ones */
	int64_t bytes; /* after the head */
	uint64_t sum;  /* XXH3 of these */
	uint64_t kept; /* XXH3 of the kept weights, as params.w has them; 0: none */
	char name[STORED_NAME];
	uint64_t own; /* XXH3 of the head up to here */
};
_Static_assert(sizeof(struct states_head) == 136, "no gaps");

static const char magic[8] = {'M', 'I', 'U', 'S', 'T', 'S', 'T', '1'};

static size_t array_bytes(const struct state *s)
{
	return s->layout.total * sizeof(real);
}

/* The part of a state that its own file has. */
static struct state lean(const struct state *s, bool same)
{
	struct state part = *s;

	part.array[ARRAY_KEPT] = NULL;
	if (same)
		part.array[ARRAY_WEIGHTS] = NULL;
	return part;
}

static uint64_t sum_of(const struct states_head *h)
{
	return XXH3_64bits(h, offsetof(struct states_head, own));
}

struct output {
	FILE *f;
	XXH3_state_t *sum;
	int64_t bytes;
};

static void take(void *ctx, const void *bytes, size_t n)
{
	struct output *o = ctx;

	fwrite(bytes, 1, n, o->f);
	XXH3_64bits_update(o->sum, bytes, n);
	o->bytes += (int64_t)n;
}

static void describe(struct states_head *h, const struct state *s, const char *name)
{
	*h = (struct states_head){.fold = s->fold,
				  .epoch = s->epoch,
				  .in_epoch = s->in_epoch,
				  .step = s->step,
				  .rewinds = s->rewinds,
				  .ended = s->ended,
				  .best_epoch = s->best_epoch};
	memcpy(h->magic, magic, sizeof magic);
	str_fit(h->name, sizeof h->name, name);
	if (s->best_epoch == 0)
		return;
	h->kept = XXH3_64bits(s->array[ARRAY_KEPT], array_bytes(s));
	h->same = memcmp(s->array[ARRAY_KEPT], s->array[ARRAY_WEIGHTS], array_bytes(s)) == 0;
}

int states_file_write(const struct state *s, const char *name, const char *path, struct err *e)
{
	struct output o = {.sum = XXH3_createState()};
	struct atomic_file a = {0};
	struct states_head h;
	struct state part;

	if (!o.sum || file_check_own(path, e) || atomic_open(&a, path, e)) {
		XXH3_freeState(o.sum);
		return err_set(e, "%s: out of memory", path);
	}
	o.f = a.f;
	XXH3_64bits_reset(o.sum);
	describe(&h, s, name);
	part = lean(s, h.same);
	fwrite(&h, sizeof h, 1, a.f);
	state_emit(&part, take, &o);
	h.bytes = o.bytes;
	h.sum = XXH3_64bits_digest(o.sum);
	h.own = sum_of(&h);
	XXH3_freeState(o.sum);
	if (!ferror(a.f) && fseek(a.f, 0, SEEK_SET) == 0)
		fwrite(&h, sizeof h, 1, a.f);
	return atomic_commit(&a, e);
}

static int check_head(const struct states_head *h, size_t got, int64_t size, const char *path,
		      struct err *e)
{
	if (got == sizeof *h && memcmp(h->magic, magic, sizeof magic - 1) == 0 &&
	    h->magic[7] > magic[7])
		return err_at(e, path, 0, 0, "a newer version of miust wrote it");
	if (got != sizeof *h || memcmp(h->magic, magic, sizeof magic) != 0 || h->own != sum_of(h) ||
	    memchr(h->name, '\0', sizeof h->name) == NULL)
		return err_at(e, path, 0, 0, "its head is damaged");
	if (h->bytes != size - (int64_t)sizeof *h)
		return err_at(e, path, 0, 0, "has %lld bytes, its head says %lld", (long long)size,
			      (long long)h->bytes + (long long)sizeof *h);
	return 0;
}

/* Open it and read its head; -1: *e. */
static int open_head(struct states_head *h, const char *path, struct err *e)
{
	size_t size = 0;
	int fd = file_open_read(path, FILE_MAPPED, &size, e);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, h, sizeof *h);
	if (got >= 0 && check_head(h, (size_t)got, (int64_t)size, path, e) == 0)
		return fd;
	if (got < 0)
		err_errno(e, path, "cannot read");
	close(fd);
	return -1;
}

static struct stored stored_of(const struct states_head *h)
{
	struct stored s = {.epoch = h->epoch,
			   .in_epoch = h->in_epoch,
			   .step = h->step,
			   .rewinds = h->rewinds,
			   .ended = h->ended != 0,
			   .best_epoch = h->best_epoch,
			   .bytes = h->bytes + (int64_t)sizeof *h};

	str_fit(s.name, sizeof s.name, h->name);
	return s;
}

int states_file_head(struct stored *out, const char *path, struct err *e)
{
	struct states_head h;
	int fd = open_head(&h, path, e);

	if (fd < 0)
		return -1;
	close(fd);
	*out = stored_of(&h);
	return 0;
}

/* All that follows the head, at a multiple of 64; NULL: *e. */
static char *read_rest(int fd, const struct states_head *h, const char *path, struct err *e)
{
	size_t n = (size_t)h->bytes, at = 0;
	char *bytes = mem_try(n);

	if (!bytes) {
		err_at(e, path, 0, 0, "out of memory (%zu MB needed)", n >> 20);
		return NULL;
	}
	while (at < n) {
		ssize_t got = read(fd, bytes + at, n - at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		at += (size_t)got;
	}
	if (at == n && XXH3_64bits(bytes, n) == h->sum)
		return bytes;
	err_at(e, path, 0, 0, at == n ? "is damaged: its checksum is another" : "cannot be read");
	free(bytes);
	return NULL;
}

/* The kept weights, from the file `best`; values: cleared. */
static int get_kept(const struct params *layout, real *values, const struct states_head *h,
		    const char *best, struct err *e)
{
	struct st_file f;
	int failed;

	if (st_open(&f, best, e))
		return -1;
	failed = params_get(layout, values, "", &f, e);
	st_close(&f);
	if (failed || XXH3_64bits(values, layout->total * sizeof(real)) == h->kept)
		return failed;
	return err_at(e, best, 0, 0, "has other weights than were kept");
}

/* Into memory of their own. */
static int load_kept(struct state *s, const struct states_head *h, const char *best, struct err *e)
{
	s->array[ARRAY_KEPT] = mem_try(array_bytes(s));
	if (!s->array[ARRAY_KEPT])
		return err_at(e, best, 0, 0, "out of memory (%zu MB needed)", array_bytes(s) >> 20);
	if (!h->kept)
		return 0;
	memset(s->array[ARRAY_KEPT], 0, array_bytes(s)); /* the gaps */
	return get_kept(&s->layout, s->array[ARRAY_KEPT], h, best, e);
}

static int load_weights(struct state *s, struct err *e)
{
	s->array[ARRAY_WEIGHTS] = mem_try(array_bytes(s));
	if (!s->array[ARRAY_WEIGHTS])
		return err_set(e, "out of memory (%zu MB needed)", array_bytes(s) >> 20);
	memcpy(s->array[ARRAY_WEIGHTS], s->array[ARRAY_KEPT], array_bytes(s));
	return 0;
}

/* The whole file: its head, and the bytes after it; NULL on error, else free() them. */
static char *read_all(struct states_head *h, const char *path, struct err *e)
{
	int fd = open_head(h, path, e);
	char *bytes;

	if (fd < 0)
		return NULL;
	bytes = read_rest(fd, h, path, e);
	close(fd);
	return bytes;
}

int states_file_load(struct state *out, const struct state *like, const char *path,
		     const char *best, int fold, int step, struct err *e)
{
	struct states_head h;
	char *bytes = read_all(&h, path, e);
	struct state part;
	int failed;

	if (!bytes)
		return -1;
	part = lean(like, h.same);
	failed = state_load_bytes(out, &part, bytes, (size_t)h.bytes, path, e);
	free(bytes);
	if (failed)
		return -1;
	if (out->fold != fold || out->step != step)
		failed = err_at(e, path, 0, 0, "is the state of step %d of fold %d", out->step,
				out->fold);
	failed = failed || load_kept(out, &h, best, e) || (h.same && load_weights(out, e));
	if (failed)
		state_free(out);
	return failed ? -1 : 0;
}

/* Of the bytes after the head, or of `best` where they are the kept ones. */
static int get_weights(struct stored_weights *w, const struct states_head *h, const char *bytes,
		       const char *path, const char *best, struct err *e)
{
	struct st_file f;
	int failed;

	if (st_open_bytes(&f, bytes, (size_t)h->bytes, path, e))
		return -1;
	failed = weights_meta_read(&w->meta, &f, e);
	if (!failed && !h->same)
		failed =
			params_get(w->layout, w->values, params_array[ARRAY_WEIGHTS].prefix, &f, e);
	st_close(&f);
	if (!failed && h->same)
		failed = get_kept(w->layout, w->values, h, best, e);
	if (failed)
		weights_meta_free(&w->meta);
	return failed;
}

int states_file_weights(struct stored_weights *w, const char *path, const char *best, int fold,
			int step, struct err *e)
{
	struct states_head h;
	char *bytes = read_all(&h, path, e);
	int failed;

	if (!bytes)
		return -1;
	if (h.fold != fold || h.step != step)
		failed =
			err_at(e, path, 0, 0, "is the state of step %d of fold %d", h.step, h.fold);
	else
		failed = get_weights(w, &h, bytes, path, best, e);
	free(bytes);
	w->of = stored_of(&h);
	return failed ? -1 : 0;
}
