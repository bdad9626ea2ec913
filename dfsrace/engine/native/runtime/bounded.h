/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The search under a bound on switches: every state is kept with the thread that moved last and the fewest switches that
 * reach it so (context bounding: Qadeer and Rehof; Musuvathi and Qadeer's CHESS).  One thread; all states are kept.
 */
#ifndef DFSRACE_BOUNDED_H
#define DFSRACE_BOUNDED_H

#include "search.h"

struct bounded;

struct bounded *bounded_open(const struct model *m, const struct settings *settings, uint32_t most);
void bounded_close(struct bounded *b);
void bounded_use(struct bounded *b, const struct model *m);
void bounded_seed(struct bounded *b, const word *states, uint64_t count);
enum status bounded_run(struct bounded *b, double seconds);
void bounded_statistics(const struct bounded *b, struct statistics *out);
/* True if the bound kept a thread from moving that could have. */
int bounded_refused(const struct bounded *b);

/* As the functions of search.h. */
const word *bounded_met(const struct bounded *b);
const word *bounded_hits(const struct bounded *b);
const uint32_t *bounded_largest(const struct bounded *b);
int32_t bounded_goal_depth(const struct bounded *b, uint32_t property);
const word *bounded_goal(const struct bounded *b, uint32_t property, uint64_t *count);
const word *bounded_level(const struct bounded *b, uint32_t depth, uint64_t *count);

#endif
