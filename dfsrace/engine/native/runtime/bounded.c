/* SPDX-License-Identifier: GPL-2.0-only */
#include "bounded.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "keys.h"

#define NO_SWITCHES UINT16_MAX
#define STEP_COUNTED 1         /* a thread's step from a state has been counted */
#define CAN_MOVE 2
#define FIRST_SUCCESSORS 64
#define BETWEEN_LOOKS 512 /* labels between two looks at the clock */

/* A label is a state and the thread that moved last, 0 for none: place of the state * (threads + 1) + thread + 1. */
struct labels {
	uint64_t *list;
	uint64_t count, capacity;
};

struct band {
	word *states;
	uint64_t count, capacity;
};

struct found {
	int32_t depth;
	word *entries;
	uint64_t count, capacity;
};

struct bounded {
	struct context c; /* first, so that the callbacks find the search */
	const struct model *m;
	struct settings settings;
	struct budget budget;
	uint32_t most, depth;
	word *states;       /* in the order in which they were found */
	uint32_t *index;    /* open addressing: place plus one, or 0 */
	uint16_t *best;     /* for each label the fewest switches, up to the level under way */
	uint16_t *next;     /* the fewest on the level after it */
	uint8_t *flags;     /* for each state and thread */
	uint32_t *in_level; /* for each state the last level that has it, plus one */
	uint64_t count, capacity, mask, transitions, position;
	struct labels frontier, following;
	struct band *levels;
	uint64_t level_count, level_capacity;
	struct found *goals;
	word *met, *decided;
	uint8_t *places;
	int allowed; /* the step under way keeps to the bound */
	uint64_t source;
	int32_t exhausted;
	enum status status;
};

static int room(struct bounded *b, void *array, uint64_t *capacity, uint64_t count, size_t size)
{
	if (memory_room(&b->budget, array, capacity, count, size))
		return 1;
	b->status = STOP_MEMORY;
	return 0;
}

/* ---- what is found */

static void note(struct bounded *b, uint32_t property, int32_t depth, uint64_t number, uint32_t mover, const word *state)
{
	struct found *g = &b->goals[property];
	word *entry;

	if (g->depth < 0)
		g->depth = depth;
	if (g->depth != depth || !room(b, &g->entries, &g->capacity, g->count + 1, (WORDS + 2) * sizeof(word)))
		return;
	entry = g->entries + g->count++ * (WORDS + 2);
	entry[0] = number;
	entry[1] = mover;
	copy_state(entry + 2, state);
}

static void decide(struct bounded *b, const word *state, int cells, uint64_t number, uint32_t mover, const word *shown,
		   int32_t depth)
{
	uint32_t words = (b->m->properties + 63) / 64;

	memset(b->decided, 0, words * sizeof(word));
	if (b->m->judge(state, cells, b->met, b->decided, &b->c) <= 0)
		return;
	for (uint32_t p = 0; p < b->m->properties; p++)
		if (b->decided[p / 64] >> (p % 64) & 1)
			note(b, p, depth, number, mover, shown);
	for (uint32_t w = 0; w < words; w++)
		b->met[w] |= b->decided[w];
}

static void note_violated(struct context *c, const word *s, unsigned thread, unsigned code, const word *after, int judged)
{
	struct bounded *b = (struct bounded *)c;
	int32_t depth = (int32_t)b->depth + 1;

	if (!b->allowed)
		return;
	note(b, b->m->properties + code, depth, b->source, thread + 1, s);
	if (judged)
		decide(b, after, 1, b->source, thread + 1, s, depth);
}

static void note_exhausted(struct context *c, unsigned pool)
{
	struct bounded *b = (struct bounded *)c;

	if (b->exhausted < 0)
		b->exhausted = (int32_t)pool;
}

static void more_room(struct context *c)
{
	struct bounded *b = (struct bounded *)c;
	uint64_t outs = c->capacity, froms = c->capacity;

	if (room(b, &c->out, &outs, c->capacity + 1, WORDS * sizeof(word)) &&
	    room(b, &c->from, &froms, c->capacity + 1, sizeof(*c->from)))
		c->capacity = (uint32_t)(outs < froms ? outs : froms);
	else
		c->count = 0; /* the search stops */
}

