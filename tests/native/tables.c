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

/* Puts one state in. */
static uint8_t insert_one(struct set *s, const word *state, int growing)
{
	uint64_t key = table_key(&s->form, state);
	struct table *t = &s->parts[table_part(&s->form, key)];
	enum inserted found;

	if (growing)
		s->growths += (uint64_t)table_grow(t, &s->budget);
	while ((found = table_insert(t, key, state)) == TABLE_FULL && table_grow(t, &s->budget))
		s->growths++;
	return found == TABLE_FULL ? NO_MEMORY : found == IS_NEW;
}

/* Puts in those of many states that belong to one part, together as far as there is room. */
static void insert_part(struct set *s, unsigned part, const word *states, uint64_t count, struct waiting *list, uint8_t *results)
{
	struct table *t = &s->parts[part];
	uint64_t n = 0, done = 0;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t key = table_key(&s->form, states + i * WORDS);

		if (table_part(&s->form, key) == part)
			list[n++] = (struct waiting){key, (uint32_t)i};
	}
	while (done < n) {
		uint64_t taken = table_take(t, list + done, n - done, states, results);

		done += taken;
		if (taken)
			continue;
		if (table_grow(t, &s->budget))
			s->growths++;
		else
			results[list[done++].place] = NO_MEMORY;
	}
}

/*
 * For each state 0 (was there), 1 (new) or NO_MEMORY.  `how`: 0 one after another, 1 the part grows before each, too, 2 as
 * many together as there is room for.
 */
void set_insert(struct set *s, const word *states, uint64_t count, int how, uint8_t *results)
{
	struct waiting *list = how == 2 ? calloc(count + 1, sizeof(*list)) : NULL;

	for (uint64_t i = 0; i < count && !list; i++)
		results[i] = insert_one(s, states + i * WORDS, how);
	for (unsigned p = 0; p < 1u << s->form.parts && list; p++)
		insert_part(s, p, states, count, list, results);
	free(list);
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
	return s->parts[0].bytes;
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

/* All states of the set, at most so many; how many there are. */
uint64_t set_states(const struct set *s, word *out, uint64_t most)
{
	uint64_t n = 0;

	for (unsigned p = 0; p < 1u << s->form.parts; p++) {
		uint64_t at = 0, more;

		while ((more = table_states(&s->parts[p], &s->form, p, &at, out + n * WORDS, most - n < 100 ? most - n : 100)) > 0)
			n += more;
	}
	return n;
}
