/* SPDX-License-Identifier: GPL-2.0-only */
#include "block.h"

#include <stdlib.h>
#include <string.h>

#define RECENT_BYTES ((WORDS * sizeof(word)) << LOG_OF_RECENT)

/* ---- room */

static void no_memory(struct worker *w)
{
	w->no_memory = 1;
}

/* Makes room for more successors; without memory the chunk is given up, and the search with it. */
static void more_room(struct context *c)
{
	struct worker *w = (struct worker *)c;
	struct budget *b = &w->s->budget;
	uint64_t outs = c->capacity, whos = c->capacity, count = (uint64_t)c->capacity + 1;

	if (memory_room(b, &c->out, &outs, count, WORDS * sizeof(word)) &&
	    memory_room(b, &c->who, &whos, count, sizeof(*c->who)) && outs < UINT32_MAX) {
		c->capacity = (uint32_t)outs;
		return;
	}
	if (outs > c->capacity) /* the one without the other */
		memory_free(b, NULL, (outs - c->capacity) * WORDS * sizeof(word));
	no_memory(w);
	c->count = 0;
}

/* ---- expand */

/* Gives a chunk's buffers to the context that fills them, and takes them back. */
static void lend(struct worker *w, struct chunk *k)
{
	w->chunk = k;
	w->c.out = k->out;
	w->c.who = k->who;
	w->c.capacity = k->capacity;
	w->c.count = 0;
}

static void take_back(struct worker *w, struct chunk *k)
{
	k->out = w->c.out;
	k->who = w->c.who;
	k->capacity = w->c.capacity;
	k->count = w->no_memory ? 0 : w->c.count;
}

/* Room for so many more in the queue of each part. */
static int queue_room(struct search *s, struct chunk *k, uint32_t more)
{
	for (uint32_t p = 0; p < s->parts; p++) {
		struct queue *q = &k->queues[p];

		if (!memory_room(&s->budget, &q->list, &q->capacity, q->count + more, sizeof(*q->list)))
			return 0;
	}
	return 1;
}

/* Remembers a state at this place; 1 if it is not the one that was remembered there. */
static inline unsigned is_not_recent(word *there, const word *state)
{
	word differ = 0;

	for (unsigned i = 0; i < WORDS; i++) {
		differ |= there[i] ^ state[i];
		there[i] = state[i];
	}
	return differ != 0;
}

/* Gives those successors from this one on that were not met a moment ago to the parts where they belong. */
static int deliver(struct worker *w, struct chunk *k, uint32_t from)
{
	struct search *s = w->s;
	const struct form form = s->form;
	const word *state = w->c.out + (uint64_t)from * WORDS;
	uint32_t count = w->c.count;
	struct queue *queues = k->queues;
	word *recent = w->recent;

	if (!queue_room(s, k, count - from))
		return 0;
	if (s->m->canonical)
		for (uint32_t i = from; i < count; i++)
			s->m->canonical(w->c.out + (uint64_t)i * WORDS, w->places, &w->c);
	for (uint32_t i = from; i < count; i++, state += WORDS) {
		uint64_t key = table_key(&form, state);
		struct queue *q = &queues[form.parts ? table_part(&form, key) : 0];

		q->list[q->count] = (struct waiting){key, i};
		q->count += is_not_recent(recent + (key & ((1u << LOG_OF_RECENT) - 1)) * WORDS, state);
	}
	return 1;
}

static void note_deadlock(struct worker *w, const word *state)
{
	word entry[WORDS + 2] = {w->source, 0};

	copy_state(entry + 2, state);
	note_goal(w, w->s->m->properties, (int32_t)w->s->depth, entry);
}

