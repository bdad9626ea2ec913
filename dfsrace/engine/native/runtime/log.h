/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For each state, in the order of their numbers, its parent and which of the parent's steps led to it, so that a trace
 * is a walk back (Stern and Dill's Murphi).
 *
 * Parents come in the order of their numbers, too, so only the distance from the last one is kept, in a byte with the
 * step where both are small: seven bits of a number in a byte, the lowest first, the highest bit says that more follow.
 */
#ifndef DFSRACE_LOG_H
#define DFSRACE_LOG_H

#include "memory.h"

#define NO_PARENT (~(uint64_t)0)
#define BETWEEN_MARKS 512 /* entries from one to which reading can jump to the next */

struct log {
	uint8_t *bytes;
	uint64_t used, capacity;
	struct mark *marks;
	uint64_t mark_count, mark_capacity;
	uint64_t count, last; /* last: the parent of the newest entry */
};

/* Entries that follow each other, written beside the log: by several threads, each its own. */
struct piece {
	uint8_t *bytes;
	uint64_t used, capacity;
	struct mark *marks; /* `at` counts from the second entry's first byte */
	uint64_t mark_count, mark_capacity;
	uint64_t number, count; /* of the first state, of states */
	uint64_t first, last;   /* parents */
	uint32_t ordinal;       /* of the first */
};

/* Room for so many entries; 0 if there is no memory. */
int piece_room(struct piece *p, struct budget *b, uint64_t entries);
/* Begins a piece with the state of this number. */
void piece_begin(struct piece *p, uint64_t number);
/* As log_add. */
void piece_add(struct piece *p, uint64_t parent, uint32_t ordinal);
void piece_close(struct piece *p);
/* Adds a piece, whose states come next; there has to be room. */
void log_append(struct log *l, const struct piece *p);

/* Room for so many more entries; 0 if there is no memory. */
int log_room(struct log *l, struct budget *b, uint64_t entries);
/* The next state's parent, not less than the last one's (0 for an initial state); there has to be room. */
void log_add(struct log *l, uint64_t parent, uint32_t ordinal);
/*
 * Takes over `used` bytes that somebody has put into an empty log that has room for them, as a log wrote them for so many
 * states, of which the first `roots` have no parent; 0 if that is not what they are, -1 if there is no memory.
 */
int log_take_in(struct log *l, struct budget *b, uint64_t used, uint64_t states, uint64_t roots);
uint64_t log_parent(const struct log *l, uint64_t state, uint32_t *ordinal);
void log_close(struct log *l, struct budget *b);

#endif
