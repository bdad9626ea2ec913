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
#include "lines.h"

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

static inline void prefetch_slot(const struct table *t, uint64_t at)
{
	const char *slot = (const char *)(t->slots + at * WORDS);

	__builtin_prefetch(slot, 1, 3);
	if (WORDS & (WORDS - 1)) /* it may lie in two lines */
		__builtin_prefetch(slot + WORDS * sizeof(word) - 1, 1, 3);
}

static inline void table_prefetch(const struct table *t, uint64_t key)
{
	prefetch_slot(t, slot_of(t, key));
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

/* A state that waits for the line where a slot is. */
struct late {
	uint64_t at;
	uint32_t place;
};

/* Looks into slots up to the end of a line; then the state waits for the next one, behind others that do. */
static inline void take_one(struct table *t, struct late late, const word *states, struct late *ring, unsigned *last, uint8_t *fresh)
{
	const word *state = states + (uint64_t)late.place * WORDS;

	do {
		word *slot = t->slots + late.at * WORDS;

		if (!(slot[WORDS - 1] & TAKEN)) {
			copy_state(slot, state);
			slot[WORDS - 1] |= TAKEN;
			t->count++;
			fresh[late.place] = 1;
			return;
		}
		if (is_state(slot, state)) {
			fresh[late.place] = 0;
			return;
		}
		late.at = (late.at + 1) & t->mask;
	} while (late.at * WORDS * sizeof(word) % LINE >= WORDS * sizeof(word));
	prefetch_slot(t, late.at);
	ring[(*last)++ % LATE] = late;
}

/* As in quotient.h. */
static inline uint64_t table_take(struct table *t, const struct waiting *e, uint64_t count, const word *states, uint8_t *fresh)
{
	struct table own = *t; /* so that the compiler knows that nothing written changes it */
	struct late ring[LATE];
	unsigned first = 0, last = 0;
	uint64_t room = own.most - own.count, most = count < room ? count : room, i = 0;

	if (!room) {
		enum inserted found = table_insert(t, e->key, states + (uint64_t)e->place * WORDS);

		fresh[e->place] = found == IS_NEW;
		return found != TABLE_FULL;
	}
	for (uint64_t n = 0; n < most && n < AHEAD; n++)
		table_prefetch(&own, e[n].key);
	for (; i < most; i++) {
		table_prefetch(&own, e[i + AHEAD < most ? i + AHEAD : most - 1].key);
		while (last - first == LATE)
			take_one(&own, ring[first++ % LATE], states, ring, &last, fresh);
		take_one(&own, (struct late){slot_of(&own, e[i].key), e[i].place}, states, ring, &last, fresh);
	}
	while (first != last)
		take_one(&own, ring[first++ % LATE], states, ring, &last, fresh);
	t->count = own.count;
	return i;
}

#endif
#endif
