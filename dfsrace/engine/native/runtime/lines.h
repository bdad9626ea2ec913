/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cache lines of slots: 16 of 4 bytes, 12 of 5, 10 of 6 or 8 of 8.  All slots' lowest 4 bytes come first, then what each
 * has besides.  Slots are taken in their order.  Where they fill the line a taken slot has its topmost bit set, and an
 * empty one is 0; else the last 4 bytes say how many are taken.
 */
#ifndef DFSRACE_LINES_H
#define DFSRACE_LINES_H

#include <stdint.h>

#define LINE 64

static inline unsigned slots_of(unsigned bytes)
{
	return bytes == 4 ? 16 : bytes == 5 ? 12 : bytes == 6 ? 10 : 8;
}

/* The bit that says that a slot is taken, or 0 if the line says so. */
static inline uint64_t taken(unsigned bytes)
{
	return bytes == 4 || bytes == 8 ? (uint64_t)1 << (8 * bytes - 1) : 0;
}

typedef uint32_t slot4 __attribute__((may_alias));
typedef uint16_t slot2 __attribute__((may_alias));

#define COUNTED 60 /* where the number of taken slots is */

/* Puts a slot where it is already, or into the first that is empty: `fresh`. */
static inline void put_slot(unsigned char *line, unsigned bytes, unsigned at, uint64_t slot, unsigned fresh)
{
	if (!taken(bytes))
		*(slot4 *)(line + COUNTED) += fresh;
	((slot4 *)line)[at] = (uint32_t)slot;
	if (bytes == 5)
		line[48 + at] = (unsigned char)(slot >> 32);
	else if (bytes == 6)
		((slot2 *)(line + 40))[at] = (uint16_t)(slot >> 32);
	else if (bytes == 8)
		((slot4 *)(line + 32))[at] = (uint32_t)(slot >> 32);
}

static inline uint64_t get_slot(const unsigned char *line, unsigned bytes, unsigned at)
{
	uint64_t low = ((const slot4 *)line)[at];

	if (bytes == 5)
		return low | (uint64_t)line[48 + at] << 32;
	if (bytes == 6)
		return low | (uint64_t)((const slot2 *)(line + 40))[at] << 32;
	if (bytes == 8)
		return low | (uint64_t)((const slot4 *)(line + 32))[at] << 32;
	return low;
}

/* How many slots of a line are taken. */
static inline unsigned used_slots(const unsigned char *line, unsigned bytes)
{
	unsigned n = 0;

	if (!taken(bytes))
		return *(const slot4 *)(line + COUNTED);
	while (n < slots_of(bytes) && get_slot(line, bytes, n))
		n++;
	return n;
}

typedef uint32_t four __attribute__((vector_size(16), may_alias));
typedef uint64_t two __attribute__((vector_size(16), may_alias));

/* All bits of the four numbers together. */
static inline unsigned any_of_four(four v)
{
	uint64_t both = ((two)v)[0] | ((two)v)[1];

	return (unsigned)(both | both >> 32);
}

/* A bit for each of the slots whose lowest 4 bytes are these; for slots of 4 and 8 bytes 16 bits higher for the empty ones. */
static inline __attribute__((always_inline)) unsigned look_at_lows(const unsigned char *line, unsigned bytes, uint32_t low)
{
	const four *l = (const four *)line, same = {low, low, low, low}, none = {0, 0, 0, 0};
	const four a = {1, 2, 4, 8}, b = {16, 32, 64, 128};
	four all = (((four)(l[0] == same)) & a) | (((four)(l[1] == same)) & b);

	if (bytes < 8)
		all |= ((four)(l[2] == same)) & (a << 8);
	if (bytes == 4) {
		all |= ((four)(l[3] == same)) & (b << 8);
		all |= (((four)(l[0] == none)) & (a << 16)) | (((four)(l[1] == none)) & (b << 16));
		all |= (((four)(l[2] == none)) & (a << 24)) | (((four)(l[3] == none)) & (b << 24));
	}
	if (bytes == 8)
		all |= (((four)(l[2] == none)) & (a << 16)) | (((four)(l[3] == none)) & (b << 16));
	return any_of_four(all);
}

/* Of some slots of a line the one that is this, as a bit; slots of more than 4 bytes. */
static inline unsigned find_among(const unsigned char *line, unsigned bytes, uint64_t slot, unsigned some)
{
	for (; some; some &= some - 1)
		if (get_slot(line, bytes, (unsigned)__builtin_ctz(some)) == slot)
			return some & -some;
	return 0;
}

/* Bits of the slot that is this one, if it is there, and of those that are empty; without a branch that is hard to guess. */
static inline __attribute__((always_inline)) void look_into(const unsigned char *line, unsigned bytes, uint64_t slot,
							    unsigned *same, unsigned *empty)
{
	const unsigned all = (1u << slots_of(bytes)) - 1, found = look_at_lows(line, bytes, (uint32_t)slot);
	unsigned low, at;

	*empty = taken(bytes) ? found >> 16 : all << *(const slot4 *)(line + COUNTED) & all;
	low = found & all & ~*empty;
	if (bytes == 4) {
		*same = low;
		return;
	}
	at = (unsigned)__builtin_ctz(low | 1u << (slots_of(bytes) - 1));
	*same = low & -(unsigned)(get_slot(line, bytes, at) >> 32 == slot >> 32);
	if (__builtin_expect(low & (low - 1), 0))
		*same = find_among(line, bytes, slot, low);
}

#endif
