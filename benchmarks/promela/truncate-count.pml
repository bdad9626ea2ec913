/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 2.6.0's truncate_count: benchmarks/models/truncate-count.yaml as one would write it for SPIN.
 *
 *   spin -DROUNDS=5 -a truncate-count.pml && cc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -c0
 *
 * A step is a statement, or an atomic one; what is not looked at again is set back, so that the states are the same.
 */
#ifndef PAGES
#define PAGES 1
#endif
#ifndef FAULTERS
#define FAULTERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef FRAMES
#define FRAMES 3
#endif

/* Frames are 1 to FRAMES; 0 is none. */
byte i_size = PAGES;
byte truncate_count;
byte page_cache[PAGES];
byte pte[PAGES];
bool mapping[FRAMES + 1];
byte references[FRAMES + 1];
bool page_table_lock, dfs_lock;

#define LAST(index) (index + 1 == PAGES)
#define NEXT(index) ((index + 1) % PAGES)

inline read_cache_page()
{
	if
	:: page_cache[index] != 0 -> page = page_cache[index]
	:: else ->
		page = 1;
		do
		:: references[page] != 0 -> page++; assert(page <= FRAMES)
		:: else -> break
		od;
		page_cache[index] = page;
		mapping[page] = true;
		references[page] = 1
	fi;
	references[page]++
}

active [FAULTERS] proctype faults()
{
	byte index, sequence, page;

	do
	:: sequence = truncate_count;
	   do
	   :: atomic { !dfs_lock -> dfs_lock = true };
	      if
	      :: index >= i_size ->
	         d_step { dfs_lock = false; sequence = 0; index = NEXT(index) }; /* SIGBUS */
	         break
	      :: index < i_size ->
	         d_step { read_cache_page() };
	         dfs_lock = false;
	         atomic { !page_table_lock -> page_table_lock = true };
	         if
	         :: d_step { sequence == truncate_count -> sequence = 0 };
	            d_step {
	            	if
	            	:: pte[index] == 0 -> pte[index] = page
	            	:: else -> references[page]-- /* a sibling was faster */
	            	fi;
	            	page = 0
	            };
	            d_step { page_table_lock = false; index = NEXT(index) };
	            break
	         :: d_step { sequence != truncate_count -> sequence = 0 };
	            sequence = truncate_count;
	            page_table_lock = false;
	            d_step { references[page]--; page = 0 } /* put_page; ->nopage runs again */
	         fi
	      fi
	   od
	od
}

inline zap()
{
	if
	:: pte[index] != 0 -> references[pte[index]]--; pte[index] = 0
	:: else
	fi
}

inline remove()
{
	if
	:: page_cache[index] != 0 ->
		mapping[page_cache[index]] = false;
		references[page_cache[index]]--;
		page_cache[index] = 0
	:: else
	fi
}

inline invalidate_mmap_range()
{
	truncate_count++;
	do
	:: atomic { !page_table_lock -> page_table_lock = true };
	   d_step { zap() };
	   if
	   :: d_step { !LAST(index) -> page_table_lock = false; index++ }
	   :: d_step { LAST(index) -> page_table_lock = false; index = 0 }; break
	   fi
	od
}

inline truncate_inode_pages()
{
	do
	:: atomic { !LAST(index) -> remove(); index++ }
	:: atomic { LAST(index) -> remove(); index = 0 }; break
	od
}

active proctype vmtruncate()
{
	byte index, round;

end:	do
	:: atomic { round < ROUNDS -> i_size = 0 };
	   invalidate_mmap_range();
	   truncate_inode_pages();
	   atomic { i_size = PAGES; round++ }
	od
}

active proctype dfs_writes()
{
	byte index, round;

end:	do
	:: atomic { round < ROUNDS && !dfs_lock -> dfs_lock = true };
	   invalidate_mmap_range();
	   truncate_inode_pages();
	   atomic { dfs_lock = false; round++ }
	od
}

#define GOOD(i) ((pte[i] == 0 || (mapping[pte[i]] && references[pte[i]] > 0)) && \
	(page_cache[i] == 0 || references[page_cache[i]] > 0))

/* Never moves unless an invariant fails, and so adds no state. */
active proctype monitor()
{
end:	do
	:: !GOOD(0) -> assert(false)
#if PAGES > 1
	:: !GOOD(1) -> assert(false)
#endif
#if PAGES > 2
	:: !GOOD(2) -> assert(false)
#endif
	od
}
