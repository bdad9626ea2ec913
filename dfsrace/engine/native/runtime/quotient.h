/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quotients (Cleary, "Compact hash tables using bidirectional linear probing", IEEE Transactions on Computers 33(9),
 * 1984; here with probing by cache lines, as in van der Vegt and Laarman, "A parallel compact hash table", MEMICS 2011).
 *
 * A key is the state's bits scrambled by a bijection.  Its highest bits choose the part; of the others, the highest
 * `home` bits choose the line where it belongs, the lowest `rest` bits are kept in a slot, with the distance of its line
 * from where the key belongs.
 *
 * Exact: (line, distance, rest) gives home = line - distance, and home and rest are the whole key within the part; so
 * two keys of a part never share a slot's content and place, and the key can be read back.  Found if there: a key is put
 * into the first line from its home that has an empty slot, slots of a line are taken in order, and none is ever
 * emptied; so all lines between a key's home and the key's own line are full, now and later, and a search that ends at
 * the first line with an empty slot has passed it.  What does not fit (no line within reach has room) makes the part
 * grow.  Slots have 4, 5, 6 or 8 bytes: as few as hold what is to be kept, which is less the more lines there are.
 */
#ifndef DFSRACE_QUOTIENT_H
#define DFSRACE_QUOTIENT_H

#include <string.h>

#include "keys.h"
#include "lines.h"

#if QUOTIENTS

#ifdef TEST_COLLIDE /* tests: neighbours stay near each other and find no room */
#define MOST_REACH 2
#define LEAST_REACH 2
#else
#define MOST_REACH 64
#define LEAST_REACH 32
#endif
#define FEWEST_KEY_BITS 24

struct table {
	unsigned char *lines;
	uint64_t count, most;
	word mask;      /* of the key's bits within the part */
	unsigned bits;  /* their number */
	unsigned home;  /* log2 of the number of lines where keys belong; MOST_REACH further lines follow */
	unsigned rest;
	unsigned reach; /* distances are less */
	unsigned bytes; /* of a slot */
	/* keys without a place, between a growth that was not enough and the next one; that one was refused */
	uint64_t *strays;
	uint64_t stray_count, stray_capacity;
};

/* All bits of a key, at least so many that every part has some. */
static inline unsigned key_bits(unsigned bits, unsigned parts)
{
	return bits < FEWEST_KEY_BITS + parts ? FEWEST_KEY_BITS + parts : bits;
}

/* Multiplying by an odd number and adding a number's own high bits to its lower half can both be undone. */
static inline uint64_t table_key(const struct form *f, const word *state)
{
	uint64_t h = *state, all = ~(uint64_t)0 >> (64 - f->bits);
	unsigned half = (f->bits + 1) / 2;

#ifdef TEST_COLLIDE
	return h * 0x9e3779b97f4a7c15ull & all;
#endif
	h ^= h >> half;
	h = h * 0xff51afd7ed558ccdull & all;
	h ^= h >> half;
	h = h * 0xc4ceb9fe1a85ec53ull & all;
	return h ^ h >> half;
}

/* The number that an odd number times gives 1: each turn of Newton's method makes twice as many bits right. */
static inline uint64_t inverse(uint64_t odd)
{
	uint64_t x = odd; /* right in three bits */

	for (int i = 0; i < 5; i++)
		x *= 2 - odd * x;
	return x;
}

/* The one word of the state that a key belongs to. */
static inline word table_unkey(const struct form *f, uint64_t h)
{
	uint64_t all = ~(uint64_t)0 >> (64 - f->bits);
	unsigned half = (f->bits + 1) / 2;

#ifdef TEST_COLLIDE
	return h * inverse(0x9e3779b97f4a7c15ull) & all;
#endif
	h ^= h >> half;
	h = h * inverse(0xc4ceb9fe1a85ec53ull) & all;
	h ^= h >> half;
	h = h * inverse(0xff51afd7ed558ccdull) & all;
	return h ^ h >> half;
}

static inline unsigned table_part(const struct form *f, uint64_t key)
{
	return (unsigned)(key >> (f->bits - f->parts));
}

static inline uint64_t table_lines(unsigned home)
{
	return ((uint64_t)1 << home) + MOST_REACH;
}

static inline void table_prefetch(const struct table *t, uint64_t key)
{
	__builtin_prefetch(t->lines + ((key & t->mask) >> t->rest) * LINE, 1, 3);
}

/* Looks for a key of the part or puts it in; `bytes` is t->bytes, known to the compiler where it is called in a loop. */
static inline __attribute__((always_inline)) enum inserted insert_sized(struct table *t, uint64_t key, unsigned bytes)
{
	unsigned char *line = t->lines + (key >> t->rest) * LINE;
	uint64_t slot = taken(bytes) | (key & (((uint64_t)1 << t->rest) - 1)), further = (uint64_t)1 << t->rest;

	for (unsigned d = 0; d < t->reach; d++, line += LINE, slot += further) {
		unsigned same, empty;

		look_into(line, bytes, slot, &same, &empty);
		if (__builtin_expect(same | empty, 1)) {
			/* what is there stands before the first empty slot, and is put where it is */
			put_slot(line, bytes, (unsigned)__builtin_ctz(same | empty), slot, !same);
			t->count += !same;
			return same ? WAS_THERE : IS_NEW;
		}
	}
	return TABLE_FULL;
}

