/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One state for all that differ by a renaming of pool values, stamps or identical threads: the least of those that have
 * to be tried.  Which they are is as in dfsrace/engine/reference/canonical.py, to the bit: both engines must count the
 * same classes and agree on their representatives.
 *
 * Read after the model's constants: POOLS, THREADS, GROUPED (threads that may change places) and the functions that are
 * declared here.  Sorting threads by their own data first is Bosnacki, Dams and Holenderski's "sorted" strategy.
 */

/* The order in which held pool values are numbered. */
struct order {
	unsigned count;
	uint8_t pool[POOLS * 64 + 1], value[POOLS * 64 + 1];
	word seen[POOLS + 1];
};

static inline void meet(struct order *o, unsigned pool, val value)
{
	if (value && !(o->seen[pool] >> value & 1)) {
		o->seen[pool] |= (word)1 << value;
		o->pool[o->count] = (uint8_t)pool;
		o->value[o->count++] = (uint8_t)value;
	}
}

static void meet_places(const word *s, struct order *o);
static void meet_fields(const word *s, struct order *o, unsigned pool, val value);
static void move_values(word *to, const word *s, const struct order *o);
static int is_owned(const word *s, unsigned pool, val value);
static void rename_stamps(word *s);

static inline int is_less(const word *a, const word *b)
{
	for (unsigned i = WORDS; i-- > 0;)
		if (a[i] != b[i])
			return a[i] < b[i];
	return 0;
}

static void follow(const word *s, struct order *o, unsigned from)
{
	for (; from < o->count; from++)
		meet_fields(s, o, o->pool[from], o->value[from]);
}

/* True if every value met is already numbered so. */
static int is_in_order(const struct order *o)
{
	val next[POOLS + 1] = {0};

	for (unsigned i = 0; i < o->count; i++)
		if (o->value[i] != ++next[o->pool[i]])
			return 0;
	return 1;
}

/* Tries every order of the values that only an owned lock inside holds; `best` is the least so far, if there is one. */
static void complete(const word *s, const struct order *o, const word *all, word *best, int *any)
{
	int missing = 0;

	for (unsigned p = 0; p < POOLS; p++) {
		for (word left = all[p] & ~o->seen[p]; left; left &= left - 1) {
			val v = lowest_bit(left);

			missing = 1;
			if (is_owned(s, p, v)) {
				struct order longer = *o;

				meet(&longer, p, v);
				follow(s, &longer, o->count);
				complete(s, &longer, all, best, any);
			}
		}
	}
	if (!missing) {
		word moved[WORDS];

		if (is_in_order(o))
			copy_state(moved, s);
		else
			move_values(moved, s, o);
		rename_stamps(moved);
		if (!*any || is_less(moved, best))
			copy_state(best, moved);
		*any = 1;
	}
}

/* Renames pool values and stamps. */
static void rename_values(word *s, struct context *c)
{
	if (RENAMES_POOLS) {
		struct order o;
		word all[POOLS + 1], best[WORDS];
		int any = 0;

		o.count = 0;
		for (unsigned p = 0; p < POOLS; p++)
			o.seen[p] = 0;
		meet_places(s, &o);
		follow(s, &o, 0);
		if (OWNED_POOLS) {
			held(s, all, c);
		} else {
			for (unsigned p = 0; p < POOLS; p++) {
				all[p] = o.seen[p];
				if (count_bits(all[p]) > c->largest[p])
					c->largest[p] = count_bits(all[p]);
			}
		}
		complete(s, &o, all, best, &any);
		copy_state(s, best);
	} else {
		rename_stamps(s);
	}
	(void)c;
}

#if GROUPED
static int compare_threads(const word *s, unsigned a, unsigned b);
static int is_plain(const word *s, unsigned thread);
static void move_threads(word *to, const word *s, const uint8_t *sources, const uint8_t *places);

/* The next arrangement of a run of threads in the order of their numbers; 0, and the first again, after the last. */
static int next_order(uint8_t *a, unsigned n)
{
	unsigned i = n - 1, j = n - 1;
	uint8_t t;
	int more;

	while (i > 0 && a[i - 1] >= a[i])
		i--;
	if (i > 0) {
		while (a[j] <= a[i - 1])
			j--;
		t = a[i - 1], a[i - 1] = a[j], a[j] = t;
	}
	more = i > 0;
	for (j = n - 1; i < j; i++, j--)
		t = a[i], a[i] = a[j], a[j] = t;
	return more;
}

static int is_before(const word *a, const uint8_t *places, const word *b, const uint8_t *others)
{
	for (unsigned i = WORDS; i-- > 0;)
		if (a[i] != b[i])
			return a[i] < b[i];
	for (unsigned t = 0; t < THREADS; t++)
		if (places[t] != others[t])
			return places[t] < others[t];
	return 0;
}

/*
 * Arranges the members of each family by what is their own, tries every order of those that it does not tell apart, and
 * keeps the least state.  `ranks` are threads in the order of their places; a run of equals is permuted in place.
 */
static void arrange(word *s, uint8_t *places, struct context *c)
{
	uint8_t ranks[GROUPED], runs[GROUPED], lengths[GROUPED], best_places[THREADS] = {0};
	unsigned count = 0, k;
	word best[WORDS];
	int any = 0;

	for (unsigned i = 0; i < GROUPED; i++) {
		uint8_t t = grouped[i];
		unsigned j = i;

		for (; j > 0 && group_of[ranks[j - 1]] == group_of[t] && compare_threads(s, ranks[j - 1], t) > 0; j--)
			ranks[j] = ranks[j - 1];
		ranks[j] = t;
	}
	for (unsigned i = 0; i < GROUPED; i += k) {
		for (k = 1; i + k < GROUPED && group_of[ranks[i]] == group_of[ranks[i + k]] &&
			    !compare_threads(s, ranks[i], ranks[i + k]); k++)
			;
		if (k > 1 && !is_plain(s, ranks[i])) {
			runs[count] = (uint8_t)i;
			lengths[count++] = (uint8_t)k;
		}
	}
	do {
		uint8_t sources[THREADS], went[THREADS];
		word moved[WORDS];
		int still = 1;

		for (unsigned t = 0; t < THREADS; t++)
			sources[t] = (uint8_t)t;
		for (unsigned i = 0; i < GROUPED; i++)
			sources[grouped[i]] = ranks[i];
		for (unsigned t = 0; t < THREADS; t++) {
			went[sources[t]] = (uint8_t)t;
			still &= sources[t] == t;
		}
		copy_state(moved, s);
		if (!still)
			move_threads(moved, s, sources, went);
		rename_values(moved, c);
		if (!any || is_before(moved, went, best, best_places)) {
			copy_state(best, moved);
			for (unsigned t = 0; t < THREADS; t++)
				best_places[t] = went[t];
		}
		any = 1;
		for (k = 0; k < count && !next_order(ranks + runs[k], lengths[k]); k++)
			;
	} while (k < count);
	copy_state(s, best);
	for (unsigned t = 0; t < THREADS; t++)
		places[t] = best_places[t];
}
#endif
