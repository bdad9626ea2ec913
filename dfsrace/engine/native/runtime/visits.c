/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a step with loops has been: a thread that comes back to a place with the same values never gets on.  Every visit
 * is kept whole, in a list for each hash; steps with loops are rare and short.
 */
#include <stdlib.h>
#include <string.h>

#include "search.h"

#define LISTS 1024

struct visit {
	struct visit *next;
	unsigned place, count;
	val values[];
};

struct visits {
	struct visit *lists[LISTS];
};

static void forget(struct visits *v)
{
	for (unsigned i = 0; i < LISTS; i++) {
		while (v->lists[i]) {
			struct visit *first = v->lists[i];

			v->lists[i] = first->next;
			free(first);
		}
	}
}

void visits_close(struct context *c)
{
	if (c->visits)
		forget(c->visits);
	free(c->visits);
	c->visits = NULL;
}

int visits_revisits(struct context *c, unsigned thread, unsigned place, const val *values, unsigned count)
{
	uint64_t hash = place;
	struct visit *v, **list;

	if (!c->visits)
		c->visits = calloc(1, sizeof(*c->visits));
	if (!c->visits)
		abort();
	if (!place) {
		forget(c->visits);
		return 0;
	}
	for (unsigned i = 0; i < count; i++)
		hash = (hash ^ (uint64_t)values[i]) * 0x9e3779b97f4a7c15ull;
	list = &c->visits->lists[hash >> 54];
	for (v = *list; v; v = v->next) {
		if (v->place == place && !memcmp(v->values, values, count * sizeof(*values))) {
			c->error = LOOPS_WITHOUT_ACCESS;
			c->error_thread = thread;
			c->error_place = place - 1;
			return 1;
		}
	}
	v = malloc(sizeof(*v) + count * sizeof(*values));
	if (!v)
		abort();
	v->next = *list;
	v->place = place;
	v->count = count;
	memcpy(v->values, values, count * sizeof(*values));
	*list = v;
	return 0;
}
