/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Peterson's mutual exclusion for N processes: benchmarks/models/peterson.yaml as one would write it for SPIN.
 *
 *   spin -DN=5 -DCOUNTS=2 -a peterson.pml && cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -c0
 *
 * A step is a statement, or an atomic one; what is not looked at again is set back, so that the states are the same.
 */
#ifndef N
#define N 4
#endif
#ifndef COUNTS
#define COUNTS 4
#endif

byte height[N];
byte last[N]; /* of levels 1 to N-1 */
byte first, second;

#define PASSES(k) (height[k] < level || last[level] != _pid)
#define NEXT(k) (k + 1 == _pid -> k + 2 : k + 1)

active [N] proctype peterson()
{
	byte level = 1, k;

	do
	:: atomic { level < N -> height[_pid] = level };
	   d_step { last[level] = _pid; k = (_pid == 0 -> 1 : 0) };
	   do
	   :: d_step { PASSES(k) && NEXT(k) < N -> k = NEXT(k) }
	   :: d_step { PASSES(k) && NEXT(k) >= N -> k = 0; level++ }; break
	   od
	:: d_step { level == N -> height[_pid] = N; level = 1 };
	   first = (first + 1) % COUNTS;
	   d_step { second = (second + 1) % COUNTS; height[_pid] = 0 }
	od
}

#define IN(p) (height[p] == N)
#if N == 2
#define INSIDE (IN(0) + IN(1))
#elif N == 3
#define INSIDE (IN(0) + IN(1) + IN(2))
#elif N == 4
#define INSIDE (IN(0) + IN(1) + IN(2) + IN(3))
#elif N == 5
#define INSIDE (IN(0) + IN(1) + IN(2) + IN(3) + IN(4))
#else
#define INSIDE (IN(0) + IN(1) + IN(2) + IN(3) + IN(4) + IN(5))
#endif

/* Never moves unless an invariant fails, and so adds no state. */
active proctype monitor()
{
end:	do
	:: INSIDE > 1 -> assert(false)
	:: INSIDE == 0 && first != second -> assert(false)
	od
}
