/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second search: for each state on a shortest path to a violation, and each thread that may move first there, the
 * fewest switches to come.  It walks the kept levels of a search backwards, once for all violations.
 */
#ifndef DFSRACE_SWEEP_H
#define DFSRACE_SWEEP_H

#include "explored.h"

#define NO_COST UINT16_MAX

struct sweep;

struct sweep *sweep_of(const struct model *m, const struct explored *s, const uint32_t *properties, uint32_t count);
/* The same after a search without a bound on switches. */
struct sweep *sweep_open(const struct model *m, const struct search *s, const uint32_t *properties, uint32_t count);
void sweep_close(struct sweep *w);
/* Goes on for so many seconds at most: RUNNING or DONE. */
enum status sweep_run(struct sweep *w, double seconds);
/* States at a depth on shortest paths to the goal-th violation, and for each the cost of each thread, or NO_COST. */
const word *sweep_states(const struct sweep *w, uint32_t goal, uint32_t depth, uint64_t *count);
const uint16_t *sweep_costs(const struct sweep *w, uint32_t goal, uint32_t depth);

#endif
