/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All views, and all verbs that work everywhere. */
#include "ui/state/view.h"

#include <stddef.h>

#define VIEW(id, name) [VIEW_##id] = &view_##name,
#define VERBS(file)    file##_verbs,

const struct view *const view_table[VIEWS] = {VIEW_LIST(VIEW)};
const struct verb *const verb_tables[] = {VERB_TABLES(VERBS) NULL};
