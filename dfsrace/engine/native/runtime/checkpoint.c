/* SPDX-License-Identifier: GPL-2.0-only */
#include "checkpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block.h"

#define BUFFERED 8192   /* words */
#define AT_ONCE 1024    /* states from a table */
#define MOST_GOALS ((uint64_t)1 << 40)

/* ---- writing */

struct writer {
	int file, failed;
	size_t used; /* bytes */
	uint64_t buffer[BUFFERED];
};

static void empty(struct writer *w)
{
	const char *from = (const char *)w->buffer;

	while (w->used && !w->failed) {
		ssize_t n = write(w->file, from, w->used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			w->failed = n < 0 ? errno : EIO;
			break;
		}
		from += n;
		w->used -= (size_t)n;
	}
	w->used = 0;
}

static void put_bytes(struct writer *w, const void *bytes, uint64_t count)
{
	const char *from = bytes;

	while (count) {
		size_t room = sizeof(w->buffer) - w->used, n = count < room ? (size_t)count : room;

		memcpy((char *)w->buffer + w->used, from, n);
		w->used += n;
		from += n;
		count -= n;
		if (w->used == sizeof(w->buffer))
			empty(w);
	}
}

static void put_word(struct writer *w, uint64_t n)
{
	put_bytes(w, &n, sizeof(n));
}

/* ---- states that are in the table, but not yet found where the search goes back to */

struct fresh {
	const word **states; /* open addressing; NULL is empty */
	uint64_t mask;
};

static const word **place_of(const struct fresh *f, const word *state)
{
	uint64_t at = table_hash(state) & f->mask;

	while (f->states[at] && memcmp(f->states[at], state, WORDS * sizeof(word)))
		at = (at + 1) & f->mask;
	return &f->states[at];
}

static int list_them(const struct search *s, struct fresh *f)
{
	uint64_t count = 0;

	for (uint32_t c = 0; c < s->chunk_count; c++)
		for (uint32_t i = 0; i < s->chunks[c].count; i++)
			count += s->chunks[c].fresh[i];
	for (f->mask = 16; f->mask < 2 * count; f->mask *= 2)
		;
	f->states = calloc(f->mask, sizeof(*f->states));
	f->mask--;
	if (!f->states)
		return 0;
	for (uint32_t c = 0; c < s->chunk_count; c++) {
		const struct chunk *k = &s->chunks[c];

		for (uint32_t i = 0; i < k->count; i++)
			if (k->fresh[i])
				*place_of(f, k->out + (uint64_t)i * WORDS) = k->out + (uint64_t)i * WORDS;
	}
	return 1;
}

/* Where the search stands, or stood before the block that it could not finish. */
static struct rest where(const struct search *s)
{
	struct rest r = s->rest;

	if (!r.inside)
		r = (struct rest){0, 0, s->position, s->states, s->transitions, s->block_transitions, s->block_states,
				  s->log.used, s->log.last, s->exhausted, NULL};
	return r;
}

static uint64_t level_states(const struct search *s, const struct rest *r, uint32_t depth)
{
	if (depth >= s->level_count)
		return 0;
	return depth > s->depth ? r->states - s->levels[depth].first : s->levels[depth].count;
}

static void put_goals(struct writer *w, const struct search *s, const struct rest *r)
{
	for (uint32_t p = 0; p < s->m->properties + AUTOMATIC; p++) {
		const struct violations *g = &s->goals[p];
		uint64_t count = r->inside ? r->goals[p] : g->count;

		put_word(w, count ? (uint64_t)g->depth + 1 : 0);
		put_word(w, count);
		put_bytes(w, g->entries, count * (WORDS + 2) * sizeof(word));
	}
}

static void put_levels(struct writer *w, const struct search *s, const struct rest *r)
{
	for (uint32_t d = 0; d <= s->depth + 1; d++) {
		uint64_t count = level_states(s, r, d);
		int there = count && s->levels[d].states;

		put_word(w, count);
		put_word(w, (uint64_t)there);
		if (there)
			put_bytes(w, s->levels[d].states, count * WORDS * sizeof(word));
	}
}

