/* SPDX-License-Identifier: GPL-2.0-only */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "table.h"

#define BETWEEN_LOOKS 1024 /* states between two looks at the clock */

/* States with the costs of their threads: in the order of their arrival, found by open addressing. */
struct costs {
	word *states;
	uint16_t *costs;
	uint32_t *index; /* place plus one, or 0 */
	uint64_t count, capacity, mask;
};

struct goal {
	uint32_t depth;
	struct costs *by_depth;
};

struct sweep {
	struct context c;
	const struct model *m;
	struct explored s;
	struct goal *goals;
	uint32_t count, depth; /* depth: that of the level that comes next, plus one */
	uint64_t position;
	uint8_t *places;
};

static void *sure(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- costs */

static void enlarge(struct costs *k, uint32_t threads)
{
	k->capacity = k->capacity ? k->capacity * 2 : 16;
	k->mask = k->capacity * 2 - 1;
	k->states = sure(realloc(k->states, k->capacity * WORDS * sizeof(word)));
	k->costs = sure(realloc(k->costs, k->capacity * threads * sizeof(*k->costs)));
	free(k->index);
	k->index = sure(calloc(k->mask + 1, sizeof(*k->index)));
	for (uint64_t i = 0; i < k->count; i++) {
		uint64_t at = table_hash(k->states + i * WORDS) & k->mask;

		while (k->index[at])
			at = (at + 1) & k->mask;
		k->index[at] = (uint32_t)i + 1;
	}
}

static uint16_t *find(const struct costs *k, uint32_t threads, const word *state)
{
	uint64_t at;

	if (!k->count)
		return NULL;
	for (at = table_hash(state) & k->mask; k->index[at]; at = (at + 1) & k->mask)
		if (!memcmp(k->states + (uint64_t)(k->index[at] - 1) * WORDS, state, WORDS * sizeof(word)))
			return k->costs + (uint64_t)(k->index[at] - 1) * threads;
	return NULL;
}

static uint16_t *find_or_add(struct costs *k, uint32_t threads, const word *state)
{
	uint16_t *found = find(k, threads, state);
	uint64_t at;

	if (found)
		return found;
	if (k->count == k->capacity)
		enlarge(k, threads);
	for (at = table_hash(state) & k->mask; k->index[at]; at = (at + 1) & k->mask)
		;
	copy_state(k->states + k->count * WORDS, state);
	found = k->costs + k->count * threads;
	for (uint32_t t = 0; t < threads; t++)
		found[t] = NO_COST;
	k->index[at] = (uint32_t)++k->count;
	return found;
}

/* ---- the search */

static void more_room(struct context *c)
{
	c->capacity = c->capacity ? c->capacity * 2 : 64;
	c->out = sure(realloc(c->out, (size_t)c->capacity * WORDS * sizeof(word)));
	c->from = sure(realloc(c->from, c->capacity * sizeof(*c->from)));
}

/* The first search has noted all that steps do besides. */
static void no_violation(struct context *c, const word *s, unsigned thread, unsigned code, const word *after, int judge)
{
	(void)c, (void)s, (void)thread, (void)code, (void)after, (void)judge;
}

static void no_pool(struct context *c, unsigned pool)
{
	(void)c, (void)pool;
}

static void begin(struct sweep *w, struct goal *g, uint32_t property)
{
	uint64_t count;
	const word *entry = w->s.goal(w->s.search, property, &count);

	g->depth = (uint32_t)w->s.goal_depth(w->s.search, property);
	g->by_depth = sure(calloc(g->depth + 1, sizeof(*g->by_depth)));
	for (uint64_t i = 0; i < count; i++, entry += WORDS + 2) {
		if (!entry[1])
			find_or_add(&g->by_depth[g->depth], w->m->threads, entry + 2);
		else if (g->depth)
			find_or_add(&g->by_depth[g->depth - 1], w->m->threads, entry + 2)[entry[1] - 1] = 0;
	}
	if (g->depth > w->depth)
		w->depth = g->depth;
}

/* The costs of one state for one goal, given one step of a thread and where the canonical form has put the threads. */
static void weigh_step(struct sweep *w, struct goal *g, const word *state, uint32_t depth, uint32_t thread, const word *next)
{
	const uint16_t *ahead = find(&g->by_depth[depth + 1], w->m->threads, next);
	uint16_t cost = NO_COST, *mine;

	if (!ahead)
		return;
	if (depth + 1 == g->depth)
		cost = 0;
	for (uint32_t t = 0; t < w->m->threads && depth + 1 < g->depth; t++)
		if (ahead[t] != NO_COST && ahead[t] + (t != w->places[thread]) < cost)
			cost = (uint16_t)(ahead[t] + (t != w->places[thread]));
	mine = find_or_add(&g->by_depth[depth], w->m->threads, state);
	if (cost < mine[thread])
		mine[thread] = cost;
}

static void weigh(struct sweep *w, const word *state, uint32_t depth)
{
	w->c.count = 0;
	for (uint32_t t = 0; t < w->m->threads; t++)
		step_thread(w->m, t, state, &w->c);
	for (uint32_t i = 0; i < w->c.count; i++) {
		word *next = w->c.out + (uint64_t)i * WORDS;

		for (uint32_t t = 0; t < w->m->threads; t++)
			w->places[t] = (uint8_t)t;
		if (w->m->canonical)
			w->m->canonical(next, w->places, &w->c);
		for (uint32_t g = 0; g < w->count; g++)
			if (w->goals[g].depth > depth && w->goals[g].by_depth[depth + 1].count)
				weigh_step(w, &w->goals[g], state, depth, w->c.from[i] & THREAD_MOVED, next);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum status sweep_run(struct sweep *w, double seconds)
{
	double until = now() + seconds;

	while (w->depth) {
		uint64_t count, stop = w->position + BETWEEN_LOOKS;
		const word *states = w->s.level(w->s.search, w->depth - 1, &count);

		for (; w->position < count && w->position < stop; w->position++)
			weigh(w, states + w->position * WORDS, w->depth - 1);
		if (w->position >= count) {
			w->depth--;
			w->position = 0;
		}
		if (now() >= until)
			break;
	}
	return w->depth ? RUNNING : DONE;
}

/* ---- from outside */

struct sweep *sweep_of(const struct model *m, const struct explored *s, const uint32_t *properties, uint32_t count)
{
	struct sweep *w = sure(calloc(1, sizeof(*w)));

	w->m = m;
	w->s = *s;
	w->count = count;
	w->goals = sure(calloc(count + 1, sizeof(*w->goals)));
	w->places = sure(calloc(m->threads + 1, 1));
	w->c.flush = more_room;
	w->c.violated = no_violation;
	w->c.exhausted = no_pool;
	w->c.revisits = visits_revisits;
	w->c.hits = sure(calloc(m->hit_words + 1, sizeof(word)));
	w->c.largest = sure(calloc(m->pools + 1, sizeof(uint32_t)));
	more_room(&w->c);
	for (uint32_t g = 0; g < count; g++)
		begin(w, &w->goals[g], properties[g]);
	return w;
}

struct sweep *sweep_open(const struct model *m, const struct search *s, const uint32_t *properties, uint32_t count)
{
	struct explored found = explored_search(s);

	return sweep_of(m, &found, properties, count);
}

void sweep_close(struct sweep *w)
{
	for (uint32_t g = 0; g < w->count; g++) {
		for (uint32_t d = 0; d <= w->goals[g].depth; d++) {
			free(w->goals[g].by_depth[d].states);
			free(w->goals[g].by_depth[d].costs);
			free(w->goals[g].by_depth[d].index);
		}
		free(w->goals[g].by_depth);
	}
	visits_close(&w->c);
	free(w->goals);
	free(w->places);
	free(w->c.out);
	free(w->c.from);
	free(w->c.hits);
	free(w->c.largest);
	free(w);
}

const word *sweep_states(const struct sweep *w, uint32_t goal, uint32_t depth, uint64_t *count)
{
	*count = w->goals[goal].by_depth[depth].count;
	return w->goals[goal].by_depth[depth].states;
}

const uint16_t *sweep_costs(const struct sweep *w, uint32_t goal, uint32_t depth)
{
	return w->goals[goal].by_depth[depth].costs;
}
