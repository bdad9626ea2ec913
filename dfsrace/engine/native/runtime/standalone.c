/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A checker of one model as a program: options in, one JSON object out.  It says numbers where the model has names;
 * `dfsrace replay MODEL --result FILE` shows what they stand for.
 */
#include "standalone.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/resource.h>

#define LOOK 0.1         /* seconds between two looks at the clock */
#define TELL 0.5         /* and between two lines of progress */
#define SHARE 0.6        /* of the memory that is free: a table that grows needs as much again for a moment */
#define FIRST_SLOTS (1 << 14)
#ifndef KEPT
#define KEPT 2000000     /* levels are kept for the fewest switches up to so many states */
#endif
#define NONE UINT64_MAX

enum code { HOLDS = 0, WRONG = 2, INCONCLUSIVE = 3, DEADLOCK = 11, VIOLATED = 12, OUR_BUG = 70 };

struct options {
	uint64_t states, memory, threads;
	double seconds; /* 0: no bound */
	int first, quiet;
};

struct check {
	struct options options;
	struct search *search;
	struct sweep *sweep;
	uint32_t goals[COUNT_OF_PROPERTIES + AUTOMATIC], goal_count;
	int64_t weighed[COUNT_OF_PROPERTIES + AUTOMATIC]; /* for each goal its place in the sweep, or -1 */
	word *first_level; /* the canonical initial states */
	uint64_t first_count;
	enum status status;
	const char *stopped; /* why, or NULL */
	double began, seconds;
	int told;
};

extern const struct model model;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	interrupted = 1;
	signal(number, SIG_DFL); /* the second one ends the process */
}

static double clock_now(void)
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

