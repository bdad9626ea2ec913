/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A distributed filesystem's tokens: benchmarks/models/tokens.yaml as one would write it for SPIN.
 *
 *   spin -DNODES=4 -DVALUES=2 -a tokens.pml && cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -c0
 *
 * A step is a statement, or an atomic one; what is not looked at again is set back, so that the states are the same.
 */
#ifndef NODES
#define NODES 3
#endif
#ifndef VALUES
#define VALUES 2
#endif

/* tokens */
#define none 0
#define shared 1
#define exclusive 2
/* requests */
#define nothing 0
#define to_read 1
#define to_write 2
/* messages from the server */
#define empty 0
#define grant 1
#define revoke 2

byte token[NODES];
byte contents[NODES];
bool mapped[NODES];
byte request[NODES];
byte to_node[NODES];
byte sent_contents[NODES];
bool to_server[NODES];
byte returned_contents[NODES];
byte holds[NODES]; /* as the server knows it */
byte disk, latest;

active [NODES] proctype application()
{
	bool writing;

	do
	:: atomic {
		if
		:: writing = false
		:: writing = true
		fi;
		if
		:: token[_pid] == exclusive || (token[_pid] == shared && !writing) -> goto act
		:: else -> request[_pid] = (writing -> to_write : to_read)
		fi
	   };
	   d_step {
		to_node[_pid] == grant ->
		token[_pid] = (writing -> exclusive : shared);
		contents[_pid] = sent_contents[_pid];
		sent_contents[_pid] = 0;
		to_node[_pid] = empty
	   };
act:	   atomic {
		if
		:: writing && token[_pid] == exclusive ->
			contents[_pid] = (contents[_pid] + 1) % VALUES;
			latest = contents[_pid]
		:: !writing && token[_pid] != none -> mapped[_pid] = true
		:: else
		fi;
		writing = false
	   }
	od
}

#define ME (_pid - NODES)

active [NODES] proctype revocations()
{
end:	do
	:: to_node[ME] == revoke ->
	   mapped[ME] = false;
	   d_step {
		returned_contents[ME] = contents[ME];
		to_server[ME] = true;
		contents[ME] = 0;
		mapped[ME] = false;
		token[ME] = none;
		to_node[ME] = empty
	   }
	od
}

inline ask()
{
	if
	:: holds[node] == exclusive || (holds[node] == shared && wanted == to_write) -> to_node[node] = revoke
	:: else
	fi
}

inline collect()
{
	if
	:: to_server[node] ->
		if
		:: holds[node] == exclusive -> disk = returned_contents[node]
		:: else
		fi;
		holds[node] = none;
		to_server[node] = false;
		returned_contents[node] = 0
	:: else
	fi
}

active proctype server()
{
	byte client, wanted, node;

end:	do
	:: atomic {
		if
		:: request[0] != nothing -> client = 0
		:: request[1] != nothing -> client = 1
#if NODES > 2
		:: request[2] != nothing -> client = 2
#endif
#if NODES > 3
		:: request[3] != nothing -> client = 3
#endif
		fi;
		wanted = request[client];
		request[client] = nothing
	   };
	   do
	   :: d_step { node + 1 < NODES && to_node[node] == empty -> ask(); node++ }
	   :: d_step { node + 1 == NODES && to_node[node] == empty -> ask(); node = 0 }; break
	   od;
	   do
	   :: atomic { node + 1 < NODES && to_node[node] != revoke -> collect(); node++ }
	   :: atomic { node + 1 == NODES && to_node[node] != revoke -> collect(); node = 0 }; break
	   od;
	   atomic {
		to_node[client] = grant;
		sent_contents[client] = disk;
		holds[client] = (wanted == to_write -> exclusive : shared);
		client = 0;
		wanted = 0
	   }
	od
}

#if NODES == 2
#define ALL(f) (f(0) && f(1))
#define SUM(f) (f(0) + f(1))
#elif NODES == 3
#define ALL(f) (f(0) && f(1) && f(2))
#define SUM(f) (f(0) + f(1) + f(2))
#else
#define ALL(f) (f(0) && f(1) && f(2) && f(3))
#define SUM(f) (f(0) + f(1) + f(2) + f(3))
#endif
#define WRITES(n) (token[n] == exclusive)
#define HAS(n) (token[n] != none)
#define LATEST(n) (token[n] == none || contents[n] == latest)
#define COVERED(n) (!mapped[n] || token[n] != none)

/* Never moves unless an invariant fails, and so adds no state. */
active proctype monitor()
{
end:	do
	:: SUM(WRITES) > 0 && SUM(HAS) > 1 -> assert(false)
	:: !ALL(LATEST) -> assert(false)
	:: !ALL(COVERED) -> assert(false)
	od
}
