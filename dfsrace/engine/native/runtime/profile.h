/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the threads' time goes, if the runtime is built with -DPROFILE: a stopwatch for each thread, which always runs
 * for one thing.  It is turned over some thousand times a second, not for each state.  Else nothing of it is left.
 */
#ifndef DFSRACE_PROFILE_H
#define DFSRACE_PROFILE_H

enum spent { ON_STEPS, ON_KEYS, ON_INSERTION, ON_GROWTH, ON_GOALS, ON_ORDER, ON_WAITING, KINDS_SPENT };

#define SPENT_NAMES {"steps", "keys", "insertion", "growth", "goals", "order", "waiting"}

#ifdef PROFILE
#include <time.h>

struct profile {
	double since, spent[KINDS_SPENT];
	enum spent on;
};

static inline void spend(struct profile *p, enum spent on)
{
	struct timespec t;
	double now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
	if (p->since > 0)
		p->spent[p->on] += now - p->since;
	p->since = now;
	p->on = on;
}
#else
struct profile {
	char none;
};

static inline void spend(struct profile *p, enum spent on)
{
	(void)p, (void)on;
}
#endif

#endif
