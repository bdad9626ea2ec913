/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Goals: the states of least depth in which a property is violated or met, and what steps violate on their way.  Each
 * thread notes its own; between two rounds they are brought together in an order that does not depend on who found them.
 */
#ifndef DFSRACE_GOALS_H
#define DFSRACE_GOALS_H

#include "block.h"

void note_goal(struct worker *w, uint32_t property, int32_t depth, const word *entry);
/* Judges a state; what it violates is noted at this depth with this number, mover and state. */
void judge_state(struct worker *w, const word *state, int cells, int32_t depth, const word *entry);
/* What steps say that end in no state, or find a pool without a free value: `violated` and `exhausted` of a context. */
void step_violates(struct context *c, const word *from, unsigned thread, unsigned code, const word *after, int judged);
void step_exhausts(struct context *c, unsigned pool);
void gather_goals(struct search *s);

#endif
