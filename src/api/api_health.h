/*
 * api_health.h - /healthz (the process answers) and /readyz (so does its database).
 */
#ifndef API_API_HEALTH_H
#define API_API_HEALTH_H

#include "api/route.h"
#include "http/call.h"

MUST_USE bool api_health_plan(struct call *call, const struct route *r, struct err *err);

#endif
