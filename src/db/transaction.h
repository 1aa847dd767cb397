/*
 * transaction.h - a write in the calling thread, in a transaction of its own.
 *
 * For a database in which any thread may write (db_is_embedded() is false), and for commands. The
 * writer thread of an embedded database has its own way (db/writer.h); the job is the same.
 */
#ifndef DB_TRANSACTION_H
#define DB_TRANSACTION_H

#include "db/writer.h"

enum { TRANSACTION_TRIES = 8 };

/*
 * Runs begin, body, commit, publish and done on c, a DB_WRITE connection. Where another transaction
 * was in the way (db_wants_rerun()) it is rewound and runs again, TRANSACTION_TRIES times in all,
 * after pauses with jitter. A commit of which nobody knows whether it was done counts as failed,
 * but is published: publishing reads what the database says.
 */
void transaction_run(struct db_conn *c, struct writer_job *job);

#endif
