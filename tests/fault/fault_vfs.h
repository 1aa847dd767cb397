/*
 * fault_vfs.h - a disk that fails on demand: a SQLite VFS named "fault" over unix-excl.
 *
 * Counts writes, fsyncs and truncations of database and log files, fails those that the
 * plan names, and can show what a power cut would leave: every write since the last fsync undone.
 * One plan for the process; any thread.
 */
#ifndef TESTS_FAULT_FAULT_VFS_H
#define TESTS_FAULT_FAULT_VFS_H

#include "base/base.h"

#define FAULT_VFS "fault"

enum fault_op {
	FAULT_WRITE,
	FAULT_SYNC,
	FAULT_TRUNCATE,
	FAULT_OPS, /* how many there are */
};

struct fault_plan {
	unsigned ops;  /* BIT(enum fault_op): these count */
	int64_t first; /* the first one that fails, from 1; 0: none */
	int64_t len;   /* how many fail from there on; 0: all, until fault_heal() */
	int64_t room;  /* >= 0: a disk with room for so many more bytes of growth; -1: enough */
};

#define FAULT_NOTHING ((struct fault_plan){ .room = -1 })

/* Registers the VFS; only the first call does anything. */
void fault_register(void);

/* Begins a plan: counts start at 0. */
void fault_arm(struct fault_plan plan);

/* The disk is whole again. */
void fault_heal(void);

/* Forgets all files, of which none is open, and heals. */
void fault_reset(void);

/* How many operations failed since fault_arm(). */
int64_t fault_hits(void);

/*
 * Copies the file that was opened under the path from, as the process would leave it if it died
 * now; after a power cut: without what was not fsynced. False if there is no such file.
 */
bool fault_copy(const char *from, const char *to, bool power_cut);

#endif