/* 0 if these are not as many as there should be. */
static int put_table(struct writer *w, const struct search *s, const struct rest *r, const struct fresh *f)
{
	word states[AT_ONCE * WORDS];
	uint64_t total = 0;

	for (uint32_t p = 0; p < s->parts && !w->failed; p++) {
		uint64_t at = 0, count;

		while ((count = table_states(&s->tables[p], &s->form, p, &at, states, AT_ONCE)) > 0) {
			for (uint64_t i = 0; i < count; i++) {
				if (f->states && *place_of(f, states + i * WORDS))
					continue;
				put_bytes(w, states + i * WORDS, WORDS * sizeof(word));
				total++;
			}
		}
	}
	return w->failed || total == r->states;
}

static int put_search(struct writer *w, const struct search *s, const struct rest *r, const struct fresh *f)
{
	const uint64_t numbers[] = {
		CHECKPOINT_FORM, WORDS, s->m->properties, s->m->hit_words, s->m->pools, r->states, r->transitions, s->depth,
		r->position, (uint64_t)(r->exhausted + 1), r->block_states, r->block_transitions,
	};

	put_bytes(w, numbers, sizeof(numbers));
	put_goals(w, s, r);
	put_bytes(w, s->met, ((s->m->properties + 63) / 64) * sizeof(word));
	put_bytes(w, s->hits, s->m->hit_words * sizeof(word));
	for (uint32_t p = 0; p < s->m->pools; p++)
		put_word(w, s->largest[p]);
	put_levels(w, s, r);
	put_word(w, r->log_used);
	put_bytes(w, s->log.bytes, r->log_used);
	return put_table(w, s, r, f);
}

enum checkpoint checkpoint_write(const struct search *s, int file)
{
	const struct rest r = where(s);
	struct fresh fresh = {NULL, 0};
	struct writer *w;
	enum checkpoint done = CHECKPOINT_DONE;

	if (!s->level_count || !s->levels[0].count || s->status == STOP_ERROR || s->status == DONE ||
	    s->status == STOP_FIRST || (s->status == STOP_STATES && !r.inside) || (s->level_count == 1 && !s->depth))
		return CHECKPOINT_NOT_NOW;
	w = calloc(1, sizeof(*w));
	if (!w || (r.inside && r.inserted && !list_them(s, &fresh))) {
		free(w);
		return CHECKPOINT_NO_MEMORY;
	}
	w->file = file;
	if (!put_search(w, s, &r, &fresh))
		done = CHECKPOINT_NOT_NOW;
	empty(w);
	if (w->failed) {
		errno = w->failed;
		done = CHECKPOINT_FAILED;
	}
	free(fresh.states);
	free(w);
	return done;
}

/* ---- reading */

struct reader {
	int file;
	enum checkpoint failed;
	uint64_t left;       /* bytes that nobody has taken yet */
	uint64_t unread;     /* bytes of these that are still in the file */
	size_t at, filled;
	uint64_t buffer[BUFFERED];
};

/* Keeps the first reason. */
static int fail(struct reader *r, enum checkpoint why)
{
	if (!r->failed)
		r->failed = why;
	return 0;
}

static int fill(struct reader *r)
{
	size_t most = r->unread < sizeof(r->buffer) ? (size_t)r->unread : sizeof(r->buffer);
	ssize_t n;

	do
		n = read(r->file, r->buffer, most);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return fail(r, n < 0 ? CHECKPOINT_FAILED : CHECKPOINT_DAMAGED);
	r->unread -= (uint64_t)n;
	r->at = 0;
	r->filled = (size_t)n;
	return 1;
}

static int get_bytes(struct reader *r, void *bytes, uint64_t count)
{
	char *to = bytes;

	if (r->failed || count > r->left)
		return fail(r, CHECKPOINT_DAMAGED);
	r->left -= count;
	while (count) {
		size_t n;

		if (r->at == r->filled && !fill(r))
			return 0;
		n = r->filled - r->at < count ? r->filled - r->at : (size_t)count;
		memcpy(to, (const char *)r->buffer + r->at, n);
		r->at += n;
		to += n;
		count -= n;
	}
	return 1;
}

/* A number of at most `most`. */
static uint64_t get_number(struct reader *r, uint64_t most)
{
	uint64_t n = 0;

	if (get_bytes(r, &n, sizeof(n)) && n <= most)
		return n;
	fail(r, CHECKPOINT_DAMAGED);
	return 0;
}

/* A number of things of `size` bytes that follow, or of which each takes as much somewhere behind. */
static uint64_t get_count(struct reader *r, uint64_t size)
{
	return get_number(r, r->left < sizeof(uint64_t) ? 0 : (r->left - sizeof(uint64_t)) / size);
}