static void expand_chunk(void *of, uint32_t worker, uint32_t item)
{
	struct search *s = of;
	struct worker *w = &s->workers[worker];
	struct chunk *k = &s->chunks[item];
	const struct level *l = &s->levels[s->depth];
	const word *states = l->states + (s->position + k->first) * WORDS;
	uint32_t delivered = 0;

	spend(&w->profile, ON_STEPS);
	for (uint32_t p = 0; p < s->parts; p++)
		k->queues[p].count = 0;
	k->count = 0;
	if (w->c.error || w->no_memory)
		return;
	if (!memory_room(&s->budget, &k->ends, &k->ends_capacity, k->states, sizeof(*k->ends))) {
		no_memory(w);
		return;
	}
	lend(w, k);
	for (uint32_t i = 0; i < k->states && !w->no_memory; i++, states += WORDS) {
		w->source = l->first + s->position + k->first + i;
		if (!s->m->expand(states, &w->c) && !s->m->ended(states))
			note_deadlock(w, states);
		k->ends[i] = w->c.count;
		if (w->c.count - delivered >= TOGETHER && !w->no_memory) {
			spend(&w->profile, ON_KEYS);
			if (!deliver(w, k, delivered))
				no_memory(w);
			delivered = w->c.count;
			spend(&w->profile, ON_STEPS);
		}
		if (w->c.error) {
			w->error_at = w->source;
			break;
		}
	}
	if (!w->no_memory && !deliver(w, k, delivered))
		no_memory(w);
	w->transitions += w->c.count;
	take_back(w, k);
	spend(&w->profile, ON_WAITING);
}

/* ---- insert */

static void insert_part(void *of, uint32_t worker, uint32_t part)
{
	struct search *s = of;
	struct worker *w = &s->workers[worker];
	struct table t = s->tables[part];

	spend(&w->profile, ON_INSERTION);
	for (uint32_t c = 0; c < s->chunk_count; c++) {
		struct chunk *k = &s->chunks[c];
		const struct waiting *e = k->queues[part].list;
		uint64_t count = k->queues[part].count, before = t.count, done = 0;

		while (done < count) {
			uint64_t taken = table_take(&t, e + done, count - done, k->out, k->fresh);

			done += taken;
			if (taken)
				continue;
			spend(&w->profile, ON_GROWTH);
			if (!table_grow(&t, &s->budget)) {
				no_memory(w);
				break;
			}
			spend(&w->profile, ON_INSERTION);
		}
		k->found[part] = (uint32_t)(t.count - before);
	}
	s->tables[part] = t;
	spend(&w->profile, ON_WAITING);
}

/* ---- collect */

/* The places of the new ones, without a branch for each successor. */
static void list_fresh(struct chunk *k)
{
	uint32_t n = 0, state = 0;

	for (uint32_t i = 0; i < k->count; i++) {
		k->made[n] = i;
		n += k->fresh[i];
	}
	for (uint32_t i = 0; i < k->made_count; i++) {
		while (k->ends[state] <= k->made[i])
			state++;
		k->made_by[i] = state;
	}
}

static void collect_chunk(void *of, uint32_t worker, uint32_t item)
{
	struct search *s = of;
	struct worker *w = &s->workers[worker];
	struct chunk *k = &s->chunks[item];
	struct level *l = &s->levels[s->depth + 1];
	word *to = l->states + (k->base - l->first) * WORDS, entry[WORDS + 2];

	if (!k->made_count)
		return;
	spend(&w->profile, ON_ORDER);
	list_fresh(k);
	for (uint64_t i = 0; i < k->made_count; i++, to += WORDS)
		copy_state(to, k->out + (uint64_t)k->made[i] * WORDS);
	spend(&w->profile, ON_GOALS);
	to -= k->made_count * WORDS;
	for (uint64_t i = 0; i < k->made_count && s->m->properties && !w->c.error; i++, to += WORDS) {
		w->source = k->base + i;
		entry[0] = k->base + i;
		entry[1] = 0;
		copy_state(entry + 2, to);
		judge_state(w, to, 0, (int32_t)s->depth + 1, entry);
		w->error_at = k->base + i;
	}
	spend(&w->profile, ON_WAITING);
}

/* ---- between the rounds */

