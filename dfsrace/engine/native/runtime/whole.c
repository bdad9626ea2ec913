/* SPDX-License-Identifier: GPL-2.0-only */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#if !QUOTIENTS

static void shape(struct table *t, uint64_t slots)
{
	t->most = slots - (slots * 3 + 15) / 16;
	t->mask = slots - 1;
	t->shift = 64;
	while (slots > 1)
		slots /= 2, t->shift--;
}

int table_open(struct table *t, const struct form *f, struct budget *b, uint64_t slots)
{
	uint64_t least = 4;

	while (least < slots)
		least *= 2;
	t->parts = f->parts;
	t->count = 0;
	shape(t, least);
	t->slots = memory_lines(b, table_bytes(least));
	return t->slots != NULL;
}

void table_close(struct table *t, struct budget *b)
{
	memory_free_lines(b, t->slots, table_bytes(t->mask + 1));
	t->slots = NULL;
}

uint64_t table_states(const struct table *t, const struct form *f, unsigned part, uint64_t *at, word *out, uint64_t most)
{
	uint64_t n = 0;

	(void)f, (void)part;
	for (; *at <= t->mask && n < most; ++*at) {
		const word *slot = t->slots + *at * WORDS;

		if (!(slot[WORDS - 1] & TAKEN))
			continue;
		copy_state(out + n * WORDS, slot);
		out[n++ * WORDS + WORDS - 1] &= ~TAKEN;
	}
	return n;
}

/* ---- growth: twice as many slots, where the old ones are the first half */

/* Puts in a state that is not there, at a slot before `end`, if there is one from where it belongs on that is not before `from`. */
static int settle(struct table *t, const word *state, uint64_t from, uint64_t end)
{
	const struct form form = {64, t->parts};
	uint64_t at = slot_of(t, table_key(&form, state));

	if (at < from)
		return 0;
	for (; at < end; at++) {
		word *slot = t->slots + at * WORDS;

		if (slot[WORDS - 1] & TAKEN)
			continue;
		copy_state(slot, state);
		slot[WORDS - 1] |= TAKEN;
		return 1;
	}
	return 0;
}

struct strays {
	word *states;
	uint64_t count, capacity;
};

static void stray(struct strays *y, const word *state)
{
	if (y->count == y->capacity) {
		y->capacity = y->capacity * 2 + 64;
		y->states = realloc(y->states, y->capacity * WORDS * sizeof(word));
		if (!y->states)
			abort();
	}
	copy_state(y->states + y->count++ * WORDS, state);
}

/*
 * Moves all states to where they belong in a table of twice as many slots.  From the last slot on: what belonged to slot n
 * now belongs to 2n or 2n + 1, which is behind what has not been moved yet unless n is small, or far from its slot.  Such
 * states are put in last, and so are those that would begin again at slot 0.
 */
static void spread(struct table *t, uint64_t slots)
{
	struct strays strays = {NULL, 0, 0};

	for (uint64_t n = slots; n-- > 0;) {
		word *slot = t->slots + n * WORDS, state[WORDS];

		if (!(slot[WORDS - 1] & TAKEN))
			continue;
		copy_state(state, slot);
		state[WORDS - 1] &= ~TAKEN;
		memset(slot, 0, sizeof(state));
		if (!settle(t, state, n, t->mask + 1))
			stray(&strays, state);
	}
	t->count -= strays.count;
	for (uint64_t i = 0; i < strays.count; i++) {
		const struct form form = {64, t->parts};
		const word *state = strays.states + i * WORDS;

		table_insert(t, table_key(&form, state), state);
	}
	free(strays.states);
}

int table_grow(struct table *t, struct budget *b)
{
	uint64_t slots = t->mask + 1;
	word *larger = memory_extend_lines(b, t->slots, table_bytes(slots), table_bytes(slots * 2));

	if (!larger)
		return 0;
	t->slots = larger;
	shape(t, slots * 2);
	spread(t, slots);
	return 1;
}

#endif
