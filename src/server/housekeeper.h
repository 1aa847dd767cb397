/*
 * housekeeper.h - the thread that does what nobody waits for: counters, sweeps, freeing.
 */
#ifndef SERVER_HOUSEKEEPER_H
#define SERVER_HOUSEKEEPER_H

#include "server/site.h"

struct housekeeper;

/* After the lanes: it writes through site->writer. */
MUST_USE bool housekeeper_start(struct site *site, struct housekeeper **out, struct err *err);

/* Flushes the counters once more; before the lanes stop. NULL does nothing. */
void housekeeper_stop(struct housekeeper *h);

#endif
