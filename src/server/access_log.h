/*
 * access_log.h - a line of the log for each request.
 */
#ifndef SERVER_ACCESS_LOG_H
#define SERVER_ACCESS_LOG_H

#include "server/trip.h"

/* One that was answered: how long it took, how long the answer's body is. */
void access_log_request(const struct trip *t, int64_t took_us, uint64_t bytes);

/* One that never became a call. */
void access_log_refusal(const struct err *err, struct str id, struct str address);

#endif