static uint64_t read_count(const char *text)
{
	const char *rest = text;
	uint64_t n = read_digits(text, &rest);

	if (n == NONE || *rest || !n)
		wrong("no integer of 1 or more:", text);
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

static struct options read_options(int argc, char **argv)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct options o = {BOUND_OF_STATES, 0, processors > 0 ? (uint64_t)processors : 1, BOUND_OF_SECONDS, 0, 0};

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
			o.threads = read_count(value);
			if (o.threads > 1024)
				wrong("more threads than 1024:", value);
		} else if ((value = value_of(argc, argv, &i, "--memory"))) {
			o.memory = read_size(value);
		} else if ((value = value_of(argc, argv, &i, "--states"))) {
			o.states = read_count(value);
		} else if ((value = value_of(argc, argv, &i, "--seconds"))) {
			o.seconds = read_seconds(value);
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

static uint64_t free_memory(void)
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

/* ---- the search */

static void tell(struct check *k)
{
	struct statistics s;

	search_statistics(k->search, &s);
	fprintf(stderr, "\r\033[K%" PRIu64 " states, depth %" PRIu32 ", %" PRIu64 " waiting, %.0f s", s.states, s.depth,
		s.queue, clock_now() - k->began);
	k->told = 1;
}

static const char *asked_to_stop(const struct check *k)
{
	if (interrupted)
		return "interrupt";
	if (k->options.seconds > 0 && clock_now() - k->began >= k->options.seconds)
		return "seconds";
	return NULL;
}

/* Takes in the initial states, each once, and remembers their canonical forms. */
static void seed(struct check *k)
{
	word *states = calloc(COUNT_OF_STARTS + 1, WORDS * sizeof(word));
	const word *level;
	uint64_t count = 0;

	if (!states)
		abort();
	for (uint32_t i = 0; i < COUNT_OF_STARTS; i++)
		if (starts[i].has_state)
			copy_state(states + count++ * WORDS, starts[i].state);
	search_seed(k->search, states, count);
	free(states);
	level = search_level(k->search, 0, &k->first_count);
	k->first_level = calloc(k->first_count + 1, WORDS * sizeof(word));
	if (!k->first_level)
		abort();
	memcpy(k->first_level, level ? level : k->first_level, k->first_count * WORDS * sizeof(word));
}

static void explore(struct check *k)
{
	int shows = !k->options.quiet && isatty(STDERR_FILENO);
	double next = k->began + TELL;

	seed(k);
	k->status = RUNNING;
	while (!(k->stopped = asked_to_stop(k))) {
		double slice = LOOK, left = k->began + k->options.seconds - clock_now();

		if (k->options.seconds > 0 && left < slice)
			slice = left > 0 ? left : 0;
		k->status = search_run(k->search, slice);
		if (k->status != RUNNING)
			break;
		if (shows && clock_now() >= next) {
			tell(k);
			next = clock_now() + TELL;
		}
	}
	if (k->told)
		fputs("\r\033[K", stderr);
	if (k->status == STOP_STATES)
		k->stopped = "states";
	else if (k->status == STOP_MEMORY)
		k->stopped = "memory";
	else if (k->status == STOP_FIRST)
		k->stopped = "first";
}

/* ---- what was found */

static int is_met(const struct check *k, uint32_t property)
{
	for (uint32_t i = 0; met_before[i] != UINT32_MAX; i++)
		if (met_before[i] == property)
			return 1;
	return search_met(k->search)[property / 64] >> (property % 64) & 1;
}

/* The first initial state without a first state that violates a property, or -1. */
static int64_t violated_before_start(uint32_t property)
{
	for (uint32_t i = 0; violated_before_steps[i].property != UINT32_MAX; i++)
		if (violated_before_steps[i].property == property)
			return violated_before_steps[i].start;
	return -1;
}

static int32_t depth_of(const struct check *k, uint32_t property)
{
	return violated_before_start(property) >= 0 ? 0 : search_goal_depth(k->search, property);
}

static int is_reach(uint32_t property)
{
	return property < COUNT_OF_PROPERTIES && properties[property].kind == REACH;
}

/* With --first only the shallowest, of several the first. */
static void choose_goals(struct check *k)
{
	for (uint32_t p = 0; p < COUNT_OF_PROPERTIES + AUTOMATIC; p++)
		if (!is_reach(p) && depth_of(k, p) >= 0)
			k->goals[k->goal_count++] = p;
	if (k->options.first && k->goal_count) {
		for (uint32_t g = 1; g < k->goal_count; g++)
			if (depth_of(k, k->goals[g]) < depth_of(k, k->goals[0]))
				k->goals[0] = k->goals[g];
		k->goal_count = 1;
	}
}

/* The second search, for violations whose levels are kept; an interrupt leaves it out. */
static void weigh_goals(struct check *k)
{
	uint32_t searched[COUNT_OF_PROPERTIES + AUTOMATIC], count = 0;
	struct statistics s;
	enum status status = RUNNING;

	search_statistics(k->search, &s);
	for (uint32_t g = 0; g < k->goal_count; g++) {
		int32_t depth = search_goal_depth(k->search, k->goals[g]);

		k->weighed[g] = -1;
		if (depth > 0 && (uint64_t)depth <= s.kept_levels && !interrupted) {
			k->weighed[g] = count;
			searched[count++] = k->goals[g];
		}
	}
	if (!count)
		return;
	k->sweep = sweep_open(&model, k->search, searched, count);
	while (status == RUNNING && !interrupted)
		status = sweep_run(k->sweep, LOOK);
	for (uint32_t g = 0; g < k->goal_count && status != DONE; g++)
		k->weighed[g] = -1;
}

/* ---- the JSON object: numbers, and texts that are ours */

static uint32_t number_of(uint32_t property)
{
	if (property < COUNT_OF_PROPERTIES)
		return properties[property].number;
	return COUNT_OF_ALL_PROPERTIES + property - COUNT_OF_PROPERTIES;
}

static void print_state(const word *state)
{
	for (unsigned i = WORDS; i-- > 0;)
		printf("%016" PRIx64, state[i]);
}

static void print_schedule(const struct schedule *found)
{
	printf("\"initial\": %" PRIu32 ", \"schedule\": [", found->initial + 1);
	for (uint32_t i = 0; i < found->count; i++) {
		printf("%s{\"thread\": %u", i ? ", " : "", found->threads[i]);
		if (i + 1 < found->count || found->last_leads) {
			fputs(", \"state\": \"", stdout);
			print_state(found->states + (uint64_t)i * WORDS);
			fputc('"', stdout);
		}
		fputc('}', stdout);
	}
	fputc(']', stdout);
}

/* The schedule of one violation; 0 if it cannot be found, which is our bug. */
static int find_schedule(struct check *k, uint32_t g, struct schedule *found)
{
	struct pathfinder p = {&model, k->search, starts, COUNT_OF_STARTS, k->first_level, k->first_count};
	int64_t before = violated_before_start(k->goals[g]);
	const struct sweep *sweep = k->weighed[g] < 0 ? NULL : k->sweep;

	if (before >= 0 && search_goal_depth(k->search, k->goals[g]) != 0) {
		found->initial = (uint32_t)before;
		return 1;
	}
	if (!schedule_find(&p, sweep, (uint32_t)(sweep ? k->weighed[g] : 0), k->goals[g], found))
		return 0;
	if (before >= 0 && before < found->initial)
		found->initial = (uint32_t)before;
	return 1;
}

static int print_violation(struct check *k, uint32_t g)
{
	struct schedule found = {0};

	if (!find_schedule(k, g, &found))
		return 0;
	printf("%s{\"property\": %" PRIu32 ", \"kind\": \"%s\", \"steps\": %" PRIu32 ", \"switches\": %" PRIu32
	       ", \"switches_minimised\": %s, ",
	       g ? ", " : "", number_of(k->goals[g]), k->goals[g] < COUNT_OF_PROPERTIES ? "invariant" : "automatic",
	       found.count, found.switches, k->weighed[g] >= 0 || !found.count ? "true" : "false");
	print_schedule(&found);
	fputc('}', stdout);
	schedule_close(&found);
	return 1;
}

static int print_violations(struct check *k, int complete, uint32_t *count)
{
	fputs("\"violations\": [", stdout);
	for (uint32_t g = 0; g < k->goal_count; g++)
		if (!print_violation(k, g))
			return 0;
	*count = k->goal_count;
	for (uint32_t p = 0; p < COUNT_OF_PROPERTIES && complete; p++)
		if (is_reach(p) && !is_met(k, p))
			printf("%s{\"property\": %" PRIu32 ", \"kind\": \"reach\", \"steps\": null, \"switches\": null, "
			       "\"switches_minimised\": true, \"initial\": null, \"schedule\": null}",
			       (*count)++ ? ", " : "", number_of(p));
	fputs("], \"undecided\": [", stdout);
	for (uint32_t p = 0, any = 0; p < COUNT_OF_PROPERTIES && !complete; p++)
		if (is_reach(p) && !is_met(k, p))
			printf("%s%" PRIu32, any++ ? ", " : "", number_of(p));
	fputs("]", stdout);
	return 1;
}

static void print_stop(const struct check *k, const struct statistics *s)
{
	if (k->stopped)
		printf("\"stopped_by\": {\"kind\": \"%s\"}", k->stopped);
	else if (EXHAUSTED_BEFORE >= 0 || s->exhausted >= 0)
		printf("\"stopped_by\": {\"kind\": \"pool\", \"pool\": %d}",
		       EXHAUSTED_BEFORE >= 0 ? EXHAUSTED_BEFORE : (int)s->exhausted);
	else
		fputs("\"stopped_by\": null", stdout);
}

static const char *verdict_of(const struct check *k, int complete)
{
	if (k->goal_count)
		return "violated";
	for (uint32_t p = 0; p < COUNT_OF_PROPERTIES && complete; p++)
		if (is_reach(p) && !is_met(k, p))
			return "violated";
	return complete ? "holds" : "inconclusive";
}

/* False for numbers that no whole search can have: then nothing that it says is to be believed. */
static int is_credible(const struct check *k, const struct statistics *s)
{
	uint64_t begun = 0;

	for (uint32_t i = 0; i < COUNT_OF_STARTS; i++)
		begun += (uint64_t)(starts[i].has_state != 0);
	if (begun && (!k->first_count || k->first_count > begun))
		return 0;
	return s->states >= k->first_count && s->transitions >= s->states - k->first_count;
}

/* Prints what came out; the exit code. */
static enum code print(struct check *k)
{
	struct statistics s;
	enum code code = INCONCLUSIVE;
	const char *verdict;
	int complete;
	uint32_t count;

	search_statistics(k->search, &s);
	complete = !k->stopped && k->status == DONE && EXHAUSTED_BEFORE < 0 && s.exhausted < 0;
	if (complete && !is_credible(k, &s)) {
		fputs("checker: a bug of dfsrace: the search has lost states; please report it\n", stderr);
		return OUR_BUG;
	}
	choose_goals(k);
	weigh_goals(k);
	verdict = verdict_of(k, complete);
	printf("{\"checker\": 1, \"version\": \"" VERSION "\", \"model_hash\": \"" MODEL_HASH "\", \"words\": %d, "
	       "\"verdict\": \"%s\", \"complete\": %s, \"states\": %" PRIu64 ", \"transitions\": %" PRIu64
	       ", \"depth\": %" PRIu32 ", \"seconds\": %.3f, \"threads\": %" PRIu64 ", \"memory\": %" PRIu64
	       ", \"reductions\": " REDUCTIONS ", ",
	       WORDS, verdict, complete ? "true" : "false", s.states, s.transitions, s.depth, k->seconds,
	       k->options.threads, s.bytes);
	print_stop(k, &s);
	fputs(", ", stdout);
	if (!print_violations(k, complete, &count)) {
		fputc('\n', stdout);
		fputs("checker: a bug of dfsrace: the log has no way to a violation; please report it\n", stderr);
		return OUR_BUG;
	}
	fputs("}\n", stdout);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "checker: cannot write: %s\n", strerror(errno));
		return WRONG;
	}
	if (count)
		code = count == 1 && k->goal_count == 1 && k->goals[0] == COUNT_OF_PROPERTIES ? DEADLOCK : VIOLATED;
	else if (complete)
		code = HOLDS;
	if (!k->options.quiet)
		fprintf(stderr, "%s: %" PRIu64 " states, %" PRIu64 " transitions, depth %" PRIu32 ", %.3f s\n", verdict,
			s.states, s.transitions, s.depth, k->seconds);
	return code;
}

