/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forwards over sets of states without renaming, a step at a time: the least thread that keeps to the fewest switches,
 * and all states to which its step leads that keep to them.  A set is in the order of what led to its states, the first
 * that came is kept, and so the first state of the last set has the least initial state and choices behind it.
 */
#include "schedule.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

#define MOST_STATES 2048 /* of a set: of more only the first are kept, and the order of threads may not be the least */
#define NO_THREAD UINT16_MAX

/* States of one depth that are on a way to the violation, found by open addressing; places of the sweep's arrays. */
struct way {
	const word *states;
	const uint16_t *costs; /* NULL without a sweep: any thread's step to the next state is right */
	uint64_t count, mask;
	uint32_t *index; /* place plus one, or 0 */
};

struct set {
	word *states;
	uint32_t *parents;
	uint8_t *leads;
	uint32_t count, capacity;
	uint16_t thread; /* whose steps led here */
};

struct finding {
	const struct pathfinder *p;
	struct context c;
	struct way *ways; /* for each depth up to the violation's */
	struct set *sets;
	word *chain; /* without a sweep */
	uint32_t depth;
	uint8_t *places;
	uint16_t *costs;
	const word *entries; /* the violations */
	uint64_t entry_count;
};

static void *certain(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- steps, for their successors alone: the search has noted all else */

static void widen(struct context *c)
{
	c->capacity = c->capacity ? c->capacity * 2 : 64;
	c->out = certain(realloc(c->out, (size_t)c->capacity * WORDS * sizeof(word)));
	c->from = certain(realloc(c->from, c->capacity * sizeof(*c->from)));
}

static void pass_violation(struct context *c, const word *s, unsigned thread, unsigned code, const word *after, int judge)
{
	(void)c, (void)s, (void)thread, (void)code, (void)after, (void)judge;
}

static void pass_pool(struct context *c, unsigned pool)
{
	(void)c, (void)pool;
}

static void canonical_copy(struct finding *f, const word *state, word *out)
{
	copy_state(out, state);
	for (uint32_t t = 0; t < f->p->m->threads; t++)
		f->places[t] = (uint8_t)t;
	if (f->p->m->canonical)
		f->p->m->canonical(out, f->places, &f->c);
}

/* ---- which states are on a way */

static void index_way(struct way *way)
{
	way->mask = 15;
	while (way->mask < way->count * 2)
		way->mask = way->mask * 2 + 1;
	way->index = certain(calloc(way->mask + 1, sizeof(*way->index)));
	for (uint64_t i = 0; i < way->count; i++) {
		uint64_t at = table_hash(way->states + i * WORDS) & way->mask;

		while (way->index[at])
			at = (at + 1) & way->mask;
		way->index[at] = (uint32_t)i + 1;
	}
}

/* The place of a canonical state, or -1. */
static int64_t place_of(const struct way *way, const word *state)
{
	if (!way->index)
		return -1;
	for (uint64_t at = table_hash(state) & way->mask; way->index[at]; at = (at + 1) & way->mask)
		if (!memcmp(way->states + (uint64_t)(way->index[at] - 1) * WORDS, state, WORDS * sizeof(word)))
			return way->index[at] - 1;
	return -1;
}

/* The fewest switches to come for each thread that may move first; 0 if the state is on no way. */
static int weigh_state(struct finding *f, const word *state, uint32_t depth)
{
	uint32_t threads = f->p->m->threads;
	const struct way *way = &f->ways[depth];
	word canonical[WORDS];
	int64_t place;

	canonical_copy(f, state, canonical);
	place = place_of(way, canonical);
	for (uint32_t t = 0; t < threads; t++)
		f->costs[t] = place < 0 || depth == f->depth ? NO_COST
			      : way->costs		     ? way->costs[(uint64_t)place * threads + f->places[t]]
							     : 0;
	return place >= 0;
}

/* Whether a way goes on from a state with so many switches left, after a step of `last`. */
static int goes_on(struct finding *f, const word *state, uint32_t depth, uint16_t last, uint32_t left)
{
	if (!weigh_state(f, state, depth))
		return 0;
	if (depth == f->depth || !f->ways[depth].costs)
		return 1;
	for (uint32_t t = 0; t < f->p->m->threads; t++)
		if (f->costs[t] != NO_COST && f->costs[t] + (uint32_t)(last != NO_THREAD && t != last) == left)
			return 1;
	return 0;
}

/* Whether the thread's step from a state may be the violation itself. */
static int is_violation(struct finding *f, const word *state, uint32_t thread)
{
	word canonical[WORDS];

	canonical_copy(f, state, canonical);
	for (uint64_t i = 0; i < f->entry_count; i++) {
		const word *entry = f->entries + i * (WORDS + 2);

		if (entry[1] == f->places[thread] + (word)1 && !memcmp(entry + 2, canonical, sizeof(canonical)))
			return 1;
	}
	return 0;
}

/* ---- sets */

static void add(struct set *set, const word *state, uint32_t parent, int leads)
{
	if (set->count == MOST_STATES)
		return;
	for (uint32_t i = 0; i < set->count; i++)
		if (set->leads[i] == leads && !memcmp(set->states + (uint64_t)i * WORDS, state, WORDS * sizeof(word)))
			return;
	if (set->count == set->capacity) {
		set->capacity = set->capacity ? set->capacity * 2 : 16;
		set->states = certain(realloc(set->states, set->capacity * WORDS * sizeof(word)));
		set->parents = certain(realloc(set->parents, set->capacity * sizeof(*set->parents)));
		set->leads = certain(realloc(set->leads, set->capacity));
	}
	copy_state(set->states + (uint64_t)set->count * WORDS, state);
	set->parents[set->count] = parent;
	set->leads[set->count++] = (uint8_t)leads;
}

/* Adds where one thread's step leads from a state. */
static void add_ahead(struct finding *f, uint32_t depth, uint32_t from, uint16_t thread, uint32_t left)
{
	const word *state = f->sets[depth].states + (uint64_t)from * WORDS;

	f->c.count = 0;
	step_thread(f->p->m, thread, state, &f->c);
	for (uint32_t i = 0; i < f->c.count; i++) {
		word next[WORDS];

		copy_state(next, f->c.out + (uint64_t)i * WORDS);
		if (goes_on(f, next, depth + 1, thread, left))
			add(&f->sets[depth + 1], next, from, 1);
	}
	if (depth + 1 == f->depth && is_violation(f, state, thread))
		add(&f->sets[depth + 1], state, from, 0);
}

/* The least thread that may take the step from a depth; NO_THREAD if none can. */
static uint16_t least_thread(struct finding *f, uint32_t depth, uint16_t last, uint32_t left)
{
	uint16_t best = NO_THREAD;

	for (uint32_t i = 0; i < f->sets[depth].count; i++) {
		weigh_state(f, f->sets[depth].states + (uint64_t)i * WORDS, depth);
		for (uint16_t t = 0; t < f->p->m->threads && t < best; t++)
			if (f->costs[t] != NO_COST && f->costs[t] + (uint32_t)(last != NO_THREAD && t != last) == left)
				best = t;
	}
	return best;
}

/* Takes the step from a depth with the fewest switches; 0 if there is none. */
static int step_with_costs(struct finding *f, uint32_t depth, uint32_t *left)
{
	uint16_t last = f->sets[depth].thread, thread = least_thread(f, depth, last, *left);

	if (thread == NO_THREAD)
		return 0;
	*left -= last != NO_THREAD && thread != last;
	for (uint32_t i = 0; i < f->sets[depth].count; i++) {
		weigh_state(f, f->sets[depth].states + (uint64_t)i * WORDS, depth);
		if (f->costs[thread] == *left)
			add_ahead(f, depth, i, thread, *left);
	}
	f->sets[depth + 1].thread = thread;
	return f->sets[depth + 1].count > 0;
}

/* Takes any step along the chain. */
static int step_along_chain(struct finding *f, uint32_t depth)
{
	struct set *next = &f->sets[depth + 1];

	for (uint16_t t = 0; t < f->p->m->threads && !next->count; t++) {
		next->thread = t;
		add_ahead(f, depth, 0, t, 0);
	}
	next->count = next->count > 0;
	return (int)next->count;
}

/* The initial states from which to go, and the switches to come. */
static int begin_sets(struct finding *f, uint32_t *left)
{
	uint32_t least = f->depth ? NO_COST : 0;

	f->sets[0].thread = NO_THREAD;
	for (int adding = 0; adding < 2; adding++) {
		for (uint32_t i = 0; i < f->p->start_count; i++) {
			const struct start *start = &f->p->starts[i];
			uint32_t mine = f->depth ? NO_COST : 0;

			if (!start->has_state || !weigh_state(f, start->state, 0))
				continue;
			for (uint32_t t = 0; t < f->p->m->threads; t++)
				if (f->costs[t] < mine)
					mine = f->costs[t];
			if (mine < least)
				least = mine;
			if (adding && mine == least && mine != NO_COST)
				add(&f->sets[0], start->state, i, 1);
		}
	}
	if (!f->ways[0].costs && f->sets[0].count)
		f->sets[0].count = 1;
	*left = least;
	return f->sets[0].count > 0;
}

/* ---- ways */

static void ways_of_sweep(struct finding *f, const struct sweep *w, uint32_t goal)
{
	for (uint32_t d = 0; d <= f->depth; d++) {
		f->ways[d].states = sweep_states(w, goal, d, &f->ways[d].count);
		f->ways[d].costs = sweep_costs(w, goal, d);
		index_way(&f->ways[d]);
	}
}

static int is_lesser(const word *a, const word *b)
{
	if (!a[1] != !b[1])
		return !!a[1];
	for (unsigned i = WORDS; i-- > 0;)
		if (a[2 + i] != b[2 + i])
			return a[2 + i] < b[2 + i];
	return a[1] < b[1];
}

/* Follows steps from an initial state; whether they lead to the violation's state. */
static int follow_chain(struct finding *f, const word *first, const uint32_t *ordinals, uint32_t steps, const word *last)
{
	copy_state(f->chain, first);
	for (uint32_t d = 0; d < steps; d++)
		if (!search_follow(f->p->log, f->chain + (uint64_t)d * WORDS, ordinals[steps - 1 - d],
				   f->chain + (uint64_t)(d + 1) * WORDS))
			return 0;
	return !memcmp(f->chain + (uint64_t)steps * WORDS, last, WORDS * sizeof(word));
}

/* One shortest path to the least of the violations: the log has its steps, from one of the initial states. */
static int ways_of_log(struct finding *f)
{
	const word *best = f->entries;
	uint32_t *ordinals = certain(calloc(f->depth + 1, sizeof(*ordinals))), ordinal, steps = 0;
	uint64_t number, parent;
	int found = 0;

	for (uint64_t i = 1; i < f->entry_count; i++)
		if (is_lesser(f->entries + i * (WORDS + 2), best))
			best = f->entries + i * (WORDS + 2);
	number = best[0];
	while (steps <= f->depth && (parent = search_parent(f->p->log, number, &ordinal)) != ~(uint64_t)0) {
		ordinals[steps++] = ordinal;
		number = parent;
	}
	for (uint64_t i = 0; i < f->p->first_count && steps + (best[1] != 0) == f->depth && !found; i++)
		found = follow_chain(f, f->p->first_level + i * WORDS, ordinals, steps, best + 2);
	for (uint32_t d = 0; d <= steps && found; d++) {
		f->ways[d].states = f->chain + (uint64_t)d * WORDS;
		f->ways[d].count = 1;
		index_way(&f->ways[d]);
	}
	free(ordinals);
	return found;
}

/* ---- the whole */

static void open_finding(struct finding *f, const struct pathfinder *p, uint32_t property)
{
	memset(f, 0, sizeof(*f));
	f->p = p;
	f->depth = (uint32_t)p->found.goal_depth(p->found.search, property);
	f->entries = p->found.goal(p->found.search, property, &f->entry_count);
	f->ways = certain(calloc(f->depth + 1, sizeof(*f->ways)));
	f->sets = certain(calloc(f->depth + 1, sizeof(*f->sets)));
	f->chain = certain(calloc((size_t)f->depth + 2, WORDS * sizeof(word)));
	f->places = certain(calloc(p->m->threads + 1, 1));
	f->costs = certain(calloc(p->m->threads + 1, sizeof(*f->costs)));
	f->c.flush = widen;
	f->c.violated = pass_violation;
	f->c.exhausted = pass_pool;
	f->c.revisits = visits_revisits;
	f->c.hits = certain(calloc(p->m->hit_words + 1, sizeof(word)));
	f->c.largest = certain(calloc(p->m->pools + 1, sizeof(uint32_t)));
	widen(&f->c);
}

static void close_finding(struct finding *f)
{
	for (uint32_t d = 0; d <= f->depth; d++) {
		free(f->ways[d].index);
		free(f->sets[d].states);
		free(f->sets[d].parents);
		free(f->sets[d].leads);
	}
	visits_close(&f->c);
	free(f->ways);
	free(f->sets);
	free(f->chain);
	free(f->places);
	free(f->costs);
	free(f->c.hits);
	free(f->c.largest);
	free(f->c.out);
	free(f->c.from);
}

static void write_down(const struct finding *f, struct schedule *out)
{
	uint32_t at = 0;

	out->count = f->depth;
	out->threads = certain(calloc(f->depth + 1, sizeof(*out->threads)));
	out->states = certain(calloc((size_t)f->depth + 1, WORDS * sizeof(word)));
	out->last_leads = f->sets[f->depth].leads[0];
	for (uint32_t d = f->depth; d > 0; d--) {
		out->threads[d - 1] = f->sets[d].thread;
		copy_state(out->states + (uint64_t)(d - 1) * WORDS, f->sets[d].states + (uint64_t)at * WORDS);
		at = f->sets[d].parents[at];
	}
	out->initial = f->sets[0].parents[at];
	for (uint32_t i = 1; i < f->depth; i++)
		out->switches += out->threads[i] != out->threads[i - 1];
}

int schedule_find(const struct pathfinder *p, const struct sweep *w, uint32_t goal, uint32_t property,
		  struct schedule *out)
{
	struct finding f;
	uint32_t left = 0;
	int found = 1;

	memset(out, 0, sizeof(*out));
	open_finding(&f, p, property);
	if (w)
		ways_of_sweep(&f, w, goal);
	else
		found = p->log && ways_of_log(&f);
	found = found && begin_sets(&f, &left);
	for (uint32_t d = 0; d < f.depth && found; d++)
		found = w ? step_with_costs(&f, d, &left) : step_along_chain(&f, d);
	if (found)
		write_down(&f, out);
	close_finding(&f);
	return found;
}

void schedule_close(struct schedule *out)
{
	free(out->threads);
	free(out->states);
}
