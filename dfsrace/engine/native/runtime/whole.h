/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole states, by open addressing with linear probing (Knuth, The Art of Computer Programming, vol. 3, section 6.4).  A
 * slot is a state; its topmost bit, which no state uses, says that the slot is taken.
 *
 * Measured against numbers for the pieces of a state (SPIN's collapse compression), on 2.2 million states of 166 bits and
 * 14 million of 75: numbers take 0.44 and 0.33 of the memory and 1.8 times the time.  So states are kept whole.
 */
#ifndef DFSRACE_WHOLE_H
#define DFSRACE_WHOLE_H

#include "keys.h"

#if !QUOTIENTS
#define TAKEN ((word)1 << 63)

struct table {
	word *slots;
	uint64_t count, most;
	uint64_t mask;  /* number of slots less one; a power of two less one */
	unsigned shift; /* of a hash without the part's bits: the rest is where a state belongs */
	unsigned parts;
};

static inline unsigned key_bits(unsigned bits, unsigned parts)
{
	(void)bits, (void)parts;
	return 64;
}

static inline uint64_t table_key(const struct form *f, const word *state)
{
	(void)f;
#ifdef TEST_COLLIDE
	return table_hash(state) & ((uint64_t)3 << 40); /* tests: everything falls on few slots */
#endif
	return table_hash(state);
}

static inline unsigned table_part(const struct form *f, uint64_t key)
{
	return f->parts ? (unsigned)(key >> (64 - f->parts)) : 0;
}

static inline uint64_t table_bytes(uint64_t slots)
{
	return slots * WORDS * sizeof(word);
}

static inline uint64_t slot_of(const struct table *t, uint64_t key)
{
	return key << t->parts >> t->shift;
}

static inline void table_prefetch(const struct table *t, uint64_t key)
{
	const char *slot = (const char *)(t->slots + slot_of(t, key) * WORDS);

	__builtin_prefetch(slot, 1, 3);
	if (WORDS > 1)
		__builtin_prefetch(slot + WORDS * sizeof(word) - 1, 1, 3);
}

static inline int is_state(const word *slot, const word *state)
{
	word differ = (slot[WORDS - 1] ^ TAKEN) ^ state[WORDS - 1];

	for (unsigned i = 0; i + 1 < WORDS; i++)
		differ |= slot[i] ^ state[i];
	return !differ;
}

static inline enum inserted table_insert(struct table *t, uint64_t key, const word *state)
{
	for (uint64_t at = slot_of(t, key);; at = (at + 1) & t->mask) {
		word *slot = t->slots + at * WORDS;

		if (!(slot[WORDS - 1] & TAKEN)) {
			if (t->count >= t->most)
				return TABLE_FULL;
			copy_state(slot, state);
			slot[WORDS - 1] |= TAKEN;
			t->count++;
			return IS_NEW;
		}
		if (is_state(slot, state))
			return WAS_THERE;
	}
}

#endif
#endif
