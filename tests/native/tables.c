/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables and the log for tests: called through ctypes, or, compiled as a program, timed.
 */
#include "log.h"
#include "table.h"

#include <stdlib.h>

enum { NO_MEMORY = 2 };

struct set {
	struct form form;
	struct budget budget;
	struct table *parts;
	uint64_t growths;
};

struct set *set_open(unsigned bits, unsigned parts, uint64_t slots, uint64_t memory)
{
	struct set *s = calloc(1, sizeof(*s));

	s->form.parts = parts;
	s->form.bits = key_bits(bits, parts);
	atomic_init(&s->budget.used, 0);
	s->budget.most = memory;
	s->parts = calloc((size_t)1 << parts, sizeof(*s->parts));
	for (unsigned p = 0; p < 1u << parts; p++)
		if (!table_open(&s->parts[p], &s->form, &s->budget, slots))
			return NULL;
	return s;
}

void set_close(struct set *s)
{
	for (unsigned p = 0; p < 1u << s->form.parts; p++)
		table_close(&s->parts[p], &s->budget);
	free(s->parts);
	free(s);
}

/* For each state 0 (was there), 1 (new) or NO_MEMORY.  `growing`: the part grows before each state, too. */
void set_insert(struct set *s, const word *states, uint64_t count, int growing, uint8_t *results)
{
	for (uint64_t i = 0; i < count; i++, states += WORDS) {
		uint64_t key = table_key(&s->form, states);
		struct table *t = &s->parts[table_part(&s->form, key)];
		enum inserted found;

		if (growing)
			s->growths += (uint64_t)table_grow(t, &s->budget);
		table_prefetch(t, key);
		while ((found = table_insert(t, key, states)) == TABLE_FULL && table_grow(t, &s->budget))
			s->growths++;
		results[i] = found == TABLE_FULL ? NO_MEMORY : found == IS_NEW;
	}
}

uint64_t set_growths(const struct set *s)
{
	return s->growths;
}

uint64_t set_bytes(struct set *s)
{
	return atomic_load(&s->budget.used);
}

/* Bytes of a slot of the first part. */
unsigned set_slot(const struct set *s)
{
#if QUOTIENTS
	return s->parts[0].wide ? 8 : 4;
#else
	(void)s;
	return WORDS * sizeof(word);
#endif
}

/* Writes entries and reads each of them; the number of bytes, or 0 if one came back otherwise. */
uint64_t log_round_trip(const uint64_t *parents, const uint32_t *ordinals, uint64_t count)
{
	struct budget b = {.most = UINT64_MAX};
	struct log l = {0};
	uint64_t bytes;

	for (uint64_t i = 0; i < count; i++) {
		if (!log_room(&l, &b, 1))
			return 0;
		log_add(&l, parents[i], ordinals[i]);
	}
	bytes = l.used;
	for (uint64_t i = 0; i < count && bytes; i++) {
		uint32_t ordinal;

		if (log_parent(&l, i, &ordinal) != parents[i] || ordinal != ordinals[i])
			bytes = 0;
	}
	log_close(&l, &b);
	return atomic_load(&b.used) ? 0 : bytes;
}
