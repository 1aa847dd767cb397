/*
 * original.h - which request a proxy asks /auth/verify about.
 *
 * A trusted proxy ([http] trusted_proxies) says so in fields: the method in X-Original-Method or
 * X-Forwarded-Method, the path in X-Original-URI, X-Original-URL or X-Forwarded-Uri, as a path or
 * as a whole URL. One that sends none of them, as Envoy, appends the path to /auth/verify and asks
 * with the method.
 */
#ifndef API_ORIGINAL_H
#define API_ORIGINAL_H

#include "http/call.h"

/*
 * Sets *out: slices of the head, the path as it was sent, without its query; nulls if the peer is
 * no trusted proxy or does not say. ERR_PERMISSION for what cannot be believed: a field that comes
 * twice, no method, no path, or two fields that disagree, one of which the client may have sent.
 */
MUST_USE bool original_read(const struct call *call, struct call_original *out, struct err *err);

#endif