/* ---- states */

static int enlarge(struct bounded *b)
{
	uint64_t labels = b->m->threads + 1, before = b->capacity, after = before ? before * 2 : 1024;
	uint64_t sizes[] = {WORDS * sizeof(word), labels * sizeof(*b->best), labels * sizeof(*b->next), labels,
			    sizeof(*b->in_level)};
	void **arrays[] = {(void **)&b->states, (void **)&b->best, (void **)&b->next, (void **)&b->flags,
			   (void **)&b->in_level};

	for (unsigned i = 0; i < 5; i++) {
		void *larger = memory_resize(&b->budget, *arrays[i], before * sizes[i], after * sizes[i]);

		if (!larger)
			return 0;
		*arrays[i] = larger;
	}
	memory_free(&b->budget, b->index, before ? (b->mask + 1) * sizeof(*b->index) : 0);
	b->mask = after * 2 - 1;
	b->index = memory_resize(&b->budget, NULL, 0, (b->mask + 1) * sizeof(*b->index));
	if (!b->index)
		return 0;
	memset(b->index, 0, (b->mask + 1) * sizeof(*b->index));
	for (uint64_t i = 0; i < b->count; i++) {
		uint64_t at = table_hash(b->states + i * WORDS) & b->mask;

		while (b->index[at])
			at = (at + 1) & b->mask;
		b->index[at] = (uint32_t)i + 1;
	}
	b->capacity = after;
	return 1;
}

/* The place of a state; a new one is judged at a depth.  ~0 where it cannot be taken in. */
static uint64_t place_of(struct bounded *b, const word *state, int32_t depth)
{
	uint64_t labels = b->m->threads + 1, at;

	if (b->count == b->capacity && !enlarge(b)) {
		b->status = STOP_MEMORY;
		return ~(uint64_t)0;
	}
	for (at = table_hash(state) & b->mask; b->index[at]; at = (at + 1) & b->mask)
		if (!memcmp(b->states + (uint64_t)(b->index[at] - 1) * WORDS, state, WORDS * sizeof(word)))
			return b->index[at] - 1;
	if (b->count >= b->settings.states || b->count >= UINT32_MAX - 1) {
		b->status = b->count >= b->settings.states ? STOP_STATES : STOP_MEMORY;
		return ~(uint64_t)0;
	}
	copy_state(b->states + b->count * WORDS, state);
	for (uint64_t i = 0; i < labels; i++) {
		b->best[b->count * labels + i] = b->next[b->count * labels + i] = NO_SWITCHES;
		b->flags[b->count * labels + i] = 0;
	}
	b->in_level[b->count] = 0;
	b->index[at] = (uint32_t)(b->count + 1);
	decide(b, state, 0, b->count, 0, state, depth);
	return b->count++;
}

/* ---- the search */

/* A state was reached by a thread with so many switches. */
static void reach(struct bounded *b, uint64_t place, uint32_t last, uint16_t switches)
{
	uint64_t label = place * (b->m->threads + 1) + last;
	uint16_t known = b->best[label] < b->next[label] ? b->best[label] : b->next[label];

	if (switches >= known)
		return;
	if (b->next[label] == NO_SWITCHES) {
		if (!room(b, &b->following.list, &b->following.capacity, b->following.count + 1, sizeof(uint64_t)))
			return;
		b->following.list[b->following.count++] = label;
	}
	b->next[label] = switches;
}

static void canonical(struct bounded *b, word *state)
{
	for (uint32_t t = 0; t < b->m->threads; t++)
		b->places[t] = (uint8_t)t;
	if (b->m->canonical)
		b->m->canonical(state, b->places, &b->c);
}

