/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block is a run of states of one level that is explored in rounds, each shared out among the threads:
 *
 *   expand   chunks of the block's states: their successors, and for each part of the table a list of those that belong
 *            there (expand.c);
 *   insert   parts of the table: each takes its successors in the order of the block, so that the first of equals is
 *            the one that counts (block.c);
 *   collect  chunks again: the new states, in the order of those that they come from, go to the next level and are
 *            judged (collect.c).
 *
 * No part and no chunk is worked on by two threads at a time, so nothing but memory is counted atomically; and what is
 * found, in which order and with which number does not depend on the number of threads: it is what one thread finds that
 * goes from batch to batch (level-synchronous search in blocks, with the visited set divided by key as in Stern and
 * Dill's parallel Murphi).
 *
 * Steps are taken batch by batch, not state by state: within a batch those of the first thread come first, and of these
 * the ones from the same place.  So the processor guesses where a step begins, which it cannot where each state has its
 * threads elsewhere; measured, step functions take half to three quarters of the time that they take state by state.
 * Batches do not depend on the number of threads.
 *
 * Half of all successors and more are states that were met a moment ago, by a sibling's step: each thread remembers the
 * last ones that it met, one for each of so many hashes, and does not look for these in the table.  That is exact, too:
 * what a thread remembers it has met earlier in the order of the search, as chunks are handed out in their order.
 *
 * For one thread alone, looking up through a ring while the next states are expanded was measured, too: it takes 0 to 20
 * percent longer than rounds.
 */
#ifndef DFSRACE_BLOCK_H
#define DFSRACE_BLOCK_H

#include "log.h"
#include "profile.h"
#include "search.h"
#include "table.h"
#include "team.h"

#ifndef BLOCK_SUCCESSORS
#define BLOCK_SUCCESSORS 131072 /* aimed at */
#endif
#ifndef LOG_OF_PARTS
#define LOG_OF_PARTS 4
#endif
#ifndef LEAST_BLOCK
#define LEAST_BLOCK 64    /* states; also of a batch */
#endif
#ifndef CHUNKS
#define CHUNKS 8          /* for each thread */
#endif
#ifndef LARGEST_BLOCK
#define LARGEST_BLOCK 32768 /* no more than 2^16 */
#endif
#ifndef BATCH
#define BATCH 1024        /* states whose steps are taken together, at most */
#endif
#ifndef FEW_SUCCESSORS
#define FEW_SUCCESSORS 1024 /* so few are not worth waking anybody */
#endif

#ifndef LOG_OF_RECENT
#define LOG_OF_RECENT 13  /* states that a thread remembers; they should stay in its second-level cache */
#endif

struct level {
	word *states;
	uint64_t count, capacity, first; /* first: the number of its first state */
};

struct violations {
	int32_t depth;
	word *entries;
	uint64_t count, capacity;
};

struct queue {
	struct waiting *list;
	uint64_t count, capacity;
};

struct chunk {
	uint32_t first, states; /* of the block */
	word *out;              /* successors, in order */
	uint32_t *from;         /* what they come from, as in struct context */
	uint32_t count, capacity;
	uint8_t *fresh;         /* for each successor: nobody was there before */
	uint64_t fresh_capacity;
	uint32_t *made, *order; /* the new ones; as found, and in the order of the states that they come from */
	uint64_t made_capacity, order_capacity, made_count;
	uint32_t *ends;         /* for each state, where its new ones end in `order` */
	uint64_t ends_capacity, base; /* base: number of the first new one */
	struct piece log;
	struct queue *queues;               /* one for each part */
	uint32_t *found;                    /* for each part, how many were new */
};

/* A thread's own. */
struct worker {
	struct context c; /* first, so that the callbacks find the worker */
	struct search *s;
	struct chunk *chunk;
	struct violations *goals;
	word *met, *found;
	word *recent; /* for each hash the last state that had it */
	uint8_t *places;
	uint64_t first; /* number of the first state of the chunk that is expanded */
	/* of a batch: by the place where a thread rests the first state, for each state the next one of that place */
	uint32_t *firsts;
	uint16_t nexts[BATCH];
	uint8_t moved[BATCH]; /* some thread has */
	uint64_t transitions;
	int32_t exhausted;
	uint64_t exhausted_at, error_at;
	int no_memory;
	struct profile profile;
};

/* Where the search stood before the block under way: what a checkpoint goes back to that is written in the middle. */
struct rest {
	int inside, inserted; /* in a block; some of its states may be in the table, marked as fresh */
	uint64_t position, states, transitions, block_transitions, block_states, log_used, log_last;
	int32_t exhausted;
	uint64_t *goals; /* how many each property has */
};

struct search {
	const struct model *m;
	struct settings settings;
	struct budget budget;
	struct form form;
	struct table *tables;
	struct log log;
	struct level *levels;
	uint64_t level_count, level_capacity;
	uint64_t position; /* in the level that is expanded */
	uint32_t depth;    /* of that level */
	uint64_t states, transitions;
	uint64_t block_transitions, block_states; /* of the last block */
	struct level spare; /* room of a level that is over */
	struct team *team;
	struct worker *workers;
	struct chunk *chunks;
	uint32_t chunk_count, parts, batch;
	struct violations *goals;
	word *met, *hits;
	uint32_t *largest;
	int32_t exhausted;
	uint32_t error, error_thread, error_place;
	enum status status;
	struct rest rest;
};

/* The number of the state that is expanded. */
static inline uint64_t source_of(const struct worker *w)
{
	return w->first + (w->c.at >> AT_SHIFT);
}

/* Gives a chunk's buffers to the context that fills them, and takes them back. */
void lend(struct worker *w, struct chunk *k);
void take_back(struct worker *w, struct chunk *k);
/* Makes room for more successors; without memory the chunk is given up, and the search with it. */
void more_room(struct context *c);
/* Gives those successors from this one on that were not met a moment ago to the parts where they belong. */
int deliver(struct worker *w, struct chunk *k, uint32_t from);
/* The rounds; see above. */
void expand_chunk(void *of, uint32_t worker, uint32_t item);
void collect_chunk(void *of, uint32_t worker, uint32_t item);
int block_open(struct search *s);
void block_close(struct search *s);
/* Explores the next states of the level; s->status says why it could not. */
void block_run(struct search *s);
/* Takes in states of level 0. */
void block_seed(struct search *s, const word *states, uint64_t count);
int block_follow(struct search *s, const word *state, uint32_t ordinal, word *out);

#endif
