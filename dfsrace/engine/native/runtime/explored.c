/* SPDX-License-Identifier: GPL-2.0-only */
#include "explored.h"

static int32_t depth_of_search(const void *search, uint32_t property)
{
	return search_goal_depth(search, property);
}

static const word *goal_of_search(const void *search, uint32_t property, uint64_t *count)
{
	return search_goal(search, property, count);
}

static const word *level_of_search(const void *search, uint32_t depth, uint64_t *count)
{
	return search_level(search, depth, count);
}

struct explored explored_search(const struct search *s)
{
	return (struct explored){s, depth_of_search, goal_of_search, level_of_search};
}

static int32_t depth_of_bounded(const void *search, uint32_t property)
{
	return bounded_goal_depth(search, property);
}

static const word *goal_of_bounded(const void *search, uint32_t property, uint64_t *count)
{
	return bounded_goal(search, property, count);
}

static const word *level_of_bounded(const void *search, uint32_t depth, uint64_t *count)
{
	return bounded_level(search, depth, count);
}

struct explored explored_bounded(const struct bounded *b)
{
	return (struct explored){b, depth_of_bounded, goal_of_bounded, level_of_bounded};
}
