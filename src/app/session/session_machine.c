/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_machine.h"

#include "base/file.h"
#include "base/machine.h"
#include "base/str.h"
#include "engine/num/gemm.h"
#include "engine/num/kern.h"

#include <stdlib.h>
#include <string.h>

void session_machine_here(char out[MACHINE_LINE])
{
	char processor[128], blas[256], core[64] = "?", name[32] = "", version[32] = "";

	machine_processor(processor, sizeof processor);
	gemm_name(blas, sizeof blas);
	/* "SkylakeX, OpenBLAS 0.3.21 and how it was built" */
	if (sscanf(blas, "%63[^,], %31s %31s", core, name, version) < 1)
		snprintf(core, sizeof core, "%.63s", blas);
	snprintf(out, MACHINE_LINE, "%s, kernels %.30s, BLAS %s %s %s", processor,
		 kern_best()->name, core, name, version);
}

int session_machine(const struct session *s, char other[MACHINE_LINE], struct err *e)
{
	char path[PATH_LEN], here[MACHINE_LINE], *text;
	struct str line = {0};
	size_t len;
	bool made;
	int failed;

	other[0] = '\0';
	session_machine_here(here);
	str_addf(&line, "%s\n", here);
	failed = path_join(path, sizeof path, s->root, "machine", e) || file_check_own(path, e) ||
		 file_create(path, line.s, line.len, &made, e);
	str_free(&line);
	if (failed || made)
		return failed ? -1 : 0;
	text = file_read(path, FILE_CONFIG, &len, e);
	if (!text)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	if (*text && strcmp(text, here) != 0)
		snprintf(other, MACHINE_LINE, "%.*s", MACHINE_LINE - 1, text);
	free(text);
	return 0;
}
