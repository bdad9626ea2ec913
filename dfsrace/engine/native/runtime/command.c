/* SPDX-License-Identifier: GPL-2.0-only */
#include "command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/resource.h>

#define SHARE 0.6 /* of the memory that is free: a table that grows needs as much again for a moment */
#define NONE UINT64_MAX

double clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- options */

static const char help[] =
	"Usage: checker [OPTIONS]\n"
	"\n"
	"Explores every interleaving of the model that is compiled in and prints one JSON object: verdict, statistics, and\n"
	"for each violated property its shortest schedule. `dfsrace replay MODEL --result FILE` draws it.\n"
	"\n"
	"  --threads N     search with N threads (default: all processors)\n"
	"  --memory SIZE   use at most so much memory, as in 500M or 64G (default: 60% of what is free)\n"
	"  --states N      visit at most N states\n"
	"  --seconds S     search for at most S seconds\n"
	"  --switches K    only interleavings of at most K switches; one thread searches\n"
	"  --first         stop at the first violation\n"
	"  -q, --quiet     nothing on standard error but errors\n"
	"  -h, --help      this text\n"
	"\n"
	"Example:\n"
	"  ./checker --threads 64 --memory 200G > found.json; dfsrace replay MODEL --result found.json\n"
	"\n"
	"Exit codes: 0 everything holds, 2 the command or the model is wrong, 3 inconclusive, 11 deadlock,\n"
	"12 violated otherwise, 70 a bug of dfsrace.\n";

static void __attribute__((noreturn)) wrong(const char *what, const char *given)
{
	fprintf(stderr, "checker: %s", what);
	if (given) {
		fputs(" '", stderr);
		for (const char *c = given; *c; c++)
			fputc(*c >= ' ' && *c <= '~' ? *c : '?', stderr);
		fputc('\'', stderr);
	}
	fputs("; see --help\n", stderr);
	exit(WRONG);
}

/* Digits, with underscores if one likes; NONE if the text has anything else, `*rest` is what follows. */
static uint64_t read_digits(const char *text, const char **rest)
{
	uint64_t n = 0;
	int any = 0;

	for (; (*text >= '0' && *text <= '9') || (*text == '_' && any); text++) {
		if (*text == '_')
			continue;
		if (n > (NONE - 10) / 10)
			return NONE;
		n = n * 10 + (uint64_t)(*text - '0');
		any = 1;
	}
	*rest = text;
	return any ? n : NONE;
}

static uint64_t read_count(const char *text, uint64_t least)
{
	const char *rest = text;
	uint64_t n = read_digits(text, &rest);

	if (n == NONE || *rest || n < least)
		wrong(least ? "no integer of 1 or more:" : "no integer of 0 or more:", text);
	return n;
}

static uint64_t read_size(const char *text)
{
	static const char units[] = "KMGT";
	const char *rest = text, *unit;
	uint64_t n = read_digits(text, &rest);
	unsigned shift = 0;

	if (n != NONE && *rest && (unit = strchr(units, *rest & ~0x20))) {
		shift = 10 * (unsigned)(unit - units + 1);
		rest++;
		if (*rest == 'i')
			rest++;
		if (*rest == 'B')
			rest++;
	}
	if (n == NONE || !n || *rest || n > NONE >> shift)
		wrong("no size such as 500M or 64G:", text);
	return n << shift;
}

static double read_seconds(const char *text)
{
	char *rest;
	double n = strtod(text, &rest);

	if (rest == text || *rest || !(n > 0) || n > 1e12)
		wrong("no number of seconds over 0:", text);
	return n;
}

/* The value of an option that takes one: after `=`, or the next word. */
static const char *value_of(int argc, char **argv, int *at, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(argv[*at], name, length) || (argv[*at][length] && argv[*at][length] != '='))
		return NULL;
	if (argv[*at][length] == '=')
		return argv[*at] + length + 1;
	if (++*at >= argc)
		wrong("an option lacks its value:", name);
	return argv[*at];
}

struct options read_options(int argc, char **argv, const struct options *defaults)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct options o = *defaults;

	o.threads = processors > 0 ? (uint64_t)processors : 1;
	for (int i = 1; i < argc; i++) {
		const char *word_ = argv[i], *value;

		if (!strcmp(word_, "-h") || !strcmp(word_, "--help")) {
			fputs(help, stdout);
			exit(fflush(stdout) ? OUR_BUG : HOLDS);
		} else if (!strcmp(word_, "--first")) {
			o.first = 1;
		} else if (!strcmp(word_, "-q") || !strcmp(word_, "--quiet")) {
			o.quiet = 1;
		} else if ((value = value_of(argc, argv, &i, "--threads"))) {
			o.threads = read_count(value, 1);
			if (o.threads > 1024)
				wrong("more threads than 1024:", value);
		} else if ((value = value_of(argc, argv, &i, "--memory"))) {
			o.memory = read_size(value);
		} else if ((value = value_of(argc, argv, &i, "--states"))) {
			o.states = read_count(value, 1);
		} else if ((value = value_of(argc, argv, &i, "--seconds"))) {
			o.seconds = read_seconds(value);
		} else if ((value = value_of(argc, argv, &i, "--switches"))) {
			o.switches = read_count(value, 0);
		} else {
			wrong("there is no option", word_);
		}
	}
	return o;
}

/* ---- memory that is free, for the machine, the control group (version 2) and the process's limits */

static uint64_t number_in(const char *path, const char *key)
{
	char line[512];
	uint64_t found = NONE;
	FILE *file = fopen(path, "r");

	while (file && found == NONE && fgets(line, sizeof(line), file)) {
		const char *at = line, *rest;

		if (strncmp(line, key, strlen(key)))
			continue;
		at += strlen(key);
		found = read_digits(at + strspn(at, " "), &rest);
	}
	if (file)
		fclose(file);
	return found;
}

static uint64_t free_of_group(void)
{
	char line[512], path[700];
	uint64_t most = NONE, now = NONE;
	FILE *file = fopen("/proc/self/cgroup", "r");

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, "0::", 3))
			continue;
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", line + 3);
		most = number_in(path, "");
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.current", line + 3);
		now = number_in(path, "");
	}
	if (file)
		fclose(file);
	return most == NONE || now == NONE ? NONE : most > now ? most - now : 0;
}

uint64_t free_memory(void)
{
	uint64_t machine = number_in("/proc/meminfo", "MemAvailable:"), group = free_of_group(), least;
	struct rlimit limit;

#ifdef _SC_PHYS_PAGES
	if (machine == NONE && sysconf(_SC_PHYS_PAGES) > 0)
		machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
#endif
	least = machine == NONE ? NONE : machine * 1024;
	if (group < least)
		least = group;
	if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < least)
		least = limit.rlim_cur;
	return least == NONE ? NONE : (uint64_t)((double)least * SHARE);
}