/* An error in the model, or a limit of this engine. */
static enum code explain_error(const struct check *k)
{
	struct statistics s;

	search_statistics(k->search, &s);
	if (s.error == PROPERTY_FAILED)
		fprintf(stderr, "checker: evaluating property %" PRIu32 " meets an error; `dfsrace check` shows where\n",
			number_of(s.error_thread));
	else if (s.error == LOOPS_WITHOUT_ACCESS)
		fprintf(stderr, "checker: thread %" PRIu32 " loops without a shared access; `dfsrace check` shows where\n",
			s.error_thread);
	else
		fputs("checker: more choices in one step than a compiled checker can follow; use `dfsrace check`\n", stderr);
	return s.error == PROPERTY_FAILED || s.error == LOOPS_WITHOUT_ACCESS ? WRONG : INCONCLUSIVE;
}

int main(int argc, char **argv)
{
	struct check k = {.options = read_options(argc, argv)};
	struct settings settings = {
		.states = k.options.states,
		.memory = k.options.memory ? k.options.memory : free_memory(),
		.keep = KEPT,
		.first_slots = FIRST_SLOTS,
		.first = (uint32_t)k.options.first,
		.threads = (uint32_t)k.options.threads,
	};
	enum code code;

	signal(SIGINT, on_interrupt);
	k.began = clock_now();
	k.search = search_open(&model, &settings);
	if (!k.search) {
		fputs("checker: out of memory; nothing is decided\n", stderr);
		return INCONCLUSIVE;
	}
	explore(&k);
	k.seconds = clock_now() - k.began;
	code = k.status == STOP_ERROR ? explain_error(&k) : print(&k);
	if (k.sweep)
		sweep_close(k.sweep);
	free(k.first_level);
	search_close(k.search);
	return code;
}
