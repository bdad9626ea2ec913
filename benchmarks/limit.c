/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's limit: so many random insert-or-finds a second of so many distinct keys, into a table that nothing else
 * is done with.  One operation is what a checker has to do for each transition at least.
 *
 *   cc -O2 -pthread -DWORDS=1 -o limit limit.c && ./limit KEYS OPERATIONS THREADS AHEAD HUGE
 *
 * KEYS distinct keys of WORDS words, drawn at random; AHEAD: keys whose slots are prefetched before they are looked at,
 * 0 for none; HUGE: 1 to ask for huge pages.  Prints operations a second, and the bytes of the table.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#ifndef WORDS
#define WORDS 1
#endif
#define MOST_AHEAD 64

static uint64_t keys, operations, mask, threads, ahead;
static uint64_t *slots;

/* SplitMix64 (Sebastiano Vigna, public domain). */
static inline uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static inline uint64_t key_of(uint64_t number)
{
	return mix(number) | 1; /* never 0, which is an empty slot */
}

/* Only the first word decides whose a slot is: keys are random, and two that share it are not expected. */
static void insert(uint64_t key)
{
	for (uint64_t at = mix(key) & mask;; at = (at + 1) & mask) {
		uint64_t *slot = slots + at * WORDS, there = __atomic_load_n(slot, __ATOMIC_RELAXED);

		if (there == 0 && __atomic_compare_exchange_n(slot, &there, key, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			for (int i = 1; i < WORDS; i++)
				__atomic_store_n(slot + i, key + i, __ATOMIC_RELAXED);
			return;
		}
		if (there == key)
			return;
	}
}

static void *work(void *argument)
{
	uint64_t ring[MOST_AHEAD] = {0}, random = mix((uint64_t)(uintptr_t)argument + 1);
	uint64_t mine = operations / threads;

	for (uint64_t i = 0; i < mine + ahead; i++) {
		uint64_t key = 0;

		if (i < mine) {
			random = mix(random);
			key = key_of((uint64_t)(((unsigned __int128)random * keys) >> 64));
		}
		if (ahead) {
			uint64_t due = ring[i % ahead];

			ring[i % ahead] = key;
			if (key)
				__builtin_prefetch(slots + (mix(key) & mask) * WORDS, 1);
			key = due;
		}
		if (key)
			insert(key);
	}
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int count, char **arguments)
{
	if (count != 6) {
		fprintf(stderr, "usage: %s KEYS OPERATIONS THREADS AHEAD HUGE\n", arguments[0]);
		return 2;
	}
	keys = strtoull(arguments[1], NULL, 10);
	operations = strtoull(arguments[2], NULL, 10);
	threads = strtoull(arguments[3], NULL, 10);
	ahead = strtoull(arguments[4], NULL, 10);
	if (!keys || !threads || threads > 1024 || ahead > MOST_AHEAD)
		return 2;

	uint64_t most = 1024;
	while (most < keys + keys / 2)
		most *= 2;
	mask = most - 1;
	size_t bytes = most * WORDS * sizeof *slots;
	slots = aligned_alloc(2 << 20, (bytes + (2 << 20) - 1) & ~(size_t)((2 << 20) - 1));
	pthread_t *others = calloc(threads, sizeof *others);
	if (!slots || !others)
		return 1;
#ifdef MADV_HUGEPAGE
	madvise(slots, bytes, arguments[5][0] == '1' ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#endif
	for (size_t i = 0; i < bytes / sizeof *slots; i++) /* the pages are there before the clock starts */
		((volatile uint64_t *)slots)[i] = 0;

	double start = now();
	for (uint64_t t = 0; t < threads; t++)
		if (pthread_create(others + t, NULL, work, (void *)(uintptr_t)t))
			return 1;
	for (uint64_t t = 0; t < threads; t++)
		pthread_join(others[t], NULL);
	printf("%.0f %zu\n", (double)operations / (now() - start), bytes);
	return 0;
}