static int get_array(struct reader *r, struct search *s, void *array, uint64_t *capacity, uint64_t count, size_t size)
{
	void **to = array;

	if (r->failed || count > r->left / size)
		return fail(r, CHECKPOINT_DAMAGED);
	if (!memory_room(&s->budget, array, capacity, count, size))
		return fail(r, CHECKPOINT_NO_MEMORY);
	return get_bytes(r, *to, count * size);
}

/* ---- whether states are states */

static int fields_fit(const uint64_t *field, uint64_t count, const word *state)
{
	for (; count; count--, field += 3)
		if (get_bits(state, (unsigned)field[0], (unsigned)field[1]) > field[2])
			return 0;
	return 1;
}

static int within_its_bits(const uint64_t *shape, const word *state)
{
	for (unsigned i = 0; i < WORDS; i++)
		if (state[i] & ~shape[i])
			return 0;
	return 1;
}

static int is_state_of(const uint64_t *shape, const word *state)
{
	const uint64_t *cells = shape + WORDS, *threads = cells + 1 + cells[0] * 3;

	if (!within_its_bits(shape, state) || !fields_fit(cells + 1, cells[0], state))
		return 0;
	for (uint64_t t = 0; t < threads[0]; t++) {
		const uint64_t *thread = shape + threads[1 + t], *place;
		uint64_t number = thread[1] ? get_bits(state, (unsigned)thread[0], (unsigned)thread[1]) : 0;

		if (number >= thread[2])
			return 0;
		place = shape + thread[3 + number];
		for (unsigned i = 0; i < WORDS; i++)
			if (state[i] & place[i])
				return 0;
		if (!fields_fit(place + WORDS + 1, place[WORDS], state))
			return 0;
	}
	return 1;
}

static int all_states(struct reader *r, const uint64_t *shape, const word *states, uint64_t count)
{
	for (; count; count--, states += WORDS)
		if (!is_state_of(shape, states))
			return fail(r, CHECKPOINT_DAMAGED);
	return 1;
}

/* ---- the parts of a search */

static void get_goals(struct reader *r, struct search *s, const uint64_t *shape)
{
	for (uint32_t p = 0; p < s->m->properties + AUTOMATIC && !r->failed; p++) {
		struct violations *g = &s->goals[p];
		uint64_t depth = get_number(r, (uint64_t)s->depth + 2), size = (WORDS + 2) * sizeof(word);

		g->count = get_count(r, size);
		if (!depth != !g->count || g->count > MOST_GOALS)
			fail(r, CHECKPOINT_DAMAGED);
		g->depth = (int32_t)depth - 1;
		if (!get_array(r, s, &g->entries, &g->capacity, g->count, size))
			return;
		for (uint64_t i = 0; i < g->count; i++) {
			const word *entry = g->entries + i * (WORDS + 2);

			if (entry[0] >= s->states || entry[1] > s->m->threads || (entry[1] && g->depth < 1))
				fail(r, CHECKPOINT_DAMAGED);
			all_states(r, shape, entry + 2, 1);
		}
	}
}

static void get_reached(struct reader *r, struct search *s)
{
	get_bytes(r, s->met, ((s->m->properties + 63) / 64) * sizeof(word));
	get_bytes(r, s->hits, s->m->hit_words * sizeof(word));
	for (uint32_t p = 0; p < s->m->pools; p++)
		s->largest[p] = (uint32_t)get_number(r, UINT32_MAX);
	for (uint32_t t = 0; t < s->settings.threads; t++)
		memcpy(s->workers[t].met, s->met, ((s->m->properties + 63) / 64) * sizeof(word));
}

static void get_levels(struct reader *r, struct search *s, const uint64_t *shape)
{
	uint64_t first = 0;

	if (!memory_room(&s->budget, &s->levels, &s->level_capacity, (uint64_t)s->depth + 2, sizeof(*s->levels)))
		fail(r, CHECKPOINT_NO_MEMORY);
	for (uint64_t d = 0; d <= (uint64_t)s->depth + 1 && !r->failed; d++) {
		struct level *l = &s->levels[s->level_count++];
		uint64_t there;

		memset(l, 0, sizeof(*l));
		l->first = first;
		l->count = get_number(r, s->states - first);
		there = get_number(r, 1);
		first += l->count;
		if ((!l->count && (d <= s->depth || there)) || (d >= s->depth && l->count && !there))
			fail(r, CHECKPOINT_DAMAGED);
		if (there && get_array(r, s, &l->states, &l->capacity, l->count, WORDS * sizeof(word)))
			all_states(r, shape, l->states, l->count);
	}
	if (!r->failed && (first != s->states || s->position > s->levels[s->depth].count))
		fail(r, CHECKPOINT_DAMAGED);
}

