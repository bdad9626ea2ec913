/* SPDX-License-Identifier: GPL-2.0-only */
#include "table.h"

#if !QUOTIENTS

static int begin(struct table *t, struct budget *b, uint64_t slots)
{
	t->count = 0;
	t->most = slots - slots / 4;
	t->mask = slots - 1;
	t->shift = 64;
	while (slots > 1)
		slots /= 2, t->shift--;
	t->slots = memory_lines(b, table_bytes(t->mask + 1));
	return t->slots != NULL;
}

int table_open(struct table *t, const struct form *f, struct budget *b, uint64_t slots)
{
	uint64_t least = 4;

	while (least < slots)
		least *= 2;
	t->parts = f->parts;
	return begin(t, b, least);
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

int table_grow(struct table *t, struct budget *b)
{
	const struct form form = {64, t->parts};
	struct table larger = *t;

	if (!begin(&larger, b, (t->mask + 1) * 2))
		return 0;
	for (uint64_t at = 0; at <= t->mask; at++) {
		word state[WORDS];

		if (!(t->slots[at * WORDS + WORDS - 1] & TAKEN))
			continue;
		copy_state(state, t->slots + at * WORDS);
		state[WORDS - 1] &= ~TAKEN;
		table_insert(&larger, table_key(&form, state), state);
	}
	table_close(t, b);
	*t = larger;
	return 1;
}

#endif
