/* SPDX-License-Identifier: GPL-2.0-only */
#include "team.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef SPINS
#define SPINS 4000 /* looks before a thread goes to sleep: rounds follow each other within microseconds */
#endif
#define FEW_SPINS 200 /* where threads have to share processors */

struct member {
	struct team *team;
	pthread_t thread;
	uint32_t number;
};

struct team {
	uint32_t count, started; /* besides the caller */
	unsigned spins;
	struct member *members;
	pthread_mutex_t lock;
	pthread_cond_t begin, end;
	atomic_uint round, running;
	int leaving;
	task *f;
	void *of;
	uint32_t items;
	atomic_uint next;
};

static inline void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static void work(struct team *t, uint32_t worker)
{
	for (;;) {
		uint32_t item = atomic_fetch_add(&t->next, 1);

		if (item >= t->items)
			return;
		t->f(t->of, worker, item);
	}
}

static void *attend(void *argument)
{
	struct member *m = argument;
	struct team *t = m->team;
	unsigned seen = 0;

	for (;;) {
		for (unsigned i = 0; i < t->spins && atomic_load(&t->round) == seen; i++)
			pause_briefly();
		pthread_mutex_lock(&t->lock);
		while (atomic_load(&t->round) == seen)
			pthread_cond_wait(&t->begin, &t->lock);
		pthread_mutex_unlock(&t->lock);
		seen++;
		if (t->leaving)
			return NULL;
		work(t, m->number);
		if (atomic_fetch_sub(&t->running, 1) == 1) {
			pthread_mutex_lock(&t->lock);
			pthread_cond_signal(&t->end);
			pthread_mutex_unlock(&t->lock);
		}
	}
}

static void start_round(struct team *t)
{
	atomic_store(&t->running, t->started);
	atomic_store(&t->next, 0);
	pthread_mutex_lock(&t->lock);
	atomic_fetch_add(&t->round, 1);
	pthread_cond_broadcast(&t->begin);
	pthread_mutex_unlock(&t->lock);
}

void team_run(struct team *t, task *f, void *of, uint32_t items)
{
	if (!t->started || items < 2) {
		for (uint32_t i = 0; i < items; i++)
			f(of, 0, i);
		return;
	}
	t->f = f;
	t->of = of;
	t->items = items;
	start_round(t);
	work(t, 0);
	for (unsigned i = 0; i < t->spins && atomic_load(&t->running); i++)
		pause_briefly();
	pthread_mutex_lock(&t->lock);
	while (atomic_load(&t->running))
		pthread_cond_wait(&t->end, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

struct team *team_open(uint32_t threads)
{
	struct team *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->count = threads - 1;
	t->spins = (long)threads <= sysconf(_SC_NPROCESSORS_ONLN) ? SPINS : FEW_SPINS;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->begin, NULL);
	pthread_cond_init(&t->end, NULL);
	t->members = calloc(threads, sizeof(*t->members));
	for (uint32_t i = 0; t->members && i < t->count; i++) {
		t->members[i] = (struct member){t, 0, i + 1};
		if (pthread_create(&t->members[i].thread, NULL, attend, &t->members[i]))
			break;
		t->started++;
	}
	if (!t->members || t->started < t->count) {
		team_close(t);
		return NULL;
	}
	return t;
}

void team_close(struct team *t)
{
	if (!t)
		return;
	t->leaving = 1;
	if (t->started)
		start_round(t);
	for (uint32_t i = 0; i < t->started; i++)
		pthread_join(t->members[i].thread, NULL);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->begin);
	pthread_cond_destroy(&t->end);
	free(t->members);
	free(t);
}