static void get_log(struct reader *r, struct search *s)
{
	uint64_t used = get_count(r, 1);
	int taken;

	if (!get_array(r, s, &s->log.bytes, &s->log.capacity, used, 1))
		return;
	taken = log_take_in(&s->log, &s->budget, used, s->states, s->levels[0].count);
	if (taken <= 0)
		fail(r, taken ? CHECKPOINT_NO_MEMORY : CHECKPOINT_DAMAGED);
}

/* Tables of a size that fits at once: states come in the order of a table, and a small one would be full at its start. */
static int make_tables(struct search *s)
{
	uint64_t each = s->states / s->parts + 1;

	for (uint32_t p = 0; p < s->parts; p++) {
		struct table *t = &s->tables[p];

		while (t->most < each)
			if (!table_grow(t, &s->budget))
				return 0;
	}
	return 1;
}

static void get_table(struct reader *r, struct search *s, const uint64_t *shape)
{
	word state[WORDS];

	if (r->failed || s->states != r->left / sizeof(state) || r->left % sizeof(state)) {
		fail(r, CHECKPOINT_DAMAGED);
		return;
	}
	if (!make_tables(s)) {
		fail(r, CHECKPOINT_NO_MEMORY);
		return;
	}
	while (r->left && get_bytes(r, state, sizeof(state))) {
		uint64_t key;
		struct table *t;
		enum inserted i;

		if (!within_its_bits(shape, state)) { /* else its key would be none */
			fail(r, CHECKPOINT_DAMAGED);
			return;
		}
		key = table_key(&s->form, state);
		t = &s->tables[table_part(&s->form, key)];
		while ((i = table_insert(t, key, state)) == TABLE_FULL) {
			if (!table_grow(t, &s->budget)) {
				fail(r, CHECKPOINT_NO_MEMORY);
				return;
			}
		}
		if (i == WAS_THERE)
			fail(r, CHECKPOINT_DAMAGED);
	}
}

/* The states from which steps will be taken are among those that were visited; then all of the levels' are. */
static void compare_levels(struct reader *r, struct search *s)
{
	for (uint64_t d = 0; d < s->level_count && !r->failed; d++) {
		for (uint64_t i = 0; s->levels[d].states && i < s->levels[d].count; i++) {
			const word *state = s->levels[d].states + i * WORDS;
			uint64_t key = table_key(&s->form, state);

			if (table_insert(&s->tables[table_part(&s->form, key)], key, state) != WAS_THERE) {
				fail(r, CHECKPOINT_DAMAGED);
				return;
			}
		}
	}
}

static void get_search(struct reader *r, struct search *s, const uint64_t *shape)
{
	const uint64_t known[] = {CHECKPOINT_FORM, WORDS, s->m->properties, s->m->hit_words, s->m->pools};

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (get_number(r, known[i]) != known[i])
			fail(r, CHECKPOINT_DAMAGED);
	s->states = get_count(r, WORDS * sizeof(word));
	s->transitions = get_number(r, UINT64_MAX);
	s->depth = (uint32_t)get_number(r, s->states < INT32_MAX - 2 ? s->states : INT32_MAX - 2); /* no level is empty */
	s->position = get_number(r, UINT64_MAX);
	s->exhausted = (int32_t)get_number(r, s->m->pools) - 1;
	s->block_states = get_number(r, LARGEST_BLOCK);
	s->block_transitions = get_number(r, UINT64_MAX);
	if (!s->states)
		fail(r, CHECKPOINT_DAMAGED);
	get_goals(r, s, shape);
	get_reached(r, s);
	get_levels(r, s, shape);
	get_log(r, s);
	get_table(r, s, shape);
	compare_levels(r, s);
}

enum checkpoint checkpoint_read(struct search *s, int file, uint64_t bytes, const uint64_t *shape)
{
	struct reader *r = calloc(1, sizeof(*r));
	enum checkpoint failed;
	int error;

	if (!r)
		return CHECKPOINT_NO_MEMORY;
	r->file = file;
	r->left = r->unread = bytes;
	get_search(r, s, shape);
	failed = r->failed;
	error = errno;
	if (failed) /* nothing is to be done with it */
		s->status = STOP_MEMORY;
	free(r);
	errno = error;
	return failed;
}
