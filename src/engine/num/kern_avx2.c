/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef __AVX2__
#define KERN_SET  kern_avx2
#define KERN_NAME "avx2"
#include "engine/num/kern_code.h"
#else
typedef int no_such_vector_unit; /* an empty file is not C */
#endif
