/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a model's step functions and the search know of each other.  Generated code is this file, then the functions of
 * the model; it includes nothing but the C library's headers for integers, so that tcc compiles it, too.
 *
 * WORDS, a state's size in 64-bit words, is defined before this file is read.  The topmost bit of a state is always 0.
 */
#ifndef DFSRACE_MODEL_H
#define DFSRACE_MODEL_H

#include <stdint.h>

typedef uint64_t word;
typedef int64_t val;

#define NOTHING INT64_MIN /* None among numbers without bounds */
#define MODEL_ABI 3

/* The choices of one run of a step: what was taken, of how many.  The next run takes the next combination. */
#define MOST_CHOICES 64

struct chooser {
	uint32_t made;  /* choices made so far in this run */
	uint32_t known; /* choices whose value is fixed before the run */
	uint32_t taken[MOST_CHOICES];
	uint32_t options[MOST_CHOICES];
};

/* Errors in the model that end the search without a verdict, and limits of this engine. */
enum model_error { NO_ERROR, LOOPS_WITHOUT_ACCESS, PROPERTY_FAILED, TOO_MANY_CHOICES };

struct visits; /* where a step with loops has been (visits.c) */

/*
 * What step functions work on: successors go to `out`, each WORDS words, and what they come from to `from`: `at`, which
 * whoever takes the step has set, the thread that moved, and whether the step may have changed what a property reads.
 * `flush` makes room.  The other functions take note of what is no state.
 */
#define THREAD_MOVED 0x7fffu
#define MAY_MATTER 0x8000u
#define AT_SHIFT 16

struct context {
	word *out;
	uint32_t *from;
	uint32_t count, capacity, at;
	void (*flush)(struct context *c);
	/* a step from s ended in automatic violation `code`; if `judge`, the cells of `after` are to be judged */
	void (*violated)(struct context *c, const word *s, unsigned thread, unsigned code, const word *after, int judge);
	void (*exhausted)(struct context *c, unsigned pool);
	/* the thread has been at `place` with these values before in this step; if so, the error is noted */
	int (*revisits)(struct context *c, unsigned thread, unsigned place, const val *values, unsigned count);
	word *hits;        /* which coverage points were reached: model->hit_words words */
	uint32_t *largest; /* for each pool, the most values held at once */
	struct chooser chooser;
	struct visits *visits;
	enum model_error error;
	unsigned error_thread, error_place; /* of a property: its number, and the automatic violation */
};

/* The place before which a thread rests: a field of the state, 0 if it has finished; each other has a step, 1 steps[0]. */
struct control {
	uint32_t shift, width, count;
	int (*const *steps)(const word *s, struct context *c); /* 0 if the thread cannot move */
};

/* A model, as its shared object offers it under the name `model`. */
struct model {
	uint32_t abi, words, bits, threads;
	uint32_t invariants, properties; /* invariants are numbered first, then what is to be reached */
	uint32_t pools, hit_words;
	const struct control *controls; /* of each thread */
	/*
	 * Sets in `found` the bit of each invariant that s violates and each reach that it meets, of those not in `known`.
	 * With `cells`, only of those that speak of cells alone.  0 if nothing was found, -1 on an error.
	 */
	int (*judge)(const word *s, int cells, const word *known, word *found, struct context *c);
	/* 1 if every thread that is no daemon has finished */
	int (*ended)(const word *s);
	/* renames pool values, stamps and threads to the least that means the same; `places`: where each thread went */
	void (*canonical)(word *s, uint8_t *places, struct context *c);
};

/* ---- what generated code is written in */

static inline word get_bits(const word *s, unsigned shift, unsigned width)
{
	unsigned at = shift >> 6, bit = shift & 63;
	word v = s[at] >> bit;

	if (WORDS > 1 && bit + width > 64)
		v |= s[at + 1] << (64 - bit);
	return width == 64 ? v : v & (((word)1 << width) - 1);
}

static inline void put_bits(word *s, unsigned shift, unsigned width, word v)
{
	unsigned at = shift >> 6, bit = shift & 63;
	word ones = width == 64 ? ~(word)0 : ((word)1 << width) - 1;

	s[at] = (s[at] & ~(ones << bit)) | v << bit;
	if (WORDS > 1 && bit + width > 64)
		s[at + 1] = (s[at + 1] & ~(ones >> (64 - bit))) | v >> (64 - bit);
}

static inline void clear_bits(word *s, unsigned shift, unsigned width)
{
	for (; width > 64; shift += 64, width -= 64)
		put_bits(s, shift, 64, 0);
	if (width)
		put_bits(s, shift, width, 0);
}

static inline void copy_state(word *to, const word *from)
{
	for (unsigned i = 0; i < WORDS; i++)
		to[i] = from[i];
}

/* Integers are exact; quotients round down, remainders have the sign of the divisor, as Python's. */
static inline val quotient(val a, val b)
{
	val q = a / b;

	return a % b != 0 && (a % b < 0) != (b < 0) ? q - 1 : q;
}

static inline val remainder_of(val a, val b)
{
	val r = a % b;

	return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static inline val least(val a, val b)
{
	return a < b ? a : b;
}

static inline val greatest(val a, val b)
{
	return a > b ? a : b;
}

static inline unsigned lowest_bit(word v)
{
#ifdef __TINYC__
	unsigned n = 0;

	for (; !(v & 1); v >>= 1)
		n++;
	return n;
#else
	return (unsigned)__builtin_ctzll(v);
#endif
}

static inline unsigned count_bits(word v)
{
	unsigned n = 0;

	for (; v; v &= v - 1)
		n++;
	return n;
}

/* One of `options` values, at least one. */
static inline unsigned choose_one(struct context *c, unsigned options)
{
	struct chooser *h = &c->chooser;
	unsigned at = h->made;

	if (at == MOST_CHOICES) {
		c->error = TOO_MANY_CHOICES;
		return 0;
	}
	h->made++;
	if (at >= h->known) {
		h->taken[at] = 0;
		h->known = at + 1;
	}
	h->options[at] = options;
	return h->taken[at];
}

/* 1 if there is a further combination of choices, which the next run takes. */
static inline int choose_next(struct context *c)
{
	struct chooser *h = &c->chooser;

	h->known = h->made;
	h->made = 0;
	while (h->known && h->taken[h->known - 1] + 1 == h->options[h->known - 1])
		h->known--;
	if (!h->known || c->error)
		return 0;
	h->taken[h->known - 1]++;
	return 1;
}

static inline void add_state(struct context *c, const word *n, unsigned from)
{
	if (c->count == c->capacity)
		c->flush(c);
	copy_state(c->out + (uint64_t)c->count * WORDS, n);
	c->from[c->count++] = c->at | from;
}

/* The steps of one thread; 0 if it cannot move. */
static inline int step_thread(const struct model *m, unsigned thread, const word *s, struct context *c)
{
	const struct control *p = &m->controls[thread];
	word place = p->count ? get_bits(s, p->shift, p->width) : 0;

	return place && place <= p->count ? p->steps[place - 1](s, c) : 0;
}

#endif