/* Sets out the chunks of the next block. */
static uint64_t share_out(struct search *s)
{
	uint64_t left = s->levels[s->depth].count - s->position, states = LEAST_BLOCK, chunks, each;

	if (s->block_transitions)
		states = s->block_states * BLOCK_SUCCESSORS / s->block_transitions;
	states = states < LEAST_BLOCK ? LEAST_BLOCK : states > LARGEST_BLOCK ? LARGEST_BLOCK : states;
	states = states > left ? left : states;
	chunks = s->settings.threads == 1 || states < 8 * LEAST_BLOCK ? 1 : s->settings.threads * 4;
	each = (states + chunks - 1) / chunks;
	s->chunk_count = 0;
	for (uint64_t first = 0; first < states; first += each) {
		struct chunk *k = &s->chunks[s->chunk_count++];

		k->first = (uint32_t)first;
		k->states = (uint32_t)(states - first < each ? states - first : each);
	}
	return states;
}

static int any_without_memory(const struct search *s)
{
	for (uint32_t t = 0; t < s->settings.threads; t++)
		if (s->workers[t].no_memory)
			return 1;
	return 0;
}

/* The error of the state that comes first; the threads' own are forgotten. 0 if there is none. */
static int take_error(struct search *s, uint64_t *at)
{
	*at = NO_PARENT;
	for (uint32_t t = 0; t < s->settings.threads; t++) {
		struct worker *w = &s->workers[t];

		if (w->c.error && w->error_at < *at) {
			*at = w->error_at;
			s->error = w->c.error;
			s->error_thread = w->c.error_thread;
			s->error_place = w->c.error_place;
		}
		w->c.error = NO_ERROR;
	}
	return *at != NO_PARENT;
}

/* After an error in a step, what comes behind it does not count; what comes before it is still looked at. */
static void cut_behind(struct search *s, uint64_t place)
{
	for (uint32_t c = 0; c < s->chunk_count; c++) {
		struct chunk *k = &s->chunks[c];

		if (k->first > place) {
			k->count = 0;
			for (uint32_t p = 0; p < s->parts; p++)
				k->queues[p].count = 0;
		}
	}
}

/* Room for what is found; 0 if there is no memory. */
static int make_room(struct search *s)
{
	for (uint32_t c = 0; c < s->chunk_count; c++) {
		struct chunk *k = &s->chunks[c];

		if (!memory_room(&s->budget, &k->fresh, &k->fresh_capacity, k->count, 1) ||
		    !memory_room(&s->budget, &k->made, &k->made_capacity, k->count + 1, sizeof(*k->made)) ||
		    !memory_room(&s->budget, &k->made_by, &k->made_by_capacity, k->count + 1, sizeof(*k->made_by)))
			return 0;
		if (k->count)
			memset(k->fresh, 0, k->count); /* also of those that are not looked for */
	}
	return 1;
}

/* Numbers the new states, as far as the bound allows; 0 if there is no memory. */
static int number(struct search *s)
{
	struct level *l = &s->levels[s->depth + 1];
	uint64_t next = s->states;

	for (uint32_t c = 0; c < s->chunk_count; c++) {
		struct chunk *k = &s->chunks[c];

		k->made_count = 0;
		for (uint32_t p = 0; p < s->parts; p++)
			k->made_count += k->found[p];
		if (k->made_count > s->settings.states - next) {
			k->made_count = s->settings.states - next;
			s->status = STOP_STATES;
		}
		k->base = next;
		next += k->made_count;
	}
	return memory_room(&s->budget, &l->states, &l->capacity, next - l->first, WORDS * sizeof(word)) &&
	       log_room(&s->log, &s->budget, next - s->states);
}

