/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* mremap */
#endif
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((uint64_t)2 << 20)
#define MAPPED ((uint64_t)256 << 10) /* from this size on, lines are mapped */

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

static int take(struct budget *b, uint64_t bytes)
{
	uint64_t before = atomic_fetch_add(&b->used, bytes);

	if (before <= b->most && bytes <= b->most - before)
		return 1;
	atomic_fetch_sub(&b->used, bytes);
	return 0;
}

void *memory_resize(struct budget *b, void *old, uint64_t before, uint64_t after)
{
	void *p;

	if (after > before && !take(b, after - before))
		return NULL;
	p = realloc(old, after ? after : 1);
	if (!p && after > before)
		atomic_fetch_sub(&b->used, after - before);
	if (p && after < before)
		atomic_fetch_sub(&b->used, before - after);
	return p;
}

int memory_room(struct budget *b, void *array, uint64_t *capacity, uint64_t count, size_t size)
{
	uint64_t wanted = *capacity < 16 ? 16 : *capacity + *capacity / 4;
	void **p = array, *larger;

	if (count <= *capacity)
		return 1;
	if (wanted < count)
		wanted = count;
	larger = memory_resize(b, *p, *capacity * size, wanted * size);
	if (!larger)
		return 0;
	*p = larger;
	*capacity = wanted;
	return 1;
}

void memory_free(struct budget *b, void *block, uint64_t bytes)
{
	free(block);
	atomic_fetch_sub(&b->used, bytes);
}

/* Maps whole huge pages: what lies before and behind them is given back. */
static void *map_aligned(uint64_t bytes)
{
	uint64_t spare = bytes >= HUGE_PAGE ? HUGE_PAGE : 0, before;
	char *p = mmap(NULL, bytes + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (!spare)
		return p;
	before = -(uintptr_t)p & (HUGE_PAGE - 1);
	if (before)
		munmap(p, before);
	if (spare > before)
		munmap(p + before + bytes, spare - before);
	p += before;
#ifdef MADV_HUGEPAGE
	madvise(p, bytes, MADV_HUGEPAGE);
#endif
	return p;
}

static uint64_t whole_pages(uint64_t bytes)
{
	return (bytes + (1 << 16) - 1) & ~(uint64_t)((1 << 16) - 1);
}

/* Moves the pages of a mapping to the start of a larger one, where the system can: nothing is copied, nothing twice there. */
static void move_pages(char *to, char *from, uint64_t bytes)
{
	uint64_t moved = 0;

#ifdef MREMAP_FIXED
	uint64_t huge = bytes & ~(HUGE_PAGE - 1);

	if (huge && mremap(from, huge, huge, MREMAP_MAYMOVE | MREMAP_FIXED, to) == (void *)to)
		moved = huge;
	else if (huge && mmap(to, huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		abort(); /* there was memory before it tried */
#endif
	memcpy(to + moved, from + moved, bytes - moved);
	munmap(from + moved, whole_pages(bytes) - moved);
}

void *memory_lines(struct budget *b, uint64_t bytes)
{
	void *p = NULL;

	if (!take(b, bytes))
		return NULL;
	if (bytes >= MAPPED)
		p = map_aligned(whole_pages(bytes));
	else if (posix_memalign(&p, 64, bytes))
		p = NULL;
	else
		memset(p, 0, bytes);
	if (!p)
		atomic_fetch_sub(&b->used, bytes);
	return p;
}

void *memory_extend_lines(struct budget *b, void *block, uint64_t before, uint64_t after)
{
	void *p;

	if (before < MAPPED || after < MAPPED) {
		p = memory_lines(b, after);
		if (p) {
			memcpy(p, block, before);
			memory_free_lines(b, block, before);
		}
		return p;
	}
	if (!take(b, after - before))
		return NULL;
	p = map_aligned(whole_pages(after));
	if (!p) {
		atomic_fetch_sub(&b->used, after - before);
		return NULL;
	}
	move_pages(p, block, before);
	return p;
}

void memory_free_lines(struct budget *b, void *block, uint64_t bytes)
{
	if (!block)
		return;
	if (bytes >= MAPPED)
		munmap(block, whole_pages(bytes));
	else
		free(block);
	atomic_fetch_sub(&b->used, bytes);
}
