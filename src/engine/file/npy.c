/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/file/npy.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The file: "\x93NUMPY", two bytes of version, the header's length (2 bytes in
 * version 1, then 4; little endian), the header (npy_header.h), the values. */
enum {
	PREFIX_MIN = 10,
	PREFIX_MAX = 12,
	FIRST_READ = 512,     /* holds every header NumPy writes for a matrix */
	HEADER_MAX = 1 << 16, /* longer ones describe structures, never a matrix */
};

static const char LFS[] = "version https://git-lfs";

static int map_values(struct npy *a, int fd, size_t offset, size_t size, const char *path,
		      struct err *e)
{
	const struct npy_type_row *type = &npy_type_table[a->type];
	size_t row = (size_t)a->cols * (size_t)type->size; /* below 2^34: cannot overflow */

	if (row && (size_t)a->rows > (size - offset) / row)
		return err_at(e, path, 0, 0,
			      "cut off: %d x %d %s values need %.0f bytes after byte %zu, the "
			      "file has %zu; copy or extract it again",
			      a->rows, a->cols, type->name, (double)a->rows * (double)row, offset,
			      size - offset);
	a->map = mapped_open(fd, offset + (size_t)a->rows * row, path, e);
	if (!a->map)
		return -1;
	a->values = a->map->at + offset;
	return 0;
}

/* pread until n bytes are there, or fewer at the end of the file; -1: errno. */
static ssize_t read_at(int fd, char *buf, size_t n, off_t from)
{
	size_t got = 0;

	while (got < n) {
		ssize_t k = pread(fd, buf + got, n - got, from + (off_t)got);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		got += (size_t)k;
	}
	return (ssize_t)got;
}

/* Where the header is, from the file's first `got` bytes. */
static int find_header(const char *first, size_t got, size_t size, size_t *at, size_t *len,
		       const char *path, struct err *e)
{
	const unsigned char *u = (const unsigned char *)first;

	if (got < PREFIX_MAX || size < PREFIX_MAX || memcmp(first, "\x93NUMPY", 6) != 0) {
		const char *found = "not a .npy file";

		if (got == 0)
			found = "an empty file";
		else if (got >= 2 && memcmp(first, "PK", 2) == 0)
			found = "an archive (.npz)";
		else if (got >= strlen(LFS) && memcmp(first, LFS, strlen(LFS)) == 0)
			return err_at(e, path, 0, 0,
				      "is a Git LFS pointer, not the file itself; fetch that with "
				      "git lfs pull");
		return err_at(e, path, 0, 0, "%s; expected a file as numpy.save writes it", found);
	}
	if (u[6] < 1 || u[6] > 3)
		return err_at(e, path, 0, 0,
			      ".npy version %d.%d; expected 1, 2 or 3: save it with numpy.save",
			      u[6], u[7]);
	*at = u[6] == 1 ? PREFIX_MIN : PREFIX_MAX;
	*len = u[8] | (size_t)u[9] << 8;
	if (u[6] > 1)
		*len |= (size_t)u[10] << 16 | (size_t)u[11] << 24;
	if (*len > HEADER_MAX)
		return err_at(e, path, 0, 0,
			      "a header of %zu bytes; expected at most %d for a matrix: save it "
			      "with numpy.save",
			      *len, HEADER_MAX);
	if (*len > size - *at)
		return err_at(e, path, 0, 0,
			      "cut off: %zu bytes, and the header alone needs %zu; copy or extract "
			      "it again",
			      size, *at + *len);
	return 0;
}

static int open_matrix(struct npy *a, int fd, size_t size, const char *path, struct err *e)
{
	char first[FIRST_READ], *longer = NULL;
	ssize_t got = read_at(fd, first, sizeof first, 0);
	size_t at = 0, len = 0;
	struct npy_header h;
	const char *text;
	int status = -1;

	if (got < 0)
		return err_errno(e, path, "cannot be read");
	if (find_header(first, (size_t)got, size, &at, &len, path, e) != 0)
		return -1;
	text = first + at;
	if (at + len > (size_t)got) {
		text = longer = mem_alloc(len, 1);
		if (read_at(fd, longer, len, (off_t)at) != (ssize_t)len) {
			err_at(e, path, 0, 0, "the header of %zu bytes cannot be read", len);
			goto out;
		}
	}
	if (npy_header_read(&h, text, len, at, path, e) != 0)
		goto out;
	a->rows = h.rows;
	a->cols = h.cols;
	a->type = h.type;
	a->swapped = h.swapped;
	a->fortran = h.fortran;
	a->vector = h.vector;
	status = map_values(a, fd, at + len, size, path, e);
out:
	free(longer);
	return status;
}

int npy_open(struct npy *a, const char *path, struct err *e)
{
	size_t size = 0;
	int fd = file_open_read(path, FILE_MAPPED, &size, e);
	int status;

	memset(a, 0, sizeof *a);
	if (fd < 0)
		return -1;
	status = open_matrix(a, fd, size, path, e);
	close(fd);
	if (status != 0)
		npy_close(a);
	return status;
}