static void keep_log(struct search *s, uint64_t first)
{
	for (uint32_t c = 0; c < s->chunk_count; c++) {
		const struct chunk *k = &s->chunks[c];

		for (uint64_t i = 0; i < k->made_count; i++) {
			uint32_t by = k->made_by[i];

			log_add(&s->log, first + k->first + by, k->made[i] - (by ? k->ends[by - 1] : 0));
		}
		s->states += k->made_count;
		s->levels[s->depth + 1].count += k->made_count;
	}
}

static void insert_and_collect(struct search *s, uint64_t first, uint32_t at_once)
{
	s->rest.inserted = 1;
	/* a few states are not worth waking anybody */
	for (uint32_t p = 0; at_once && p < s->parts; p++)
		insert_part(s, 0, p);
	if (!at_once)
		team_run(s->team, insert_part, s, s->parts);
	spend(&s->workers[0].profile, ON_ORDER);
	if (any_without_memory(s) || !number(s)) {
		s->status = STOP_MEMORY;
		return;
	}
	team_run(s->team, collect_chunk, s, s->chunk_count);
	spend(&s->workers[0].profile, ON_ORDER);
	keep_log(s, first);
}

static int by_number(const void *a, const void *b)
{
	const word *x = a, *y = b;

	for (unsigned i = 0; i < WORDS + 2; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

/* Brings the threads' goals together, in an order that does not depend on who found them. */
static void gather_goals(struct search *s)
{
	for (uint32_t p = 0; p < s->m->properties + AUTOMATIC; p++) {
		struct violations *all = &s->goals[p];
		uint64_t before = all->count;

		for (uint32_t t = 0; t < s->settings.threads; t++) {
			struct violations *g = &s->workers[t].goals[p];

			if (!g->count)
				continue;
			if (all->depth < 0)
				all->depth = g->depth;
			if (all->depth == g->depth) {
				if (!memory_room(&s->budget, &all->entries, &all->capacity, all->count + g->count,
						 (WORDS + 2) * sizeof(word))) {
					s->status = STOP_MEMORY;
					return;
				}
				memcpy(all->entries + all->count * (WORDS + 2), g->entries,
				       g->count * (WORDS + 2) * sizeof(word));
				all->count += g->count;
			}
			g->count = 0;
		}
		if (all->count > before)
			qsort(all->entries + before * (WORDS + 2), all->count - before, (WORDS + 2) * sizeof(word),
			      by_number);
	}
}

static void gather(struct search *s)
{
	uint64_t least = NO_PARENT;

	gather_goals(s);
	for (uint32_t t = 0; t < s->settings.threads; t++) {
		struct worker *w = &s->workers[t];

		s->transitions += w->transitions;
		w->transitions = 0;
		if (s->exhausted < 0 && w->exhausted >= 0 && w->exhausted_at < least)
			least = w->exhausted_at;
	}
	for (uint32_t t = 0; t < s->settings.threads && least != NO_PARENT; t++)
		if (s->workers[t].exhausted >= 0 && s->workers[t].exhausted_at == least)
			s->exhausted = s->workers[t].exhausted;
}

static void note_rest(struct search *s)
{
	uint64_t *goals = s->rest.goals;

	for (uint32_t p = 0; p < s->m->properties + AUTOMATIC; p++)
		goals[p] = s->goals[p].count;
	s->rest = (struct rest){1, 0, s->position, s->states, s->transitions, s->block_transitions, s->block_states,
				s->log.used, s->log.last, s->exhausted, goals};
}

void block_run(struct search *s)
{
	uint64_t first = s->levels[s->depth].first + s->position, before = s->transitions, at;
	uint64_t states = share_out(s), successors = 0;
	int error;

	note_rest(s);
	team_run(s->team, expand_chunk, s, s->chunk_count);
	spend(&s->workers[0].profile, ON_ORDER);
	error = take_error(s, &at);
	if (error)
		cut_behind(s, at - first);
	for (uint32_t c = 0; c < s->chunk_count; c++)
		successors += s->chunks[c].count;
	if (any_without_memory(s) || !make_room(s))
		s->status = STOP_MEMORY;
	else
		insert_and_collect(s, first, successors < FEW_SUCCESSORS);
	if (take_error(s, &at) || error)
		s->status = STOP_ERROR;
	gather(s);
	s->position += states;
	s->block_states = states;
	s->block_transitions = s->transitions - before;
	s->rest.inside = s->status != RUNNING;
}

/* ---- initial states */

/* They are a chunk without a state that they come from. */
void block_seed(struct search *s, const word *states, uint64_t count)
{
	struct worker *w = &s->workers[0];
	struct chunk *k = &s->chunks[0];
	struct level *l = &s->levels[0];
	uint64_t at;

	lend(w, k);
	for (uint64_t i = 0; i < count && !w->no_memory; i++)
		add_state(&w->c, states + i * WORDS, 0);
	if (!w->no_memory && !deliver(w, k, 0))
		no_memory(w);
	take_back(w, k);
	s->chunk_count = 1;
	if (!w->no_memory && !make_room(s))
		no_memory(w);
	for (uint32_t p = 0; !w->no_memory && p < s->parts; p++)
		insert_part(s, 0, p);
	if (w->no_memory || !memory_room(&s->budget, &l->states, &l->capacity, k->count, WORDS * sizeof(word)) ||
	    !log_room(&s->log, &s->budget, k->count))
		s->status = STOP_MEMORY;
	for (uint32_t i = 0; i < k->count && s->status == RUNNING; i++) {
		word entry[WORDS + 2] = {s->states, 0};

		if (!k->fresh[i])
			continue;
		if (s->states >= s->settings.states) {
			s->status = STOP_STATES;
			break;
		}
		w->source = s->states;
		copy_state(entry + 2, k->out + (uint64_t)i * WORDS);
		copy_state(l->states + l->count++ * WORDS, entry + 2);
		log_add(&s->log, 0, 0);
		s->states++;
		judge_state(w, entry + 2, 0, 0, entry);
		if (take_error(s, &at))
			s->status = STOP_ERROR;
	}
	gather(s);
}

int block_follow(struct search *s, const word *state, uint32_t ordinal, word *out)
{
	struct worker *w = &s->workers[0];
	int found;

	lend(w, &s->chunks[0]);
	s->m->expand(state, &w->c);
	found = !w->no_memory && ordinal < w->c.count;
	if (found)
		copy_state(out, w->c.out + (uint64_t)ordinal * WORDS);
	if (found && s->m->canonical)
		s->m->canonical(out, w->places, &w->c);
	take_back(w, &s->chunks[0]);
	return found;
}

/* ---- what steps and states say */

void note_goal(struct worker *w, uint32_t property, int32_t depth, const word *entry)
{
	struct violations *g = &w->goals[property];
	int32_t known = w->s->goals[property].depth;

	if (known >= 0 && known != depth)
		return;
	if (!memory_room(&w->s->budget, &g->entries, &g->capacity, g->count + 1, (WORDS + 2) * sizeof(word))) {
		no_memory(w);
		return;
	}
	g->depth = depth;
	memcpy(g->entries + g->count++ * (WORDS + 2), entry, (WORDS + 2) * sizeof(word));
}

void judge_state(struct worker *w, const word *state, int cells, int32_t depth, const word *entry)
{
	uint32_t count = w->s->m->properties, words = (count + 63) / 64;

	if (!count)
		return;
	memset(w->found, 0, words * sizeof(word));
	if (w->s->m->judge(state, cells, w->met, w->found, &w->c) <= 0)
		return;
	for (uint32_t p = 0; p < w->s->m->invariants; p++)
		if (w->found[p / 64] >> (p % 64) & 1)
			note_goal(w, p, depth, entry);
	for (uint32_t i = 0; i < words; i++)
		w->met[i] |= w->found[i];
}

static void note_violated(struct context *c, const word *from, unsigned thread, unsigned code, const word *after, int judged)
{
	struct worker *w = (struct worker *)c;
	int32_t depth = (int32_t)w->s->depth + 1;
	word entry[WORDS + 2] = {w->source, thread + 1};

	copy_state(entry + 2, from);
	note_goal(w, w->s->m->properties + code, depth, entry);
	if (judged)
		judge_state(w, after, 1, depth, entry);
}

static void note_exhausted(struct context *c, unsigned pool)
{
	struct worker *w = (struct worker *)c;

	if (w->exhausted < 0) {
		w->exhausted = (int32_t)pool;
		w->exhausted_at = w->source;
	}
}

/* ---- beginning and end */

static int open_worker(struct search *s, struct worker *w)
{
	uint32_t properties = s->m->properties + AUTOMATIC;

	w->s = s;
	w->exhausted = -1;
	w->c.flush = more_room;
	w->c.violated = note_violated;
	w->c.exhausted = note_exhausted;
	w->c.revisits = visits_revisits;
	w->c.hits = calloc(s->m->hit_words + 1, sizeof(word));
	w->c.largest = calloc(s->m->pools + 1, sizeof(uint32_t));
	w->goals = calloc(properties, sizeof(*w->goals));
	w->met = calloc(properties / 64 + 1, sizeof(word));
	w->found = calloc(properties / 64 + 1, sizeof(word));
	w->places = calloc(s->m->threads + 1, 1);
	w->recent = malloc(RECENT_BYTES);
	if (w->recent)
		memset(w->recent, 0xff, RECENT_BYTES); /* no state: the topmost bit of one is 0 */
	return w->recent && w->c.hits && w->c.largest && w->goals && w->met && w->found && w->places;
}

int block_open(struct search *s)
{
	uint32_t threads = s->settings.threads;

	s->workers = calloc(threads, sizeof(*s->workers));
	s->chunks = calloc((size_t)threads * 4, sizeof(*s->chunks));
	s->rest.goals = calloc(s->m->properties + AUTOMATIC, sizeof(*s->rest.goals));
	if (!s->workers || !s->chunks || !s->rest.goals)
		return 0;
	for (uint32_t t = 0; t < threads; t++)
		if (!open_worker(s, &s->workers[t]))
			return 0;
	for (uint32_t c = 0; c < threads * 4; c++) {
		s->chunks[c].queues = calloc(s->parts, sizeof(*s->chunks[c].queues));
		s->chunks[c].found = calloc(s->parts, sizeof(*s->chunks[c].found));
		if (!s->chunks[c].queues || !s->chunks[c].found)
			return 0;
	}
	for (uint32_t c = 0; c < threads * 4; c++) { /* so that there is always room to go on until it is noticed */
		lend(&s->workers[0], &s->chunks[c]);
		more_room(&s->workers[0].c);
		take_back(&s->workers[0], &s->chunks[c]);
	}
	if (s->workers[0].no_memory)
		return 0;
	s->team = team_open(threads);
	return s->team != NULL;
}

static void close_worker(struct search *s, struct worker *w)
{
	for (uint32_t p = 0; w->goals && p < s->m->properties + AUTOMATIC; p++)
		free(w->goals[p].entries);
	visits_close(&w->c);
	free(w->goals);
	free(w->met);
	free(w->found);
	free(w->places);
	free(w->recent);
	free(w->c.hits);
	free(w->c.largest);
}

void block_close(struct search *s)
{
	team_close(s->team);
	for (uint32_t t = 0; s->workers && t < s->settings.threads; t++)
		close_worker(s, &s->workers[t]);
	for (uint32_t c = 0; s->chunks && c < s->settings.threads * 4; c++) {
		struct chunk *k = &s->chunks[c];

		for (uint32_t p = 0; k->queues && p < s->parts; p++)
			free(k->queues[p].list);
		free(k->queues);
		free(k->found);
		free(k->out);
		free(k->who);
		free(k->ends);
		free(k->fresh);
		free(k->made);
		free(k->made_by);
	}
	free(s->workers);
	free(s->chunks);
	free(s->rest.goals);
}
