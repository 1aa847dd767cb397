/*
 * move_progress.h - tells on standard error how far a move is: on a terminal in one line that
 * changes, otherwise in a line a table and one every few seconds of a large one.
 */
#ifndef CLI_MOVE_PROGRESS_H
#define CLI_MOVE_PROGRESS_H

#include "base/str.h"

/* Every row counts twice: it is copied, and it is read again and compared. */
struct move_progress {
	int64_t total; /* rows of all tables */
	/* its own: */
	bool is_terminal;
	int64_t done; /* steps of rows, two of each */
	int64_t said_ms;
	struct str table;
	int64_t table_rows, table_done;
	bool checks;
};

void move_progress_init(struct move_progress *p, int64_t total);

/* A table begins, then its second half; rows: how many it has. */
void move_progress_table(struct move_progress *p, struct str table, int64_t rows);
void move_progress_checks(struct move_progress *p);

/* One more row is done. */
void move_progress_row(struct move_progress *p);

/* The table is whole. */
void move_progress_end(struct move_progress *p);

/* Before something else is written to standard error. */
void move_progress_break(struct move_progress *p);

#endif
