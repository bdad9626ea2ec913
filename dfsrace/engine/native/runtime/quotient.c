/* SPDX-License-Identifier: GPL-2.0-only */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#if QUOTIENTS

/* What a part with so many lines looks like; 0 if no slot would have room for what is to be kept. */
static int shape(struct table *t, unsigned home)
{
	t->home = home;
	t->rest = t->bits - home;
	for (t->bytes = 4; t->bytes <= 8; t->bytes += 1 + (t->bytes == 6)) {
		unsigned most = 8 * t->bytes - (taken(t->bytes) != 0), left;

		if (t->rest > most)
			continue;
		left = most - t->rest;
		t->reach = left < 6 && 1u << left < MOST_REACH ? 1u << left : MOST_REACH;
		if (t->reach >= LEAST_REACH) {
			uint64_t slots = (uint64_t)slots_of(t->bytes) << home;

			t->most = slots - slots / 8;
			return 1;
		}
	}
	return 0;
}

int table_open(struct table *t, const struct form *f, struct budget *b, uint64_t slots)
{
	unsigned home = 0;

	memset(t, 0, sizeof(*t));
	t->bits = f->bits - f->parts;
	t->mask = ~(uint64_t)0 >> (64 - t->bits);
	while (home < t->bits && (uint64_t)16 << home < slots)
		home++;
	while (!shape(t, home))
		home++;
	t->lines = memory_lines(b, table_lines(home) * LINE);
	return t->lines != NULL;
}

void table_close(struct table *t, struct budget *b)
{
	memory_free_lines(b, t->lines, table_lines(t->home) * LINE);
	t->lines = NULL;
	free(t->strays);
	t->strays = NULL;
}

int table_has(const struct table *t, uint64_t key)
{
	const unsigned char *line = t->lines + (key >> t->rest) * LINE;
	uint64_t slot = taken(t->bytes) | (key & (((uint64_t)1 << t->rest) - 1));

	for (uint64_t i = 0; i < t->stray_count; i++)
		if (t->strays[i] == key)
			return 1;
	for (unsigned d = 0; d < t->reach; d++, line += LINE, slot += (uint64_t)1 << t->rest) {
		unsigned same, empty;

		look_into(line, t->bytes, slot, &same, &empty);
		if (same | empty)
			return same != 0;
	}
	return 0;
}

/* The key that a slot of a line stands for. */
static uint64_t key_of(const struct table *t, uint64_t line, uint64_t slot)
{
	slot &= ~taken(t->bytes);
	return (line - (slot >> t->rest)) << t->rest | (slot & (((uint64_t)1 << t->rest) - 1));
}

uint64_t table_states(const struct table *t, const struct form *f, unsigned part, uint64_t *at, word *out, uint64_t most)
{
	unsigned per_line = slots_of(t->bytes);
	uint64_t slots = table_lines(t->home) * per_line, n = 0;

	for (; *at < slots && n < most; ++*at) {
		uint64_t number = *at / per_line;
		const unsigned char *line = t->lines + number * LINE;
		unsigned i = (unsigned)(*at % per_line);

		if (i < used_slots(line, t->bytes))
			out[n++] = table_unkey(f, (uint64_t)part << t->bits | key_of(t, number, get_slot(line, t->bytes, i)));
	}
	for (; *at >= slots && *at - slots < t->stray_count && n < most; ++*at)
		out[n++] = table_unkey(f, (uint64_t)part << t->bits | t->strays[*at - slots]);
	return n;
}

/* ---- growth: twice as many lines, where the old ones are the first half */

static void stray(struct table *t, uint64_t key)
{
	if (t->stray_count == t->stray_capacity) {
		t->stray_capacity = t->stray_capacity * 2 + 16;
		t->strays = realloc(t->strays, t->stray_capacity * sizeof(*t->strays));
		if (!t->strays)
			abort();
	}
	t->strays[t->stray_count++] = key;
}

int table_stray(struct table *t, uint64_t key)
{
	for (uint64_t i = 0; i < t->stray_count; i++)
		if (t->strays[i] == key)
			return 0;
	stray(t, key);
	t->count++;
	return 1;
}

/* Puts in a key that is not there. */
static void settle(struct table *t, uint64_t key)
{
	uint64_t slot = taken(t->bytes) | (key & (((uint64_t)1 << t->rest) - 1));
	unsigned char *line = t->lines + (key >> t->rest) * LINE;

	for (unsigned d = 0; d < t->reach; d++, line += LINE, slot += (uint64_t)1 << t->rest) {
		unsigned same, empty;

		look_into(line, t->bytes, slot, &same, &empty);
		if (empty) {
			put_slot(line, t->bytes, (unsigned)__builtin_ctz(empty), slot, 1);
			return;
		}
	}
	stray(t, key);
}

/* The keys of a line that stood in the old table. */
static void move_line(const struct table *old, struct table *t, uint64_t number, const unsigned char *line)
{
	unsigned used = used_slots(line, old->bytes);

	for (unsigned i = 0; i < used; i++)
		settle(t, key_of(old, number, get_slot(line, old->bytes, i)));
}

/*
 * Moves all keys to where they belong in a table of twice as many lines.  From the last line on: a key at line n belonged
 * to n - reach + 1 at least and now belongs to twice that at least; that is n or more, where all lines have been emptied,
 * unless n is small.  These few lines are taken out first and put back last.
 */
static void spread(const struct table *old, struct table *t)
{
	unsigned char first[2 * MOST_REACH * LINE], one[LINE];
	uint64_t lines = table_lines(old->home), few = lines < 2 * MOST_REACH ? lines : 2 * MOST_REACH;

	memcpy(first, t->lines, few * LINE);
	memset(t->lines, 0, few * LINE);
	for (uint64_t n = lines; n-- > few;) {
		memcpy(one, t->lines + n * LINE, LINE);
		memset(t->lines + n * LINE, 0, LINE);
		move_line(old, t, n, one);
	}
	for (uint64_t n = few; n-- > 0;)
		move_line(old, t, n, first + n * LINE);
}

/* Where everything belongs to a few lines, the keys may still not fit; then once more. */
int table_grow(struct table *t, struct budget *b)
{
	do {
		struct table larger = *t;
		uint64_t *strays = t->strays, count = t->stray_count;

		if (t->home >= t->bits)
			return 0;
		shape(&larger, t->home + 1);
		larger.lines = memory_extend_lines(b, t->lines, table_lines(t->home) * LINE, table_lines(larger.home) * LINE);
		if (!larger.lines)
			return 0;
		larger.strays = NULL;
		larger.stray_count = larger.stray_capacity = 0;
		spread(t, &larger);
		for (uint64_t i = 0; i < count; i++)
			settle(&larger, strays[i]);
		free(strays);
		*t = larger;
	} while (t->stray_count);
	return 1;
}

#endif
