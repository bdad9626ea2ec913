/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory is counted before it is taken, by all threads together; what would exceed the limit is refused.
 */
#ifndef DFSRACE_MEMORY_H
#define DFSRACE_MEMORY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct budget {
	atomic_uint_least64_t used;
	uint64_t most;
};

/* A block of another size with what fitted of the old one's content, or NULL, and then the old one is as it was. */
void *memory_resize(struct budget *b, void *old, uint64_t before, uint64_t after);
/* Makes room for `count` things of `size` bytes in an array that has room for `capacity`; 0 if it is refused. */
int memory_room(struct budget *b, void *array, uint64_t *capacity, uint64_t count, size_t size);
void memory_free(struct budget *b, void *block, uint64_t bytes);

/* Zeroed memory that starts a cache line, in huge pages where it is large and the system offers them; or NULL. */
void *memory_lines(struct budget *b, uint64_t bytes);
/* The same, larger, with the old one's content at its start; or NULL, and then the old one is as it was. */
void *memory_extend_lines(struct budget *b, void *block, uint64_t before, uint64_t after);
void memory_free_lines(struct budget *b, void *block, uint64_t bytes);

#endif
