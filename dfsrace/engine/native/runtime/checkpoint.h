/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A search at rest as a stream of bytes, and back.  What stands there is what decides how the search goes on and what it
 * says in the end; not what follows from it, so that the number of threads, and the tables' shape, may be others.
 *
 * The stream is words of 64 bits, the lowest byte first on all machines that this runs on:
 *
 *   CHECKPOINT_FORM, WORDS, numbers of properties, of words of hits, of pools
 *   states, transitions, depth, position in its level, pool exhausted plus one, states and transitions of the last block
 *   for each property depth of its violations plus one, their number, the violations
 *   reach conditions met, coverage points reached, most values of each pool
 *   for each level, up to the one that is being found: number of states, whether they follow, the states
 *   number of bytes of the log, the log
 *   all states, in the order of the tables
 *
 * A search that was stopped in the middle of a block (by a bound, for want of memory) is written as it was before it.
 */
#ifndef DFSRACE_CHECKPOINT_H
#define DFSRACE_CHECKPOINT_H

#include "search.h"

#define CHECKPOINT_FORM 2

enum checkpoint {
	CHECKPOINT_DONE,
	CHECKPOINT_FAILED,    /* to write or to read: errno says why */
	CHECKPOINT_NOT_NOW,   /* the search is not where it could go on from */
	CHECKPOINT_DAMAGED,   /* what was read is no search of this model */
	CHECKPOINT_NO_MEMORY,
};

/* Writes the search to where a file stands; needs no more than a fixed amount of memory, and some for a block. */
enum checkpoint checkpoint_write(const struct search *s, int file);
/*
 * Reads so many bytes into a search that has just been opened; if that fails, the search can only be closed.  Nothing in
 * the bytes is taken for granted: numbers are compared with what is left to read before memory is taken, and what steps
 * will be taken from are states.
 *
 * `shape` says what states look like, as fields (shift, width, largest value): the bits that a state may use, WORDS
 * words; the number of cells and a field for each; the number of threads; for each thread where in `shape` its part
 * begins.  There: shift and width of its place, the number of places, and for each place where its part begins: bits
 * that are 0 there, WORDS words, number of fields, the fields.
 */
enum checkpoint checkpoint_read(struct search *s, int file, uint64_t bytes, const uint64_t *shape);

#endif
