/* SPDX-License-Identifier: GPL-2.0-only */
#include "goals.h"

#include <string.h>

/* ---- room */

/* Makes room for more successors; without memory the chunk is given up, and the search with it. */
void more_room(struct context *c)
{
	struct worker *w = (struct worker *)c;
	struct budget *b = &w->s->budget;
	uint64_t outs = c->capacity, froms = c->capacity, count = (uint64_t)c->capacity + 1;

	if (memory_room(b, &c->out, &outs, count, WORDS * sizeof(word)) &&
	    memory_room(b, &c->from, &froms, count, sizeof(*c->from)) && outs < UINT32_MAX) {
		c->capacity = (uint32_t)outs;
		return;
	}
	if (outs > c->capacity) /* the one without the other */
		memory_free(b, NULL, (outs - c->capacity) * WORDS * sizeof(word));
	w->no_memory = 1;
	c->count = 0;
}

/* Gives a chunk's buffers to the context that fills them, and takes them back. */
void lend(struct worker *w, struct chunk *k)
{
	w->chunk = k;
	w->c.out = k->out;
	w->c.from = k->from;
	w->c.capacity = k->capacity;
	w->c.count = 0;
}

void take_back(struct worker *w, struct chunk *k)
{
	k->out = w->c.out;
	k->from = w->c.from;
	k->capacity = w->c.capacity;
	k->count = w->no_memory ? 0 : w->c.count;
}

/* Room for so many more in the queue of each part. */
static int queue_room(struct search *s, struct chunk *k, uint32_t more)
{
	for (uint32_t p = 0; p < s->parts; p++) {
		struct queue *q = &k->queues[p];

		if (!memory_room(&s->budget, &q->list, &q->capacity, q->count + more, sizeof(*q->list)))
			return 0;
	}
	return 1;
}

/* Remembers a state at this place; 1 if it is not the one that was remembered there. */
static inline unsigned is_not_recent(word *there, const word *state)
{
	word differ = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		differ |= there[i] ^ state[i];
		there[i] = state[i];
	}
	return differ != 0;
}

/* Gives those successors from this one on that were not met a moment ago to the parts where they belong. */
int deliver(struct worker *w, struct chunk *k, uint32_t from)
{
	struct search *s = w->s;
	const struct form form = s->form;
	const word *state = w->c.out + (uint64_t)from * WORDS;
	uint32_t count = w->c.count;
	struct queue *queues = k->queues;
	word *recent = w->recent;

	if (!queue_room(s, k, count - from))
		return 0;
	if (s->m->canonical)
		for (uint32_t i = from; i < count; i++)
			s->m->canonical(w->c.out + (uint64_t)i * WORDS, w->places, &w->c);
	for (uint32_t i = from; i < count; i++, state += WORDS) {
		uint64_t key = table_key(&form, state);
		struct queue *q = &queues[form.parts ? table_part(&form, key) : 0];

		q->list[q->count] = (struct waiting){key, i};
		q->count += is_not_recent(recent + (key & ((1u << LOG_OF_RECENT) - 1)) * WORDS, state);
	}
	return 1;
}

/* ---- steps */

static void note_deadlock(struct worker *w, const word *state, uint32_t place)
{
	word entry[WORDS + 2] = {w->first + place, 0};

	copy_state(entry + 2, state);
	note_goal(w, w->s->m->properties, (int32_t)w->s->depth, entry);
}

/* Lists the states of a batch by the place where a thread rests: a chain for each, from its first state on. */
static void chain_by_place(struct worker *w, const struct control *p, const word *states, uint32_t count)
{
	uint32_t *first = w->firsts;
	uint16_t *next = w->nexts;
	const unsigned shift = p->shift, width = p->width, most = p->count;

	for (uint32_t n = 0; n <= most; n++)
		first[n] = BATCH;
	for (uint32_t i = count; i-- > 0;) {
		word place = get_bits(states + (uint64_t)i * WORDS, shift, width);

		place = place <= most ? place : 0;
		next[i] = (uint16_t)first[place];
		first[place] = i;
	}
}

/* One thread's steps from a batch that begins at a place of the chunk; 0 after an error. */
static int step_batch(struct worker *w, const struct control *p, const word *states, uint32_t first, uint32_t count)
{
	struct context *c = &w->c;

	chain_by_place(w, p, states, count);
	for (uint32_t n = 1; n <= p->count; n++) {
		int (*const step)(const word *, struct context *) = p->steps[n - 1];

		for (uint32_t i = w->firsts[n]; i < BATCH; i = w->nexts[i]) {
			c->at = (first + i) << AT_SHIFT;
			w->moved[i] |= (uint8_t)step(states + (uint64_t)i * WORDS, c);
			if (c->error)
				return 0;
		}
	}
	return 1;
}

/* Every step of every thread from the states of a batch. */
static void expand_batch(struct worker *w, const word *states, uint32_t first, uint32_t count)
{
	const struct model *m = w->s->m;

	memset(w->moved, 0, count);
	for (uint32_t t = 0; t < m->threads && !w->no_memory; t++) {
		if (m->controls[t].count && !step_batch(w, &m->controls[t], states, first, count)) {
			w->error_at = source_of(w);
			return;
		}
	}
	for (uint32_t i = 0; i < count; i++)
		if (!w->moved[i] && !m->ended(states + (uint64_t)i * WORDS))
			note_deadlock(w, states + (uint64_t)i * WORDS, first + i);
}

void expand_chunk(void *of, uint32_t worker, uint32_t item)
{
	struct search *s = of;
	struct worker *w = &s->workers[worker];
	struct chunk *k = &s->chunks[item];
	const struct level *l = &s->levels[s->depth];
	const word *states = l->states + (s->position + k->first) * WORDS;

	for (uint32_t p = 0; p < s->parts; p++)
		k->queues[p].count = 0;
	k->count = 0;
	if (w->c.error || w->no_memory)
		return;
	lend(w, k);
	w->first = l->first + s->position + k->first;
	for (uint32_t i = 0; i < k->states && !w->no_memory && !w->c.error; i += s->batch) {
		uint32_t count = k->states - i < s->batch ? k->states - i : s->batch, before = w->c.count;

		spend(&w->profile, ON_STEPS);
		expand_batch(w, states + (uint64_t)i * WORDS, i, count);
		spend(&w->profile, ON_KEYS);
		if (!w->no_memory && !deliver(w, k, before))
			w->no_memory = 1;
	}
	w->transitions += w->c.count;
	take_back(w, k);
	spend(&w->profile, ON_WAITING);
}
