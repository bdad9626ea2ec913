/* SPDX-License-Identifier: GPL-2.0-only */
#include "block.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_THREADS 256

/* ---- levels */

static int open_level(struct search *s)
{
	struct level *l;

	if (!memory_room(&s->budget, &s->levels, &s->level_capacity, s->level_count + 1, sizeof(*s->levels)))
		return 0;
	l = &s->levels[s->level_count++];
	*l = s->spare;
	l->count = 0;
	l->first = s->states;
	memset(&s->spare, 0, sizeof(s->spare));
	return 1;
}

/* A level that is over is kept for a second search, or its room is used again. */
static void leave_level(struct search *s, struct level *l)
{
	if (l->first + l->count <= s->settings.keep)
		return;
	memory_free(&s->budget, s->spare.states, s->spare.capacity * WORDS * sizeof(word));
	s->spare = *l;
	l->states = NULL;
	l->capacity = 0;
}

static int violated_before(const struct search *s, uint32_t depth)
{
	for (uint32_t p = 0; p < s->m->properties + AUTOMATIC; p++)
		if ((p < s->m->invariants || p >= s->m->properties) && s->goals[p].depth >= 0 &&
		    (uint32_t)s->goals[p].depth < depth)
			return 1;
	return 0;
}

/* Goes on to the next level, or to the end. */
static void next_level(struct search *s)
{
	if (!s->levels[s->depth + 1].count) {
		s->status = DONE;
		return;
	}
	leave_level(s, &s->levels[s->depth]);
	s->depth++;
	s->position = 0;
	if (s->settings.first && violated_before(s, s->depth))
		s->status = STOP_FIRST;
	else if (!open_level(s))
		s->status = STOP_MEMORY;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What the threads have reached, together. */
static void gather_reached(struct search *s)
{
	for (uint32_t t = 0; t < s->settings.threads; t++) {
		const struct worker *w = &s->workers[t];

		for (uint32_t i = 0; i < (s->m->properties + 63) / 64; i++)
			s->met[i] |= w->met[i];
		for (uint32_t i = 0; i < s->m->hit_words; i++)
			s->hits[i] |= w->c.hits[i];
		for (uint32_t i = 0; i < s->m->pools; i++)
			if (s->largest[i] < w->c.largest[i])
				s->largest[i] = w->c.largest[i];
	}
}

enum status search_run(struct search *s, double seconds)
{
	double until = now() + seconds;

	for (uint32_t t = 0; t < s->settings.threads; t++)
		spend(&s->workers[t].profile, ON_WAITING);
	while (s->status == RUNNING) {
		if (s->position < s->levels[s->depth].count)
			block_run(s);
		if (s->status == RUNNING && s->position == s->levels[s->depth].count)
			next_level(s);
		if (now() >= until)
			break;
	}
	gather_reached(s);
	for (uint32_t t = 0; t < s->settings.threads; t++)
		spend(&s->workers[t].profile, ON_WAITING);
	return s->status;
}

#ifdef PROFILE
void search_profile(const struct search *s, double *shares)
{
	double all = 0;

	for (int i = 0; i < KINDS_SPENT; i++) {
		shares[i] = 0;
		for (uint32_t t = 0; t < s->settings.threads; t++)
			shares[i] += s->workers[t].profile.spent[i];
		all += shares[i];
	}
	for (int i = 0; i < KINDS_SPENT && all > 0; i++)
		shares[i] /= all;
}
#endif

/* ---- from outside */

/* Of the table: one for one thread, else several for each, so that none waits long for the last. */
static unsigned log_of_parts(uint32_t threads)
{
	unsigned parts = threads == 1 ? 0 : LOG_OF_PARTS;

	while (threads > 1 && parts < 8 && (1u << parts) < 8 * threads)
		parts++;
	return parts;
}

struct search *search_open(const struct model *m, const struct settings *settings)
{
	struct search *s = calloc(1, sizeof(*s));
	uint32_t properties = m->properties + AUTOMATIC;

	if (!s)
		return NULL;
	s->m = m;
	s->settings = *settings;
	if (!s->settings.threads)
		s->settings.threads = 1;
	if (s->settings.threads > MOST_THREADS)
		s->settings.threads = MOST_THREADS;
	atomic_init(&s->budget.used, 0);
	s->budget.most = UINT64_MAX; /* what it begins with is taken in any case */
	s->exhausted = -1;
	s->form.parts = log_of_parts(s->settings.threads);
	s->form.bits = key_bits(m->bits, s->form.parts);
	s->parts = 1u << s->form.parts;
	s->hits = calloc(m->hit_words + 1, sizeof(word));
	s->largest = calloc(m->pools + 1, sizeof(uint32_t));
	s->goals = calloc(properties, sizeof(*s->goals));
	s->met = calloc(properties / 64 + 1, sizeof(word));
	s->tables = calloc(s->parts, sizeof(*s->tables));
	for (uint32_t p = 0; s->goals && p < properties; p++)
		s->goals[p].depth = -1;
	if (!s->hits || !s->largest || !s->goals || !s->met || !s->tables || !block_open(s)) {
		search_close(s);
		return NULL;
	}
	for (uint32_t p = 0; p < s->parts; p++) {
		if (!table_open(&s->tables[p], &s->form, &s->budget, settings->first_slots >> s->form.parts)) {
			search_close(s);
			return NULL;
		}
	}
	s->budget.most = settings->memory;
	return s;
}

void search_close(struct search *s)
{
	if (!s)
		return;
	block_close(s);
	for (uint32_t p = 0; s->tables && p < s->parts; p++)
		table_close(&s->tables[p], &s->budget);
	for (uint64_t d = 0; d < s->level_count; d++)
		free(s->levels[d].states);
	for (uint32_t p = 0; s->goals && p < s->m->properties + AUTOMATIC; p++)
		free(s->goals[p].entries);
	log_close(&s->log, &s->budget);
	free(s->spare.states);
	free(s->levels);
	free(s->tables);
	free(s->goals);
	free(s->met);
	free(s->hits);
	free(s->largest);
	free(s);
}

void search_seed(struct search *s, const word *states, uint64_t count)
{
	if (!open_level(s)) {
		s->status = STOP_MEMORY;
		return;
	}
	block_seed(s, states, count);
	if (!open_level(s) && s->status == RUNNING)
		s->status = STOP_MEMORY;
	gather_reached(s);
}

void search_statistics(const struct search *s, struct statistics *out)
{
	memset(out, 0, sizeof(*out));
	out->states = s->states;
	out->transitions = s->transitions;
	out->bytes = atomic_load(&((struct search *)s)->budget.used);
	out->exhausted = s->exhausted;
	out->error = s->error;
	out->error_thread = s->error_thread;
	out->error_place = s->error_place;
	for (uint64_t d = 0; d < s->level_count; d++)
		if (s->levels[d].count)
			out->depth = (uint32_t)d;
	if (s->depth < s->level_count)
		out->queue = s->states - s->levels[s->depth].first - s->position;
	while (out->kept_levels < s->level_count && s->levels[out->kept_levels].states)
		out->kept_levels++;
}

const word *search_met(const struct search *s)
{
	return s->met;
}

const word *search_hits(const struct search *s)
{
	return s->hits;
}

const uint32_t *search_largest(const struct search *s)
{
	return s->largest;
}

int32_t search_goal_depth(const struct search *s, uint32_t property)
{
	return s->goals[property].depth;
}

const word *search_goal(const struct search *s, uint32_t property, uint64_t *count)
{
	*count = s->goals[property].count;
	return s->goals[property].entries;
}

const word *search_level(const struct search *s, uint32_t depth, uint64_t *count)
{
	*count = depth < s->level_count && s->levels[depth].states ? s->levels[depth].count : 0;
	return *count ? s->levels[depth].states : NULL;
}

void search_use(struct search *s, const struct model *m)
{
	s->m = m;
}

int search_follow(struct search *s, const word *state, uint32_t ordinal, word *out)
{
	return block_follow(s, state, ordinal, out);
}

uint64_t search_parent(const struct search *s, uint64_t state, uint32_t *ordinal)
{
	*ordinal = 0;
	return state < s->levels[0].count ? NO_PARENT : log_parent(&s->log, state, ordinal);
}
