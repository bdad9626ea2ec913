/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of a checker that runs without Python, and what it asks the machine.  A wrong word ends the process
 * with one line and exit code 2, `--help` with 0.
 */
#ifndef DFSRACE_COMMAND_H
#define DFSRACE_COMMAND_H

#include <stdint.h>

enum code { HOLDS = 0, WRONG = 2, INCONCLUSIVE = 3, DEADLOCK = 11, VIOLATED = 12, OUR_BUG = 70 };

/* UINT64_MAX: no bound; of memory 0: not said; of seconds 0: no bound. */
struct options {
	uint64_t states, switches, memory, threads;
	double seconds;
	int first, quiet;
};

struct options read_options(int argc, char **argv, const struct options *defaults);
/* What a search may use of the memory that is free, in bytes; UINT64_MAX if nobody knows. */
uint64_t free_memory(void);
/* Seconds since some moment. */
double clock_now(void);

#endif
