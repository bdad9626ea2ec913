/* SPDX-License-Identifier: GPL-2.0-only */
#include "goals.h"

#include <string.h>

/*
 * Lists the new ones, in the order of the states that they come from, without a branch for each successor.  Of one state,
 * they keep theirs: by threads, and of a thread's step by choices.
 */
static void list_fresh(struct chunk *k)
{
	uint32_t n = 0, sum = 0, *ends = k->ends;

	for (uint32_t i = 0; i < k->count; i++) {
		k->made[n] = i;
		n += k->fresh[i];
	}
	memset(ends, 0, k->states * sizeof(*ends));
	for (uint32_t i = 0; i < n; i++)
		ends[k->from[k->made[i]] >> AT_SHIFT]++;
	for (uint32_t i = 0; i < k->states; i++) {
		uint32_t before = sum;

		sum += ends[i];
		ends[i] = before;
	}
	for (uint32_t i = 0; i < n; i++)
		k->order[ends[k->from[k->made[i]] >> AT_SHIFT]++] = k->made[i];
}

/* Which of all steps from its state led to a successor: the thread, and how many of that step's results come before. */
static inline uint32_t ordinal(const struct search *s, const struct chunk *k, uint32_t at)
{
	uint32_t before = 0;

	while (before < at && k->from[at - before - 1] == k->from[at])
		before++;
	return (k->from[at] & THREAD_MOVED) + s->m->threads * before;
}

static void copy_out(const struct search *s, struct chunk *k, word *to)
{
	const uint64_t parent = s->levels[s->depth].first + s->position + k->first;

	piece_begin(&k->log, k->base);
	for (uint64_t i = 0; i < k->made_count; i++, to += WORDS) {
		const uint32_t at = k->order[i];

		copy_state(to, k->out + (uint64_t)at * WORDS);
		piece_add(&k->log, parent + (k->from[at] >> AT_SHIFT), ordinal(s, k, at));
	}
}

/* A property that the state before a step does not violate, and of which the step changes nothing, is not violated. */
static void judge_new(struct worker *w, const struct chunk *k, const word *state)
{
	const int32_t depth = (int32_t)w->s->depth + 1;
	word entry[WORDS + 2];

	for (uint64_t i = 0; i < k->made_count && !w->c.error; i++, state += WORDS) {
		if (!(k->from[k->order[i]] & MAY_MATTER))
			continue;
		entry[0] = k->base + i;
		entry[1] = 0;
		copy_state(entry + 2, state);
		judge_state(w, state, 0, depth, entry);
		w->error_at = k->base + i;
	}
}

void collect_chunk(void *of, uint32_t worker, uint32_t item)
{
	struct search *s = of;
	struct worker *w = &s->workers[worker];
	struct chunk *k = &s->chunks[item];
	const struct level *l = &s->levels[s->depth + 1];
	word *to = l->states + (k->base - l->first) * WORDS;

	if (!k->made_count)
		return;
	spend(&w->profile, ON_ORDER);
	list_fresh(k);
	copy_out(s, k, to);
	spend(&w->profile, ON_GOALS);
	if (s->m->properties)
		judge_new(w, k, to);
	spend(&w->profile, ON_WAITING);
}
