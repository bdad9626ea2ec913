/* SPDX-License-Identifier: GPL-2.0-only */
#include "log.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 16     /* bytes of an entry */
#define SMALL_BITS 3   /* of the ordinal in the first number; all set: the rest of it follows */
#define SMALL ((1u << SMALL_BITS) - 1)

struct mark {
	uint64_t at, last; /* where the entry begins, the parent before it */
};

int log_room(struct log *l, struct budget *b, uint64_t entries)
{
	return memory_room(b, &l->bytes, &l->capacity, l->used + entries * LONGEST, 1) &&
	       memory_room(b, &l->marks, &l->mark_capacity, (l->count + entries) / BETWEEN_MARKS + 1, sizeof(*l->marks));
}

static inline uint8_t *put(uint8_t *to, uint64_t n)
{
	for (; n >= 128; n >>= 7)
		*to++ = (uint8_t)(n | 128);
	*to++ = (uint8_t)n;
	return to;
}

static inline const uint8_t *get(const uint8_t *from, uint64_t *n)
{
	unsigned shift = 0;

	for (*n = 0; *from & 128; shift += 7)
		*n |= (uint64_t)(*from++ & 127) << shift;
	*n |= (uint64_t)*from++ << shift;
	return from;
}

static inline uint8_t *put_entry(uint8_t *to, uint64_t distance, uint32_t ordinal)
{
	to = put(to, distance << SMALL_BITS | (ordinal < SMALL ? ordinal : SMALL));
	return ordinal >= SMALL ? put(to, ordinal - SMALL) : to;
}

void log_add(struct log *l, uint64_t parent, uint32_t ordinal)
{
	if (l->count % BETWEEN_MARKS == 0)
		l->marks[l->mark_count++] = (struct mark){l->used, l->last};
	l->used = (uint64_t)(put_entry(l->bytes + l->used, parent - l->last, ordinal) - l->bytes);
	l->last = parent;
	l->count++;
}

/* ---- pieces */

int piece_room(struct piece *p, struct budget *b, uint64_t entries)
{
	return memory_room(b, &p->bytes, &p->capacity, entries * LONGEST, 1) &&
	       memory_room(b, &p->marks, &p->mark_capacity, entries / BETWEEN_MARKS + 1, sizeof(*p->marks));
}

void piece_begin(struct piece *p, uint64_t number)
{
	p->number = number;
	p->count = p->used = p->mark_count = 0;
}

void piece_add(struct piece *p, uint64_t parent, uint32_t ordinal)
{
	if (!p->count++) { /* how far it is from the parent before will be known when all is put together */
		p->first = p->last = parent;
		p->ordinal = ordinal;
		return;
	}
	if ((p->number + p->count - 1) % BETWEEN_MARKS == 0)
		p->marks[p->mark_count++] = (struct mark){p->used, p->last};
	p->used = (uint64_t)(put_entry(p->bytes + p->used, parent - p->last, ordinal) - p->bytes);
	p->last = parent;
}

void piece_close(struct piece *p)
{
	free(p->bytes);
	free(p->marks);
}

void log_append(struct log *l, const struct piece *p)
{
	log_add(l, p->first, p->ordinal);
	for (uint64_t i = 0; i < p->mark_count; i++)
		l->marks[l->mark_count++] = (struct mark){l->used + p->marks[i].at, p->marks[i].last};
	memcpy(l->bytes + l->used, p->bytes, p->used);
	l->used += p->used;
	l->count += p->count - 1;
	l->last = p->last;
}

/* ---- reading */

/* As get, from bytes that may be anything; NULL if there is no number before the end. */
static const uint8_t *get_checked(const uint8_t *from, const uint8_t *end, uint64_t *n)
{
	*n = 0;
	for (unsigned shift = 0; from < end && shift < 63; shift += 7) {
		*n |= (uint64_t)(*from & 127) << shift;
		if (!(*from++ & 128))
			return from;
	}
	return NULL;
}

int log_take_in(struct log *l, struct budget *b, uint64_t used, uint64_t states, uint64_t roots)
{
	const uint8_t *from = l->bytes, *end = l->bytes + used;

	if (!memory_room(b, &l->marks, &l->mark_capacity, states / BETWEEN_MARKS + 1, sizeof(*l->marks)))
		return -1;
	for (; l->count < states; l->count++) {
		uint64_t n, more = 0;

		if (l->count % BETWEEN_MARKS == 0)
			l->marks[l->mark_count++] = (struct mark){(uint64_t)(from - l->bytes), l->last};
		from = get_checked(from, end, &n);
		if (from && (n & SMALL) == SMALL)
			from = get_checked(from, end, &more);
		if (!from || more > UINT32_MAX - SMALL || n >> SMALL_BITS >= states)
			return 0;
		l->last += n >> SMALL_BITS;
		if (l->count < roots ? l->last : l->last >= l->count)
			return 0;
	}
	l->used = used;
	return from == end;
}

uint64_t log_parent(const struct log *l, uint64_t state, uint32_t *ordinal)
{
	const struct mark *m = &l->marks[state / BETWEEN_MARKS];
	const uint8_t *from = l->bytes + m->at;
	uint64_t parent = m->last, n, more = 0;

	for (uint64_t i = state / BETWEEN_MARKS * BETWEEN_MARKS; i <= state; i++) {
		from = get(from, &n);
		parent += n >> SMALL_BITS;
		*ordinal = n & SMALL;
		if (*ordinal == SMALL) {
			from = get(from, &more);
			*ordinal += (uint32_t)more;
		}
	}
	return parent;
}

void log_close(struct log *l, struct budget *b)
{
	memory_free(b, l->bytes, l->capacity);
	memory_free(b, l->marks, l->mark_capacity * sizeof(*l->marks));
	l->bytes = NULL;
	l->marks = NULL;
}
