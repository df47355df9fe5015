/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feature files. */
#include "engine/file/npy.h"
#include "fuzz.h"

static void seeds(void)
{
	static const char *const header[] = {
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
		"{'descr': '>f8', 'fortran_order': True, 'shape': (1, 3), }",
		"{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2, 6), }",
		"{'shape': (6L, 4L), u'descr': u'|u1', 'fortran_order': False}",
		"{'descr': '<V2', 'fortran_order': False, 'shape': (4, 3)}",
		"{'descr': [('a', '<f4'), ('b', '<i8')], 'fortran_order': False, 'shape': (2,)}",
		"{'descr': '|O', 'fortran_order': False, 'shape': ()}",
	};

	for (size_t i = 0; i < sizeof header / sizeof *header; i++)
		for (int version = 1; version <= 2; version++) {
			char file[256] = "\x93NUMPY";
			size_t n = strlen(header[i]), at = version == 1 ? 10 : 12;

			file[6] = (char)version;
			file[8] = (char)n;
			memcpy(file + at, header[i], n);
			fuzz_seed(file, at + n + 24);
		}
}

static void one(const uint8_t *data, size_t n)
{
	struct npy a;
	struct err e = {0};

	if (npy_open(&a, fuzz_file("a.npy", data, n), &e))
		return;
	if (a.cols > 0 && a.cols < 1 << 20) {
		float *row = malloc((size_t)a.cols * sizeof *row);
		const float *direct = npy_direct(&a);
		volatile float sum = 0;

		for (int i = 0; i < a.rows && i < 1000; i++) {
			npy_row(&a, i, row);
			sum += row[a.cols - 1];
		}
		if (direct && a.rows > 0)
			sum += direct[(size_t)a.rows * (size_t)a.cols - 1];
		npy_willneed(&a);
		(void)sum;
		free(row);
	}
	npy_close(&a);
}

FUZZ(seeds, one)
