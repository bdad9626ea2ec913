/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Breadth first, level by level, over the canonical states of a model: what the search offers.  dfsrace/engine/native/
 * library.py has the same declarations for Python; SEARCH_ABI changes with them.
 */
#ifndef DFSRACE_SEARCH_H
#define DFSRACE_SEARCH_H

#include "model.h"

#define SEARCH_ABI 1
#define AUTOMATIC 10 /* automatic properties, numbered after the named ones; the first is the deadlock */

enum status {
	RUNNING,      /* the time for this call is over */
	DONE,         /* everything was visited */
	STOP_STATES,  /* the bound on states refused one */
	STOP_MEMORY,  /* what is needed next is not to be had */
	STOP_FIRST,   /* a violation was found, and no more is wanted */
	STOP_ERROR,   /* an error in the model: see struct statistics */
};

struct settings {
	uint64_t states;     /* bound, or all ones */
	uint64_t memory;     /* bytes that may be taken, or all ones */
	uint64_t keep;       /* levels are kept for a second search as long as they have at most so many states together */
	uint64_t first_slots; /* of the table, a power of two */
	uint32_t first;      /* stop after the level of the first violation */
	uint32_t threads;
};

struct statistics {
	uint64_t states, transitions, queue, bytes, kept_levels;
	uint32_t depth;
	int32_t exhausted; /* the first pool found exhausted, or -1 */
	uint32_t error, error_thread, error_place;
};

struct search;

struct search *search_open(const struct model *m, const struct settings *s);
void search_close(struct search *s);
/* Takes in initial states, WORDS words each. */
void search_seed(struct search *s, const word *states, uint64_t count);
/* Explores for so many seconds at most. */
enum status search_run(struct search *s, double seconds);
void search_statistics(const struct search *s, struct statistics *out);

/* Reach conditions met and coverage points reached, a bit for each; most values held of each pool. */
const word *search_met(const struct search *s);
const word *search_hits(const struct search *s);
const uint32_t *search_largest(const struct search *s);

/* The same model's functions, compiled otherwise; between two calls of search_run. */
void search_use(struct search *s, const struct model *m);

/* The least depth of a property's violations, or -1. */
int32_t search_goal_depth(const struct search *s, uint32_t property);
/*
 * The violations at that depth, each WORDS + 2 words: the state's number, the thread that moved plus one or 0 where the
 * state itself is a violation, the state (before the step, if there is one).
 */
const word *search_goal(const struct search *s, uint32_t property, uint64_t *count);

/* States at a depth, WORDS words each, if levels are kept. */
const word *search_level(const struct search *s, uint32_t depth, uint64_t *count);
/* From a state's number to its parent's and the place of the step among the parent's steps; ~0 for an initial state. */
uint64_t search_parent(const struct search *s, uint64_t state, uint32_t *ordinal);
/* The canonical successor that a state's ordinal-th step leads to; 0 if there is none.  Only after the search. */
int search_follow(struct search *s, const word *state, uint32_t ordinal, word *out);

#ifdef PROFILE
/* Shares of the threads' time (profile.h), KINDS_SPENT of them; after the search. */
void search_profile(const struct search *s, double *shares);
#endif

int visits_revisits(struct context *c, unsigned thread, unsigned place, const val *values, unsigned count);
void visits_close(struct context *c);

#endif
