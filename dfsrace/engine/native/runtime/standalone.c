/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A checker of one model as a program: options in, one JSON object out.  It says numbers where the model has names;
 * `dfsrace replay MODEL --result FILE` shows what they stand for.
 */
#include "command.h"
#include "standalone.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK 0.1         /* seconds between two looks at the clock */
#define TELL 0.5         /* and between two lines of progress */
#define FIRST_SLOTS (1 << 14)
#ifndef KEPT
#define KEPT 2000000     /* levels are kept for the fewest switches up to so many states */
#endif
#define NO_BOUND UINT64_MAX
#define MOST_SWITCHES 60000 /* no schedule has so many; they are counted in 16 bits */

struct check {
	struct options options;
	struct search *search;   /* without a bound on switches */
	struct bounded *bounded; /* under one */
	struct explored found;   /* what either found */
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

/* ---- the search, whichever it is */

static enum status run(struct check *k, double seconds)
{
	return k->bounded ? bounded_run(k->bounded, seconds) : search_run(k->search, seconds);
}

static void read_statistics(const struct check *k, struct statistics *out)
{
	if (k->bounded)
		bounded_statistics(k->bounded, out);
	else
		search_statistics(k->search, out);
}

static int32_t goal_depth(const struct check *k, uint32_t property)
{
	return k->found.goal_depth(k->found.search, property);
}

static void tell(struct check *k)
{
	struct statistics s;

	read_statistics(k, &s);
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
	if (k->bounded)
		bounded_seed(k->bounded, states, count);
	else
		search_seed(k->search, states, count);
	free(states);
	level = k->found.level(k->found.search, 0, &k->first_count);
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
		k->status = run(k, slice);
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
	else if (k->status == DONE && k->bounded && bounded_refused(k->bounded))
		k->stopped = "switches";
}

/* ---- what was found */

static int is_met(const struct check *k, uint32_t property)
{
	for (uint32_t i = 0; met_before[i] != UINT32_MAX; i++)
		if (met_before[i] == property)
			return 1;
	return (k->bounded ? bounded_met(k->bounded) : search_met(k->search))[property / 64] >> (property % 64) & 1;
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
	return violated_before_start(property) >= 0 ? 0 : goal_depth(k, property);
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

/*
 * The second search, for violations whose levels are kept.  An interrupt leaves it out; but under a bound on switches
 * there is no other way to a schedule.
 */
static void weigh_goals(struct check *k)
{
	uint32_t searched[COUNT_OF_PROPERTIES + AUTOMATIC], count = 0;
	struct statistics s;
	enum status status = RUNNING;

	read_statistics(k, &s);
	for (uint32_t g = 0; g < k->goal_count; g++) {
		int32_t depth = goal_depth(k, k->goals[g]);

		k->weighed[g] = -1;
		if (depth > 0 && (uint64_t)depth <= s.kept_levels && (k->bounded || !interrupted)) {
			k->weighed[g] = count;
			searched[count++] = k->goals[g];
		}
	}
	if (!count)
		return;
	k->sweep = sweep_of(&model, &k->found, searched, count);
	while (status == RUNNING && (k->bounded || !interrupted))
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
	struct pathfinder p = {&model, k->found, k->search, starts, COUNT_OF_STARTS, k->first_level, k->first_count};
	int64_t before = violated_before_start(k->goals[g]);
	const struct sweep *sweep = k->weighed[g] < 0 ? NULL : k->sweep;

	if (before >= 0 && goal_depth(k, k->goals[g]) != 0) {
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

/* Where the time went, if this was built with -DPROFILE. */
static void print_profile(const struct check *k)
{
#ifdef PROFILE
	static const char *const names[] = SPENT_NAMES;
	double shares[KINDS_SPENT];

	if (!k->search)
		return;
	search_profile(k->search, shares);
	for (int i = 0; i < KINDS_SPENT; i++)
		printf("%s\"%s\": %.3f", i ? ", " : "\"profile\": {", names[i], shares[i]);
	fputs("}, ", stdout);
#else
	(void)k;
#endif
}

/* Prints what came out; the exit code. */
static enum code print(struct check *k)
{
	struct statistics s;
	enum code code = INCONCLUSIVE;
	const char *verdict;
	int complete;
	uint32_t count;

	read_statistics(k, &s);
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
	print_profile(k);
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

	read_statistics(k, &s);
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

/* The search that the options ask for; 0 if there is no memory for it. */
static int open_search(struct check *k)
{
	struct settings settings = {
		.states = k->options.states,
		.memory = k->options.memory ? k->options.memory : free_memory(),
		.keep = KEPT,
		.first_slots = FIRST_SLOTS,
		.first = (uint32_t)k->options.first,
		.threads = (uint32_t)k->options.threads,
	};

	if (k->options.switches == NO_BOUND) {
		k->search = search_open(&model, &settings);
		k->found = explored_search(k->search);
		return k->search != NULL;
	}
	k->options.threads = 1;
	if (k->options.switches > MOST_SWITCHES)
		k->options.switches = MOST_SWITCHES;
	k->bounded = bounded_open(&model, &settings, (uint32_t)k->options.switches);
	k->found = explored_bounded(k->bounded);
	return k->bounded != NULL;
}

static void close_search(struct check *k)
{
	if (k->sweep)
		sweep_close(k->sweep);
	free(k->first_level);
	if (k->bounded)
		bounded_close(k->bounded);
	else
		search_close(k->search);
}

int main(int argc, char **argv)
{
	static const struct options defaults = {
		.states = BOUND_OF_STATES, .switches = BOUND_OF_SWITCHES, .seconds = BOUND_OF_SECONDS};
	struct check k = {.options = read_options(argc, argv, &defaults)};
	enum code code;

	signal(SIGINT, on_interrupt);
	k.began = clock_now();
	if (!open_search(&k)) {
		fputs("checker: out of memory; nothing is decided\n", stderr);
		return INCONCLUSIVE;
	}
	explore(&k);
	k.seconds = clock_now() - k.began;
	code = k.status == STOP_ERROR ? explain_error(&k) : print(&k);
	close_search(&k);
	return code;
}
