/* SPDX-License-Identifier: GPL-2.0-only */
#include "table.h"

#include <string.h>

#if QUOTIENTS

/* What a part with so many lines looks like; 0 if a slot would have no room for what is to be kept. */
static int shape(struct table *t, unsigned home, unsigned wide)
{
	uint64_t slots = (uint64_t)(wide ? 8 : 16) << home;
	unsigned left;

	t->home = home;
	t->rest = t->bits - home;
	t->wide = wide;
	if (t->rest > (wide ? 63u : 31u))
		return 0;
	left = (wide ? 63 : 31) - t->rest;
	t->reach = left < 6 && 1u << left < MOST_REACH ? 1u << left : MOST_REACH;
	t->most = slots - slots / 8;
	return t->reach >= LEAST_REACH;
}

static int begin(struct table *t, struct budget *b)
{
	t->count = 0;
	t->lines = memory_lines(b, table_bytes(t->home));
	return t->lines != NULL;
}

int table_open(struct table *t, const struct form *f, struct budget *b, uint64_t slots)
{
	unsigned home = 0;

	memset(t, 0, sizeof(*t));
	t->bits = f->bits - f->parts;
	t->mask = ~(uint64_t)0 >> (64 - t->bits);
	while (home < t->bits && (uint64_t)16 << home < slots)
		home++;
	while (!shape(t, home, 0) && !shape(t, home, 1))
		home++;
	return begin(t, b);
}

void table_close(struct table *t, struct budget *b)
{
	memory_free_lines(b, t->lines, table_bytes(t->home));
	t->lines = NULL;
}

/* Puts all keys of a part into another; 0 if they do not fit. */
static int move_keys(const struct table *from, struct table *to)
{
	unsigned per_line = from->wide ? 8 : 16;
	uint64_t lines = ((uint64_t)1 << from->home) + MOST_REACH;
	uint64_t rest = ((uint64_t)1 << from->rest) - 1;

	for (uint64_t line = 0; line < lines; line++) {
		for (unsigned i = 0; i < per_line; i++) {
			uint64_t at = line * per_line + i;
			uint64_t slot = from->wide ? ((const uint64_t *)from->lines)[at] : ((const uint32_t *)from->lines)[at];
			uint64_t distance;

			if (!slot)
				break;
			slot &= ~(from->wide ? TAKEN8 : (uint64_t)TAKEN4);
			distance = slot >> from->rest;
			if (table_insert(to, (line - distance) << from->rest | (slot & rest), NULL) != IS_NEW)
				return 0;
		}
	}
	return 1;
}

uint64_t table_states(const struct table *t, const struct form *f, unsigned part, uint64_t *at, word *out, uint64_t most)
{
	unsigned per_line = t->wide ? 8 : 16;
	uint64_t slots = (((uint64_t)1 << t->home) + MOST_REACH) * per_line, rest = ((uint64_t)1 << t->rest) - 1, n = 0;

	for (; *at < slots && n < most; ++*at) {
		uint64_t slot = t->wide ? ((const uint64_t *)t->lines)[*at] : ((const uint32_t *)t->lines)[*at];
		uint64_t line = *at / per_line;

		if (!slot)
			continue;
		slot &= ~(t->wide ? TAKEN8 : (uint64_t)TAKEN4);
		out[n++] = table_unkey(f, (uint64_t)part << t->bits | (line - (slot >> t->rest)) << t->rest | (slot & rest));
	}
	return n;
}

/*
 * The next shape that holds more: slots of 4 bytes in as many lines, if it had slots of 8 bytes and 4 suffice; else
 * twice as many lines.  Where everything belongs to a few lines, the keys may still not fit; then once more.
 */
int table_grow(struct table *t, struct budget *b)
{
	struct table larger = *t;
	unsigned home = t->wide ? t->home : t->home + 1;

	for (; home <= t->bits; home++) {
		if (!shape(&larger, home, 0)) {
			if (home == t->home)
				continue;
			shape(&larger, home, 1);
		}
		if (!begin(&larger, b))
			return 0;
		if (move_keys(t, &larger)) {
			table_close(t, b);
			*t = larger;
			return 1;
		}
		table_close(&larger, b);
	}
	return 0;
}

#endif