/* Keeps a key that has no place in a line; 1 if it is new. */
int table_stray(struct table *t, uint64_t key);

/* A key that waits for a line: how far it is from where the key belongs, and what the slot would be there. */
struct late {
	unsigned char *line;
	uint64_t slot;
	uint32_t place, distance;
};

/* Looks into one line; if that is full, the key waits for the next one, behind others that do. */
static inline __attribute__((always_inline)) void take_one(struct table *t, struct late late, struct late *ring, unsigned *last,
							   uint8_t *fresh, unsigned bytes)
{
	unsigned same, empty;

	look_into(late.line, bytes, late.slot, &same, &empty);
	if (__builtin_expect(same | empty, 1)) {
		put_slot(late.line, bytes, (unsigned)__builtin_ctz(same | empty), late.slot, !same);
		t->count += !same;
		fresh[late.place] = !same;
		return;
	}
	late.line += LINE;
	late.slot += (uint64_t)1 << t->rest;
	late.distance++;
	__builtin_prefetch(late.line, 1, 3);
	ring[(*last)++ % LATE] = late;
}

/* The same for one that has waited; a key that is too far from its line goes astray. */
static inline __attribute__((always_inline)) void take_late(struct table *t, unsigned *first, struct late *ring, unsigned *last,
							    uint8_t *fresh, unsigned bytes)
{
	const struct late late = ring[(*first)++ % LATE];
	const uint64_t home = (uint64_t)(late.line - t->lines) / LINE - late.distance;

	if (late.distance < t->reach)
		take_one(t, late, ring, last, fresh, bytes);
	else
		fresh[late.place] = (uint8_t)table_stray(t, home << t->rest | (late.slot & (((uint64_t)1 << t->rest) - 1)));
}

/*
 * A line that is full makes its key wait until the next line has been fetched.  Of equal keys the first remains the first:
 * they come past the same full lines, and those that wait are served in their order.
 */
static inline __attribute__((always_inline)) uint64_t take_sized(struct table *t, const struct waiting *e, uint64_t count,
								 uint8_t *fresh, unsigned bytes)
{
	struct table own = *t; /* so that the compiler knows that nothing written changes it */
	struct late ring[LATE];
	unsigned first = 0, last = 0;
	uint64_t room = own.most - own.count, most = count < room ? count : room, i = 0;

	for (uint64_t n = 0; n < most && n < AHEAD; n++)
		table_prefetch(&own, e[n].key);
	for (; i < most && !own.stray_count; i++) {
		const uint64_t key = e[i].key & own.mask, slot = taken(bytes) | (key & (((uint64_t)1 << own.rest) - 1));
		const struct late late = {own.lines + (key >> own.rest) * LINE, slot, e[i].place, 0};

		table_prefetch(&own, e[i + AHEAD < most ? i + AHEAD : most - 1].key);
		while (last - first == LATE)
			take_late(&own, &first, ring, &last, fresh, bytes);
		take_one(&own, late, ring, &last, fresh, bytes);
	}
	while (first != last)
		take_late(&own, &first, ring, &last, fresh, bytes);
	*t = own;
	return i;
}

/* 1 if the key is there; for a table that is full. */
int table_has(const struct table *t, uint64_t key);

static inline enum inserted table_insert(struct table *t, uint64_t key, const word *state)
{
	(void)state;
	key &= t->mask;
	if (__builtin_expect(t->count >= t->most || t->stray_count, 0))
		return table_has(t, key) ? WAS_THERE : TABLE_FULL;
	switch (t->bytes) {
	case 4:
		return insert_sized(t, key, 4);
	case 5:
		return insert_sized(t, key, 5);
	case 6:
		return insert_sized(t, key, 6);
	}
	return insert_sized(t, key, 8);
}

/*
 * Looks for states or puts them in, in their order; how many, 0 if there is no room for the first.  `fresh`: for each
 * place whether its state is new.
 */
static inline uint64_t table_take(struct table *t, const struct waiting *e, uint64_t count, const word *states, uint8_t *fresh)
{
	if (t->count >= t->most || t->stray_count) {
		enum inserted found = table_insert(t, e->key, states);

		fresh[e->place] = found == IS_NEW;
		return found != TABLE_FULL;
	}
	switch (t->bytes) {
	case 4:
		return take_sized(t, e, count, fresh, 4);
	case 5:
		return take_sized(t, e, count, fresh, 5);
	case 6:
		return take_sized(t, e, count, fresh, 6);
	}
	return take_sized(t, e, count, fresh, 8);
}

#endif
#endif
