/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a search found, whichever kind of search it was: levels and violations, as search.h has them.  The second search
 * and the schedules need no more.
 */
#ifndef DFSRACE_EXPLORED_H
#define DFSRACE_EXPLORED_H

#include "bounded.h"
#include "search.h"

struct explored {
	const void *search;
	int32_t (*goal_depth)(const void *search, uint32_t property);
	const word *(*goal)(const void *search, uint32_t property, uint64_t *count);
	const word *(*level)(const void *search, uint32_t depth, uint64_t *count);
};

struct explored explored_search(const struct search *s);
struct explored explored_bounded(const struct bounded *b);

#endif
