/* SPDX-License-Identifier: GPL-2.0-only */
#include "goals.h"

#include <stdlib.h>
#include <string.h>

#define RECENT_BYTES ((WORDS * sizeof(word)) << LOG_OF_RECENT)

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
				w->no_memory = 1;
				break;
			}
			spend(&w->profile, ON_INSERTION);
		}
		k->found[part] = (uint32_t)(t.count - before);
	}
	s->tables[part] = t;
	spend(&w->profile, ON_WAITING);
}

/* ---- between the rounds */

/* Sets out the chunks of the next block. */
static uint64_t share_out(struct search *s)
{
	uint64_t left = s->levels[s->depth].count - s->position, states = LEAST_BLOCK, batch, chunks, each;

	if (s->block_transitions)
		states = s->block_states * BLOCK_SUCCESSORS / s->block_transitions;
	states = states < LEAST_BLOCK ? LEAST_BLOCK : states > LARGEST_BLOCK ? LARGEST_BLOCK : states;
	states = states > left ? left : states;
	batch = (states + 15) / 16; /* the same for any number of threads: what is found first depends on it */
	batch = batch < LEAST_BLOCK ? LEAST_BLOCK : batch > BATCH ? BATCH : batch;
	chunks = s->settings.threads == 1 || states < 8 * LEAST_BLOCK ? 1 : s->settings.threads * CHUNKS;
	each = (states + chunks - 1) / chunks;
	each = (each + batch - 1) / batch * batch;
	s->batch = (uint32_t)batch;
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
		    !memory_room(&s->budget, &k->order, &k->order_capacity, k->count + 1, sizeof(*k->order)) ||
		    !memory_room(&s->budget, &k->ends, &k->ends_capacity, k->states, sizeof(*k->ends)))
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
		if (!piece_room(&k->log, &s->budget, k->made_count))
			return 0;
	}
	return memory_room(&s->budget, &l->states, &l->capacity, next - l->first, WORDS * sizeof(word)) &&
	       log_room(&s->log, &s->budget, next - s->states);
}

static void keep_log(struct search *s)
{
	for (uint32_t c = 0; c < s->chunk_count; c++) {
		const struct chunk *k = &s->chunks[c];

		if (k->made_count)
			log_append(&s->log, &k->log);
		s->states += k->made_count;
		s->levels[s->depth + 1].count += k->made_count;
	}
}

static void insert_and_collect(struct search *s, uint32_t at_once)
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
	keep_log(s);
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
		insert_and_collect(s, successors < FEW_SUCCESSORS);
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
		w->no_memory = 1;
	take_back(w, k);
	s->chunk_count = 1;
	if (!w->no_memory && !make_room(s))
		w->no_memory = 1;
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
	uint32_t before = ordinal / s->m->threads;
	int found;

	lend(w, &s->chunks[0]);
	step_thread(s->m, ordinal % s->m->threads, state, &w->c);
	found = !w->no_memory && before < w->c.count;
	if (found)
		copy_state(out, w->c.out + (uint64_t)before * WORDS);
	if (found && s->m->canonical)
		s->m->canonical(out, w->places, &w->c);
	take_back(w, &s->chunks[0]);
	return found;
}

/* ---- beginning and end */

static int open_worker(struct search *s, struct worker *w)
{
	uint32_t properties = s->m->properties + AUTOMATIC, most = 0;

	w->s = s;
	w->exhausted = -1;
	w->c.flush = more_room;
	w->c.violated = step_violates;
	w->c.exhausted = step_exhausts;
	w->c.revisits = visits_revisits;
	w->c.hits = calloc(s->m->hit_words + 1, sizeof(word));
	w->c.largest = calloc(s->m->pools + 1, sizeof(uint32_t));
	w->goals = calloc(properties, sizeof(*w->goals));
	w->met = calloc(properties / 64 + 1, sizeof(word));
	w->found = calloc(properties / 64 + 1, sizeof(word));
	w->places = calloc(s->m->threads + 1, 1);
	for (uint32_t t = 0; t < s->m->threads; t++)
		most = s->m->controls[t].count > most ? s->m->controls[t].count : most;
	w->firsts = calloc((size_t)most + 1, sizeof(*w->firsts));
	w->recent = malloc(RECENT_BYTES);
	if (w->recent)
		memset(w->recent, 0xff, RECENT_BYTES); /* no state: the topmost bit of one is 0 */
	return w->firsts && w->recent && w->c.hits && w->c.largest && w->goals && w->met && w->found && w->places;
}

int block_open(struct search *s)
{
	uint32_t threads = s->settings.threads;

	s->workers = calloc(threads, sizeof(*s->workers));
	s->chunks = calloc((size_t)threads * CHUNKS, sizeof(*s->chunks));
	s->rest.goals = calloc(s->m->properties + AUTOMATIC, sizeof(*s->rest.goals));
	if (!s->workers || !s->chunks || !s->rest.goals)
		return 0;
	for (uint32_t t = 0; t < threads; t++)
		if (!open_worker(s, &s->workers[t]))
			return 0;
	for (uint32_t c = 0; c < threads * CHUNKS; c++) {
		s->chunks[c].queues = calloc(s->parts, sizeof(*s->chunks[c].queues));
		s->chunks[c].found = calloc(s->parts, sizeof(*s->chunks[c].found));
		if (!s->chunks[c].queues || !s->chunks[c].found)
			return 0;
	}
	for (uint32_t c = 0; c < threads * CHUNKS; c++) { /* so that there is always room to go on until it is noticed */
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
	free(w->firsts);
	free(w->c.hits);
	free(w->c.largest);
}

void block_close(struct search *s)
{
	team_close(s->team);
	for (uint32_t t = 0; s->workers && t < s->settings.threads; t++)
		close_worker(s, &s->workers[t]);
	for (uint32_t c = 0; s->chunks && c < s->settings.threads * CHUNKS; c++) {
		struct chunk *k = &s->chunks[c];

		for (uint32_t p = 0; k->queues && p < s->parts; p++)
			free(k->queues[p].list);
		free(k->queues);
		free(k->found);
		free(k->out);
		free(k->from);
		free(k->fresh);
		free(k->made);
		free(k->order);
		free(k->ends);
		piece_close(&k->log);
	}
	free(s->workers);
	free(s->chunks);
	free(s->rest.goals);
}
