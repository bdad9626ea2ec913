/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The set of visited states, exact: nothing is hashed away.  Where several threads search, it is cut into parts by the
 * first bits of a key, each a table of its own, so that two never work on one part at a time.  A part grows in place, from
 * its end on: nothing is twice in memory.
 *
 * There are two kinds, chosen when this is compiled: quotients for states of one word (quotient.h), whole states for
 * wider ones (whole.h).  Both offer
 *
 *   table_key(f, state)        what is looked for; for quotients a bijection of the state's bits, else a hash
 *   table_part(f, key)         the part that it belongs to
 *   table_open(t, f, b, slots) an empty part for about so many states, 0 if there is no memory
 *   table_close(t, b)
 *   table_prefetch(t, key)
 *   table_insert(t, key, state)
 *   table_take(t, list, ...)   the same for many that wait, together
 *   table_grow(t, b)           makes room for twice as many; 0 if there is no memory, and nothing has changed then
 *   table_states(t, ...)       the states back
 */
#ifndef DFSRACE_TABLE_H
#define DFSRACE_TABLE_H

#include "keys.h"
#include "quotient.h"
#include "whole.h"

/* An empty part for about so many states, and twice the room for one; 0 if there is no memory, and nothing has changed. */
int table_open(struct table *t, const struct form *f, struct budget *b, uint64_t slots);
int table_grow(struct table *t, struct budget *b);
void table_close(struct table *t, struct budget *b);
/*
 * The states of a part, at most `most` of them, from place *at on (0 at first), which is moved to where to go on; how
 * many, 0 when there are no more.
 */
uint64_t table_states(const struct table *t, const struct form *f, unsigned part, uint64_t *at, word *out, uint64_t most);

#endif
