/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quotients (Cleary, "Compact hash tables using bidirectional linear probing", IEEE Transactions on Computers 33(9),
 * 1984; here with probing by cache lines, as in van der Vegt and Laarman, "A parallel compact hash table", MEMICS 2011).
 *
 * A key is the state's bits scrambled by a bijection.  Its highest bits choose the part; of the others, the highest
 * `home` bits choose the line where it belongs, the lowest `rest` bits are kept in a slot, with a bit that says that
 * the slot is taken and the distance of its line from where the key belongs.
 *
 * Exact: (line, distance, rest) gives home = line - distance, and home and rest are the whole key within the part; so
 * two keys of a part never share a slot's content and place, and the key can be read back.  Found if there: a key is put
 * into the first line from its home that has an empty slot, slots of a line are taken in order, and none is ever
 * emptied; so all lines between a key's home and the key's own line are full, now and later, and a search that ends at
 * the first line with an empty slot has passed it.  What does not fit (no line within reach has room) makes the part
 * grow.  Slots have 4 bytes, or 8 while a part has so few lines that what is to be kept does not fit into 4.
 */
#ifndef DFSRACE_QUOTIENT_H
#define DFSRACE_QUOTIENT_H

#include "keys.h"

#if QUOTIENTS

#define LINE 64
#ifdef TEST_COLLIDE /* tests: neighbours stay near each other and find no room */
#define MOST_REACH 2
#define LEAST_REACH 2
#else
#define MOST_REACH 64
#define LEAST_REACH 16
#endif
#define FEWEST_KEY_BITS 24
#define TAKEN4 ((uint32_t)1 << 31)
#define TAKEN8 ((uint64_t)1 << 63)

struct table {
	unsigned char *lines;
	uint64_t count, most;
	word mask;      /* of the key's bits within the part */
	unsigned bits;  /* their number */
	unsigned home;  /* log2 of the number of lines where keys belong; MOST_REACH further lines follow */
	unsigned rest;
	unsigned reach; /* distances are less */
	unsigned wide;  /* slots have 8 bytes */
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

static inline uint64_t table_bytes(unsigned home)
{
	return (((uint64_t)1 << home) + MOST_REACH) * LINE;
}

static inline void table_prefetch(const struct table *t, uint64_t key)
{
	__builtin_prefetch(t->lines + ((key & t->mask) >> t->rest) * LINE, 1, 3);
}

typedef uint32_t four __attribute__((vector_size(16), may_alias));
typedef uint64_t two __attribute__((vector_size(16), may_alias));

static inline enum inserted insert4(struct table *t, uint64_t key)
{
	uint32_t *line = (uint32_t *)(t->lines + (key >> t->rest) * LINE);
	uint32_t slot = TAKEN4 | (uint32_t)(key & (((uint64_t)1 << t->rest) - 1));

	for (unsigned d = 0; d < t->reach; d++, line += 16, slot += (uint32_t)1 << t->rest) {
		const four *l = (const four *)line;
		four same = {slot, slot, slot, slot};
		two any = (two)((four)(l[0] == same) | (four)(l[1] == same) | (four)(l[2] == same) | (four)(l[3] == same));
		unsigned n;

		if (any[0] | any[1])
			return WAS_THERE;
		if (line[15])
			continue;
		if (t->count >= t->most)
			return TABLE_FULL;
		n = (line[7] != 0) << 3;
		n |= (line[n + 3] != 0) << 2;
		n |= (line[n + 1] != 0) << 1;
		n |= line[n] != 0;
		line[n] = slot;
		t->count++;
		return IS_NEW;
	}
	return TABLE_FULL;
}

static inline enum inserted insert8(struct table *t, uint64_t key)
{
	uint64_t *line = (uint64_t *)(t->lines + (key >> t->rest) * LINE);
	uint64_t slot = TAKEN8 | (key & (((uint64_t)1 << t->rest) - 1));

	for (unsigned d = 0; d < t->reach; d++, line += 8, slot += (uint64_t)1 << t->rest) {
		unsigned n;

		if ((line[0] == slot) | (line[1] == slot) | (line[2] == slot) | (line[3] == slot) | (line[4] == slot) |
		    (line[5] == slot) | (line[6] == slot) | (line[7] == slot))
			return WAS_THERE;
		if (line[7])
			continue;
		if (t->count >= t->most)
			return TABLE_FULL;
		n = (line[3] != 0) << 2;
		n |= (line[n + 1] != 0) << 1;
		n |= line[n] != 0;
		line[n] = slot;
		t->count++;
		return IS_NEW;
	}
	return TABLE_FULL;
}

static inline enum inserted table_insert(struct table *t, uint64_t key, const word *state)
{
	(void)state;
	return t->wide ? insert8(t, key & t->mask) : insert4(t, key & t->mask);
}

#endif
#endif
