#include "auth/burst.h"

#include "auth/audit.h"
#include "base/mem.h"

#include <stdatomic.h>
#include <stdio.h>

enum { NAME_MAX_LEN = 140, ADDRESS_MAX_LEN = 64, DETAILS_SIZE = 160 };

/* FREE -> TAKEN -> READY by who notes; READY -> WRITTEN -> FREE by who writes. */
enum state { FREE, TAKEN, READY, WRITTEN };

struct cell {
	_Atomic int state;
	bool of_logins;
	const char *reason;
	int64_t tries;
	size_t name_len, address_len;
	char name[NAME_MAX_LEN], address[ADDRESS_MAX_LEN];
};

struct bursts {
	struct cell cells[BURST_CELLS];
	_Atomic int64_t minute; /* and how many were taken in it */
	_Atomic int64_t taken;
	_Atomic int64_t left_out; /* since the last row */
	int64_t told;             /* of them, by the rows that are being written */
};

struct bursts *
bursts_new(void)
{
	return MEM_NEW(struct bursts);
}

void
bursts_free(struct bursts *b)
{
	mem_free(b);
}

/* The first of a minute may be counted by several: some more or less do not matter. */
static bool
may_take(struct bursts *b, int64_t minute)
{
	if (atomic_load(&b->minute) != minute) {
		atomic_store(&b->minute, minute);
		atomic_store(&b->taken, 0);
	}
	return atomic_fetch_add(&b->taken, 1) < BURST_A_MINUTE;
}

static size_t
copy(char *to, size_t size, struct str s)
{
	const size_t len = MIN(s.len, size);

	if (len > 0)
		memcpy(to, s.ptr, len);
	return len;
}

static bool
take(struct cell *cell)
{
	int expected = FREE;

	return atomic_compare_exchange_strong(&cell->state, &expected, TAKEN);
}

void
bursts_note(struct bursts *b, const struct burst *burst, int64_t now_s)
{
	bool noted = false;

	if (may_take(b, now_s / 60)) {
		for (size_t i = 0; i < BURST_CELLS && !noted; i++) {
			struct cell *cell = &b->cells[i];

			if (!take(cell))
				continue;
			cell->of_logins = burst->of_logins;
			cell->reason = burst->reason;
			cell->tries = burst->tries;
			cell->name_len = copy(cell->name, sizeof(cell->name), burst->name);
			cell->address_len =
			    copy(cell->address, sizeof(cell->address), burst->address);
			atomic_store(&cell->state, READY);
			noted = true;
		}
	}
	if (!noted)
		atomic_fetch_add(&b->left_out, 1);
}

bool
bursts_any(const struct bursts *b)
{
	for (size_t i = 0; i < BURST_CELLS; i++) {
		if (atomic_load(&b->cells[i].state) >= READY)
			return true;
	}
	return false;
}

static bool
write_cell(const struct cell *cell, int64_t left_out, struct db_conn *c, struct err *err)
{
	char details[DETAILS_SIZE];
	const struct str name = { cell->name, cell->name_len };
	const int len = snprintf(details, sizeof(details),
	    "{\"reason\":\"%s\",\"tries\":%lld,\"left_out\":%lld}", cell->reason,
	    (long long)cell->tries, (long long)left_out);
	const struct audit_row row = {
		.event = cell->of_logins ? AUDIT_LOGINS_REFUSED : AUDIT_REQUESTS_REFUSED,
		.user = STR("Guest"),
		.address = { cell->address, cell->address_len },
		.about = { name.len == 0  ? STR("")
			: cell->of_logins ? STR("User")
					  : STR("API Key"),
		    name },
		.details = { details, (size_t)len },
	};

	return audit_write(c, &row, err);
}

bool
bursts_flush(struct bursts *b, struct db_conn *c, struct err *err)
{
	int64_t left_out = b->told = atomic_load(&b->left_out);

	for (size_t i = 0; i < BURST_CELLS; i++) {
		struct cell *cell = &b->cells[i];

		if (atomic_load(&cell->state) < READY)
			continue;
		if (!write_cell(cell, left_out, c, err))
			return false;
		atomic_store(&cell->state, WRITTEN);
		left_out = 0; /* the first row tells */
	}
	return true;
}

void
bursts_written(struct bursts *b)
{
	for (size_t i = 0; i < BURST_CELLS; i++) {
		if (atomic_load(&b->cells[i].state) == WRITTEN)
			atomic_store(&b->cells[i].state, FREE);
	}
	atomic_fetch_sub(&b->left_out, b->told);
	b->told = 0;
}
