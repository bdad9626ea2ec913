/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What both kinds of table have in common.
 */
#ifndef DFSRACE_KEYS_H
#define DFSRACE_KEYS_H

#include "memory.h"
#include "model.h"

#if WORDS == 1 && !defined(WHOLE_STATES) /* tests: whole states of one word */
#define QUOTIENTS 1
#else
#define QUOTIENTS 0
#endif

enum inserted { WAS_THERE, IS_NEW, TABLE_FULL };

/* A state that waits for its part: its key, and its place among the states that it stands with. */
struct waiting {
	uint64_t key;
	uint32_t place;
};

#ifndef AHEAD
#define AHEAD 32 /* states between prefetching a line and looking */
#endif
#ifndef LATE
#define LATE 16  /* states that wait for the line behind the one that they were looked for in; a power of two */
#endif

/* What all parts have in common. */
struct form {
	unsigned bits;  /* of a key */
	unsigned parts; /* log2 of their number */
};

/* The finalizer of MurmurHash3 (Austin Appleby, public domain), a bijection on 64 bits, over each word in turn. */
static inline uint64_t table_hash(const word *state)
{
	uint64_t h = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		h ^= state[i];
		h ^= h >> 33;
		h *= 0xff51afd7ed558ccdull;
		h ^= h >> 33;
		h *= 0xc4ceb9fe1a85ec53ull;
		h ^= h >> 33;
	}
	return h;
}

#endif
