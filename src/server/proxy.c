#include "server/proxy.h"

#include "base/mem.h"
#include "net/address.h"

struct proxies {
	bool trusts_unix;
	size_t len;
	struct address_net nets[];
};

bool
proxy_list_check(const struct conf_list *list, struct err *err)
{
	for (size_t i = 0; i < list->len; i++) {
		struct address_net net;
		const struct str word = str_trim(list->items[i]);

		if (word.len > 0 && !str_eq(word, STR("unix")) && !address_net_parse(word, &net))
			return err_set(err, ERR_VALIDATION,
			    "[http] trusted_proxies: \"%.*s\" is no network; write 10.0.0.0/8, "
			    "::1 or unix",
			    STR_FMT(word));
	}
	return true;
}

struct proxies *
proxy_list_new(const struct conf_list *list)
{
	struct proxies *p =
	    mem_alloc(sizeof(struct proxies) + list->len * sizeof(struct address_net));

	for (size_t i = 0; i < list->len; i++) {
		const struct str word = str_trim(list->items[i]);

		if (str_eq(word, STR("unix")))
			p->trusts_unix = true;
		else if (address_net_parse(word, &p->nets[p->len]))
			p->len++;
	}
	return p;
}

void
proxy_list_free(struct proxies *p)
{
	mem_free(p);
}

static bool
is_trusted_address(const struct proxies *p, const struct in6_addr *address)
{
	for (size_t i = 0; i < p->len; i++) {
		if (address_net_has(&p->nets[i], address))
			return true;
	}
	return false;
}

bool
proxy_is_trusted(const struct proxies *p, const struct net_peer *peer)
{
	return peer->is_unix ? p->trusts_unix : is_trusted_address(p, &peer->address);
}

/* Cuts the last element off a comma-separated list. */
static struct str
cut_last(struct str *list)
{
	size_t at = list->len;

	while (at > 0 && list->ptr[at - 1] != ',')
		at--;
	const struct str last = str_sub(*list, at, list->len);

	list->len = at > 0 ? at - 1 : 0;
	return str_trim(last);
}

/* "10.0.0.7", "10.0.0.7:4711", "2001:db8::1", "[2001:db8::1]:4711". */
static bool
parse_hop(struct str hop, struct in6_addr *out)
{
	struct str host, rest;

	if (hop.len > 0 && hop.ptr[0] == '[') {
		str_cut(str_sub(hop, 1, hop.len), ']', &host, &rest);
		return address_parse(host, out);
	}
	if (address_parse(hop, out))
		return true;
	return str_cut(hop, ':', &host, &rest) && address_parse(host, out);
}

/* Walks one field from its right end. True: the client was found, or nothing more is to be
 * believed. */
static bool
walk(const struct proxies *p, struct str list, struct proxy_client *out)
{
	while (list.len > 0) {
		struct in6_addr hop;
		const struct str text = cut_last(&list);

		if (text.len == 0)
			continue;
		if (!parse_hop(text, &hop))
			return true;
		out->address = address_text(&hop, out->text);
		if (!is_trusted_address(p, &hop))
			return true;
	}
	return false;
}

void
proxy_resolve(const struct proxies *p, const struct net_peer *peer, bool is_tls, struct str head,
    const struct http_head *h, struct proxy_client *out)
{
	bool walked = false, has_scheme = false;

	out->address = net_peer_text(peer, out->text);
	out->secure = is_tls;
	out->through_proxy = proxy_is_trusted(p, peer);
	if (!out->through_proxy)
		return;
	/* Fields of one name are one list: the last field holds its right end. */
	for (uint32_t i = h->fields_len; i-- > 0;) {
		const struct str name = http_span_str(head, h->fields[i].name);
		struct str value = http_span_str(head, h->fields[i].value);

		if (!walked && str_ieq(name, STR("X-Forwarded-For"))) {
			walked = walk(p, value, out);
		} else if (!has_scheme && str_ieq(name, STR("X-Forwarded-Proto"))) {
			has_scheme = true;
			out->secure = str_ieq(cut_last(&value), STR("https"));
		}
	}
}