void npy_close(struct npy *a)
{
	mapped_close(a->map);
	memset(a, 0, sizeof *a);
}

int npy_check(const struct npy *a, struct err *e)
{
	return a->map ? mapped_check(a->map, e) : 0;
}

/* ---- values ---- */

const float *npy_direct(const struct npy *a)
{
	bool aligned = (uintptr_t)a->values % sizeof(float) == 0;

	return a->type == NPY_F32 && !a->swapped && !a->fortran && aligned ? a->values : NULL;
}

bool npy_is_integer(const struct npy *a)
{
	return a->type >= NPY_BOOL;
}

static float half(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, mantissa = h & 0x3ff;
	uint32_t bits;
	float v;

	if (exponent == 0) { /* zero and subnormals */
		v = (float)mantissa * 0x1p-24f;
		return sign ? -v : v;
	}
	bits = sign | (exponent == 31 ? 255 : exponent - 15 + 127) << 23 | mantissa << 13;
	memcpy(&v, &bits, sizeof v);
	return v;
}

/* The value of `size` bytes at p, in this machine's order, in the low bytes. */
static uint64_t bits_at(const char *p, int size, bool swapped)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (size) {
	case 1:
		return (unsigned char)*p;
	case 2:
		memcpy(&u16, p, sizeof u16);
		return swapped ? __builtin_bswap16(u16) : u16;
	case 4:
		memcpy(&u32, p, sizeof u32);
		return swapped ? __builtin_bswap32(u32) : u32;
	default:
		memcpy(&u64, p, sizeof u64);
		return swapped ? __builtin_bswap64(u64) : u64;
	}
}

static float float_of(uint32_t bits)
{
	float v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

static double double_of(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

/* As stored; integers of 64 bits rounded. */
static double load(const char *p, enum npy_type type, bool swapped)
{
	uint64_t bits = bits_at(p, npy_type_table[type].size, swapped);

	switch (type) {
	case NPY_F16:
		return (double)half((uint16_t)bits);
	case NPY_BF16:
		return (double)float_of((uint32_t)bits << 16);
	case NPY_F32:
		return (double)float_of((uint32_t)bits);
	case NPY_F64:
		return double_of(bits);
	case NPY_BOOL:
		return bits != 0;
	case NPY_I8:
		return (int8_t)bits;
	case NPY_I16:
		return (int16_t)bits;
	case NPY_I32:
		return (int32_t)bits;
	case NPY_I64:
		return (double)(int64_t)bits;
	case NPY_U8:
	case NPY_U16:
	case NPY_U32:
	case NPY_U64:
		return (double)bits;
	case NPY_TYPES:
		break;
	}
	BUG("type %d", (int)type);
}

static const char *place(const struct npy *a, int row, int col)
{
	size_t at = a->fortran ? (size_t)col * (size_t)a->rows + (size_t)row
			       : (size_t)row * (size_t)a->cols + (size_t)col;

	return (const char *)a->values + at * (size_t)npy_type_table[a->type].size;
}

double npy_value(const struct npy *a, int row, int col)
{
	return load(place(a, row, col), a->type, a->swapped);
}

void npy_row(const struct npy *a, int row, float *out)
{
	size_t size = (size_t)npy_type_table[a->type].size;
	size_t step = a->fortran ? (size_t)a->rows * size : size;
	const char *p = place(a, row, 0);

	if (a->type == NPY_F32 && !a->swapped && !a->fortran)
		memcpy(out, p, (size_t)a->cols * size);
	else
		for (int j = 0; j < a->cols; j++, p += step)
			out[j] = (float)load(p, a->type, a->swapped);
}

void npy_willneed(const struct npy *a)
{
	if (a->map)
		mapped_willneed(a->map);
}

int npy_write(const char *path, const float *values, int rows, int cols, struct err *e)
{
	enum { HEADER = 128 }; /* a multiple of 64, so that the values lie aligned in a map */
	char head[HEADER + 1];
	struct atomic_file a;
	int len;

	BUG_ON(rows < 0 || cols < 0);
	memcpy(head, "\x93NUMPY\x01\x00", 8);
	head[8] = HEADER - PREFIX_MIN;
	head[9] = 0;
	len = PREFIX_MIN +
	      snprintf(head + PREFIX_MIN, sizeof head - PREFIX_MIN,
		       "{'descr': '%cf4', 'fortran_order': False, 'shape': (%d, %d), }",
		       __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>', rows, cols);
	memset(head + len, ' ', (size_t)(HEADER - len));
	head[HEADER - 1] = '\n';

	if (atomic_open(&a, path, e))
		return -1;
	fwrite(head, 1, HEADER, a.f);
	fwrite(values, sizeof *values, (size_t)rows * (size_t)cols, a.f);
	return atomic_commit(&a, e);
}