static void expand(struct bounded *b, uint64_t label)
{
	uint32_t labels = b->m->threads + 1, last = (uint32_t)(label % labels);
	uint64_t place = label / labels;
	word state[WORDS];
	int moved = 0;

	copy_state(state, b->states + place * WORDS);
	b->source = place;
	for (uint32_t t = 0; t < b->m->threads && b->status == RUNNING; t++) {
		uint32_t switches = b->best[label] + (last && last != t + 1);
		uint8_t *flags = &b->flags[place * labels + t];

		b->allowed = switches <= b->most;
		b->c.count = 0;
		if (!step_thread(b->m, t, state, &b->c))
			continue;
		moved = 1;
		*flags |= CAN_MOVE;
		if (b->c.error)
			b->status = STOP_ERROR;
		if (!b->allowed)
			continue;
		b->transitions += *flags & STEP_COUNTED ? 0 : b->c.count;
		*flags |= STEP_COUNTED;
		for (uint32_t i = 0; i < b->c.count && b->status == RUNNING; i++) {
			word *next = b->c.out + (uint64_t)i * WORDS;
			uint64_t to;

			canonical(b, next);
			to = place_of(b, next, (int32_t)b->depth + 1);
			if (~to)
				reach(b, to, b->places[t] + 1u, (uint16_t)switches);
		}
	}
	if (b->c.error)
		b->status = STOP_ERROR;
	if (!moved && b->status == RUNNING && !b->m->ended(state))
		note(b, b->m->properties, (int32_t)b->depth, place, 0, state);
}

/* The labels found become the next level. */
static void next_level(struct bounded *b)
{
	struct labels swap = b->frontier;
	uint64_t labels = b->m->threads + 1;
	struct band *l;

	if (!room(b, &b->levels, &b->level_capacity, b->level_count + 1, sizeof(*b->levels)))
		return;
	l = &b->levels[b->level_count++];
	memset(l, 0, sizeof(*l));
	b->depth = (uint32_t)b->level_count - 1;
	for (uint64_t i = 0; i < b->following.count; i++) {
		uint64_t label = b->following.list[i], place = label / labels;

		b->best[label] = b->next[label];
		b->next[label] = NO_SWITCHES;
		if (b->in_level[place] == b->level_count)
			continue;
		b->in_level[place] = (uint32_t)b->level_count;
		if (!room(b, &l->states, &l->capacity, l->count + 1, WORDS * sizeof(word)))
			return;
		copy_state(l->states + l->count++ * WORDS, b->states + place * WORDS);
	}
	b->frontier = b->following;
	b->following = swap;
	b->following.count = 0;
	b->position = 0;
	if (!b->frontier.count) {
		b->status = DONE;
		b->level_count--;
	}
}

