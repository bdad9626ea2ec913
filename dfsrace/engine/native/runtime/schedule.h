/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schedule of a violation, in the model without renaming: shortest, then fewest switches, then least in the order of
 * threads, then least initial state and choices, as dfsrace/engine/reference/shortest.py has it.
 */
#ifndef DFSRACE_SCHEDULE_H
#define DFSRACE_SCHEDULE_H

#include "search.h"
#include "sweep.h"

/* An initial state without renaming; `has_state` is 0 where the first local steps end in a violation. */
struct start {
	int has_state;
	word state[WORDS];
};

struct schedule {
	uint32_t initial, count, switches;
	uint16_t *threads; /* of each step */
	word *states;      /* after each step, WORDS words each, as the model without renaming has them */
	int last_leads;    /* 0 if the last step is the violation itself and leads nowhere */
};

struct pathfinder {
	const struct model *m;
	struct explored found;
	struct search *log; /* NULL: always with a sweep */
	const struct start *starts;
	uint32_t start_count;
	const word *first_level; /* the canonical initial states */
	uint64_t first_count;
};

/*
 * The schedule of the violations of a property.  With a sweep, whose `goal`-th violation it is, and levels kept, it has
 * the fewest switches; without (NULL) it is some shortest one.  0 if there is none: then the code contradicts itself.
 */
int schedule_find(const struct pathfinder *p, const struct sweep *w, uint32_t goal, uint32_t property,
		  struct schedule *out);
void schedule_close(struct schedule *out);

#endif
