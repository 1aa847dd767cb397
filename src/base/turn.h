/*
 * turn.h - freeing by turns: readers without locks, one writer that replaces.
 *
 * A reader thread loads an atomic pointer, uses what it points to until the end
 * of its turn, and never keeps it longer. A writer publishes a new object and
 * retires the old one; it is freed when every thread has since passed a turn or
 * sleeps (quiescent-state-based reclamation).
 *
 *   thread:  turn_join(t) ... { turn_awake(me); work; turn_asleep(me); wait } ... turn_leave(me)
 *   writer:  publish(new); turn_retire(t, old, free_fn);
 *
 * A thread that is awake for long only delays freeing.
 */
#ifndef BASE_TURN_H
#define BASE_TURN_H

#include "base/base.h"

struct turns;
struct turn_thread;

struct turns *turns_new(void) MUST_USE;
void turns_free(struct turns *t); /* frees all that is retired; no thread may be left */

/* Makes the calling thread a reader; it starts asleep. */
struct turn_thread *turn_join(struct turns *t) MUST_USE;
void turn_leave(struct turn_thread *me);

/* Between awake and asleep the thread may load published pointers. No locks, no system calls. */
void turn_awake(struct turn_thread *me);
void turn_asleep(struct turn_thread *me);

/* An end and a beginning at once: pointers loaded before are no longer valid. */
void turn_pass(struct turn_thread *me);

/* Calls free_fn(p) once no reader can hold p any more. Any thread; frees what is due as it goes. */
void turn_retire(struct turns *t, void *p, void (*free_fn)(void *p));

/* Frees what is due; called now and then by the housekeeper. */
void turn_collect(struct turns *t);

#endif
