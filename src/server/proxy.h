/*
 * proxy.h - whom to believe about the client: [http] trusted_proxies.
 */
#ifndef SERVER_PROXY_H
#define SERVER_PROXY_H

#include "conf/conf.h"
#include "http/request.h"
#include "net/net.h"

struct proxies;

/* Is it of CIDRs, addresses and the word "unix"? ERR_VALIDATION names the first word that is not.
 */
MUST_USE bool proxy_list_check(const struct conf_list *list, struct err *err);

/* From such a list; what is none of them trusts nobody. */
struct proxies *proxy_list_new(const struct conf_list *list) MUST_USE;
void proxy_list_free(struct proxies *p);

bool proxy_is_trusted(const struct proxies *p, const struct net_peer *peer);

/* What is known of the client of a request. */
struct proxy_client {
	struct str address; /* in text, or "unix" */
	bool secure;        /* it speaks https */
	bool through_proxy; /* the peer is a trusted proxy */
	char text[NET_ADDRESS_SIZE];
};

/*
 * The client behind peer, which may be a proxy: of a trusted one X-Forwarded-For's right-most
 * untrusted address and X-Forwarded-Proto's right-most word count; of another neither.
 */
void proxy_resolve(const struct proxies *p, const struct net_peer *peer, bool is_tls,
    struct str head, const struct http_head *h, struct proxy_client *out);

#endif
