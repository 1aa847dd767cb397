#include "cli/move_progress.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum {
	LOOK_EVERY = 1024, /* rows between two looks at the clock */
	TERMINAL_MS = 200,
	PLAIN_MS = 5000,
};

void
move_progress_init(struct move_progress *p, int64_t total)
{
	*p = (struct move_progress){ .total = total, .is_terminal = isatty(STDERR_FILENO) };
	p->said_ms = clock_mono_ms();
}

static int
percent(int64_t done, int64_t of)
{
	return of <= 0 ? 100 : (int)(MIN(done, of) * 100 / of);
}

static void
say(struct move_progress *p)
{
	fprintf(stderr, "%s%.*s: %" PRId64 " of %" PRId64 " rows %s, %d %% of all%s",
	    p->is_terminal ? "\r\033[K" : "", STR_FMT(p->table), p->table_done, p->table_rows,
	    p->checks ? "checked" : "copied", percent(p->done, 2 * p->total),
	    p->is_terminal ? "" : "\n");
	fflush(stderr);
	p->said_ms = clock_mono_ms();
}

void
move_progress_table(struct move_progress *p, struct str table, int64_t rows)
{
	p->table = table;
	p->table_rows = rows;
	p->table_done = 0;
	p->checks = false;
	if (p->is_terminal)
		say(p);
}

void
move_progress_checks(struct move_progress *p)
{
	p->checks = true;
	p->table_done = 0;
}

void
move_progress_row(struct move_progress *p)
{
	p->done++;
	if (++p->table_done % LOOK_EVERY == 0 &&
	    clock_mono_ms() - p->said_ms >= (p->is_terminal ? TERMINAL_MS : PLAIN_MS))
		say(p);
}

void
move_progress_end(struct move_progress *p)
{
	fprintf(stderr, "%s%.*s: %" PRId64 " rows, %d %% of all\n",
	    p->is_terminal ? "\r\033[K" : "", STR_FMT(p->table), p->table_rows,
	    percent(p->done, 2 * p->total));
	p->said_ms = clock_mono_ms();
}

void
move_progress_break(struct move_progress *p)
{
	if (p->is_terminal)
		fputs("\r\033[K", stderr);
}
