/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that wait for work.  A round is a function called once for each of so many items, by whichever thread is
 * free; it is over when all calls have returned.
 */
#ifndef DFSRACE_TEAM_H
#define DFSRACE_TEAM_H

#include <stdint.h>

struct team;
typedef void task(void *of, uint32_t worker, uint32_t item);

/* NULL if there is no memory, or not so many threads are to be had. */
struct team *team_open(uint32_t threads);
void team_close(struct team *t);
/* Items are handed out in their order; the caller works as number 0. */
void team_run(struct team *t, task *f, void *of, uint32_t items);

#endif
