/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a checker that runs without Python knows of its model besides the step functions.  Properties have two numbers:
 * their place among those in force, which the search uses, and that among all of the model's, which people are told;
 * automatic ones follow, in both.
 */
#ifndef DFSRACE_STANDALONE_H
#define DFSRACE_STANDALONE_H

#include "schedule.h"

enum kind { INVARIANT, REACH };

/* A named property that is in force. */
struct property {
	uint32_t number; /* among all of the model's */
	enum kind kind;
};

/* What is known before the first step, where the first local steps of a thread end in a violation. */
struct before {
	uint32_t property, start; /* property: among those in force */
};

#endif
