/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/start.h"

#include "ui/console/complete.h"
#include "ui/console/start_private.h"
#include "ui/state/next_run.h"

const struct verb start_verbs[] = {
	{"draft", "[KEY VALUE|xFACTOR|off [KEY]|live]",
	 "Change a setting of the next run; live takes this run's live changes over.", start_draft,
	 next_run_refused, complete_next, CHANGES_FILES | LATE},
	{0},
};