static int violated_before(const struct bounded *b, uint32_t depth)
{
	for (uint32_t p = 0; p < b->m->properties + AUTOMATIC; p++)
		if ((p < b->m->invariants || p >= b->m->properties) && b->goals[p].depth >= 0 &&
		    (uint32_t)b->goals[p].depth < depth)
			return 1;
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum status bounded_run(struct bounded *b, double seconds)
{
	double until = now() + seconds;

	while (b->status == RUNNING) {
		uint64_t stop = b->position + BETWEEN_LOOKS;

		while (b->status == RUNNING && b->position < b->frontier.count && b->position < stop)
			expand(b, b->frontier.list[b->position++]);
		if (b->status == RUNNING && b->position == b->frontier.count) {
			next_level(b);
			if (b->status == RUNNING && b->settings.first && violated_before(b, b->depth))
				b->status = STOP_FIRST;
		}
		if (now() >= until)
			break;
	}
	return b->status;
}

/* ---- from outside */

struct bounded *bounded_open(const struct model *m, const struct settings *settings, uint32_t most)
{
	struct bounded *b = calloc(1, sizeof(*b));
	uint32_t properties = m->properties + AUTOMATIC;

	if (!b)
		return NULL;
	b->m = m;
	b->settings = *settings;
	b->budget.most = settings->memory;
	b->most = most;
	b->exhausted = -1;
	b->c.flush = more_room;
	b->c.violated = note_violated;
	b->c.exhausted = note_exhausted;
	b->c.revisits = visits_revisits;
	b->c.hits = calloc(m->hit_words + 1, sizeof(word));
	b->c.largest = calloc(m->pools + 1, sizeof(uint32_t));
	b->goals = calloc(properties, sizeof(*b->goals));
	b->met = calloc(properties / 64 + 1, sizeof(word));
	b->decided = calloc(properties / 64 + 1, sizeof(word));
	b->places = calloc(m->threads + 1, 1);
	b->c.out = calloc(FIRST_SUCCESSORS, WORDS * sizeof(word));
	b->c.from = calloc(FIRST_SUCCESSORS, sizeof(*b->c.from));
	b->c.capacity = FIRST_SUCCESSORS;
	if (!b->c.out || !b->c.from || !b->c.hits || !b->c.largest || !b->goals || !b->met || !b->decided || !b->places) {
		bounded_close(b);
		return NULL;
	}
	for (uint32_t p = 0; p < properties; p++)
		b->goals[p].depth = -1;
	return b;
}

void bounded_close(struct bounded *b)
{
	for (uint64_t d = 0; d < b->level_count; d++)
		free(b->levels[d].states);
	for (uint32_t p = 0; b->goals && p < b->m->properties + AUTOMATIC; p++)
		free(b->goals[p].entries);
	visits_close(&b->c);
	free(b->levels);
	free(b->states);
	free(b->index);
	free(b->best);
	free(b->next);
	free(b->flags);
	free(b->in_level);
	free(b->frontier.list);
	free(b->following.list);
	free(b->goals);
	free(b->met);
	free(b->decided);
	free(b->places);
	free(b->c.out);
	free(b->c.from);
	free(b->c.hits);
	free(b->c.largest);
	free(b);
}

void bounded_use(struct bounded *b, const struct model *m)
{
	b->m = m;
}

void bounded_seed(struct bounded *b, const word *states, uint64_t count)
{
	for (uint64_t i = 0; i < count && b->status == RUNNING; i++) {
		word state[WORDS];
		uint64_t place;

		copy_state(state, states + i * WORDS);
		canonical(b, state);
		place = place_of(b, state, 0);
		if (~place)
			reach(b, place, 0, 0);
		if (b->c.error)
			b->status = STOP_ERROR;
	}
	if (b->status == RUNNING)
		next_level(b);
}

void bounded_statistics(const struct bounded *b, struct statistics *out)
{
	memset(out, 0, sizeof(*out));
	out->states = b->count;
	out->transitions = b->transitions;
	out->queue = b->frontier.count - b->position + b->following.count;
	out->bytes = atomic_load(&((struct bounded *)b)->budget.used);
	out->kept_levels = b->level_count;
	out->depth = b->level_count ? (uint32_t)b->level_count - 1 : 0;
	out->exhausted = b->exhausted;
	out->error = b->c.error;
	out->error_thread = b->c.error_thread;
	out->error_place = b->c.error_place;
}

int bounded_refused(const struct bounded *b)
{
	uint64_t labels = b->m->threads + 1;

	for (uint64_t place = 0; place < b->count; place++)
		for (uint32_t last = 0; last < b->m->threads; last++)
			for (uint32_t t = 0; b->best[place * labels + last + 1] == b->most && t < b->m->threads; t++)
				if (t != last && b->flags[place * labels + t] & CAN_MOVE)
					return 1;
	return 0;
}

const word *bounded_met(const struct bounded *b)
{
	return b->met;
}

const word *bounded_hits(const struct bounded *b)
{
	return b->c.hits;
}

const uint32_t *bounded_largest(const struct bounded *b)
{
	return b->c.largest;
}

int32_t bounded_goal_depth(const struct bounded *b, uint32_t property)
{
	return b->goals[property].depth;
}

const word *bounded_goal(const struct bounded *b, uint32_t property, uint64_t *count)
{
	*count = b->goals[property].count;
	return b->goals[property].entries;
}

const word *bounded_level(const struct bounded *b, uint32_t depth, uint64_t *count)
{
	*count = depth < b->level_count ? b->levels[depth].count : 0;
	return *count ? b->levels[depth].states : NULL;
}
