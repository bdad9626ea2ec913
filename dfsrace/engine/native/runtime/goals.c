/* SPDX-License-Identifier: GPL-2.0-only */
#include "goals.h"

#include <stdlib.h>
#include <string.h>

void note_goal(struct worker *w, uint32_t property, int32_t depth, const word *entry)
{
	struct violations *g = &w->goals[property];
	int32_t known = w->s->goals[property].depth;

	if (known >= 0 && known != depth)
		return;
	if (!memory_room(&w->s->budget, &g->entries, &g->capacity, g->count + 1, (WORDS + 2) * sizeof(word))) {
		w->no_memory = 1;
		return;
	}
	g->depth = depth;
	memcpy(g->entries + g->count++ * (WORDS + 2), entry, (WORDS + 2) * sizeof(word));
}

void judge_state(struct worker *w, const word *state, int cells, int32_t depth, const word *entry)
{
	uint32_t count = w->s->m->properties, words = (count + 63) / 64;

	if (!count)
		return;
	memset(w->found, 0, words * sizeof(word));
	if (w->s->m->judge(state, cells, w->met, w->found, &w->c) <= 0)
		return;
	for (uint32_t p = 0; p < w->s->m->invariants; p++)
		if (w->found[p / 64] >> (p % 64) & 1)
			note_goal(w, p, depth, entry);
	for (uint32_t i = 0; i < words; i++)
		w->met[i] |= w->found[i];
}

void step_violates(struct context *c, const word *from, unsigned thread, unsigned code, const word *after, int judged)
{
	struct worker *w = (struct worker *)c;
	int32_t depth = (int32_t)w->s->depth + 1;
	word entry[WORDS + 2] = {source_of(w), thread + 1};

	copy_state(entry + 2, from);
	note_goal(w, w->s->m->properties + code, depth, entry);
	if (judged)
		judge_state(w, after, 1, depth, entry);
}

void step_exhausts(struct context *c, unsigned pool)
{
	struct worker *w = (struct worker *)c;

	if (w->exhausted < 0) {
		w->exhausted = (int32_t)pool;
		w->exhausted_at = source_of(w);
	}
}

static int by_number(const void *a, const void *b)
{
	const word *x = a, *y = b;

	for (unsigned i = 0; i < WORDS + 2; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

/* Brings the threads' goals together, in an order that does not depend on who found them. */
void gather_goals(struct search *s)
{
	for (uint32_t p = 0; p < s->m->properties + AUTOMATIC; p++) {
		struct violations *all = &s->goals[p];
		uint64_t before = all->count;

		for (uint32_t t = 0; t < s->settings.threads; t++) {
			struct violations *g = &s->workers[t].goals[p];

			if (!g->count)
				continue;
			if (all->depth < 0)
				all->depth = g->depth;
			if (all->depth == g->depth) {
				if (!memory_room(&s->budget, &all->entries, &all->capacity, all->count + g->count,
						 (WORDS + 2) * sizeof(word))) {
					s->status = STOP_MEMORY;
					return;
				}
				memcpy(all->entries + all->count * (WORDS + 2), g->entries,
				       g->count * (WORDS + 2) * sizeof(word));
				all->count += g->count;
			}
			g->count = 0;
		}
		if (all->count > before)
			qsort(all->entries + before * (WORDS + 2), all->count - before, (WORDS + 2) * sizeof(word),
			      by_number);
	}
}
