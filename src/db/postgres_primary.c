#include "db/postgres_primary.h"

#include "db/postgres_error.h"

#include <stdio.h>

enum { PLACE_SIZE = 512 };

/* One of the hosts of a connection string, in libpq's words; "" is left to the string. */
struct place {
	char host[PLACE_SIZE], hostaddr[PLACE_SIZE], port[PLACE_SIZE];
};

/* The at-th of a list with commas, or the only one; how many there are. */
static size_t
pick(const char *list, size_t at, char *out)
{
	struct str rest = str_from(list == NULL ? "" : list), item = STR("");
	size_t n = 0;
	bool more = true;

	while (more) {
		more = str_cut(rest, ',', &item, &rest);
		if (n == at || (n == 0 && !more))
			snprintf(out, PLACE_SIZE, "%.*s", STR_FMT(item));
		n++;
	}
	return n;
}

/* The at-th host of the URL; how many it names. */
static size_t
place_of(const char *url, size_t at, struct place *out)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	size_t len = 1;

	*out = (struct place){ 0 };
	for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
		if (strcmp(o->keyword, "host") == 0)
			len = MAX(len, pick(o->val, at, out->host));
		else if (strcmp(o->keyword, "hostaddr") == 0)
			len = MAX(len, pick(o->val, at, out->hostaddr));
		else if (strcmp(o->keyword, "port") == 0)
			len = MAX(len, pick(o->val, at, out->port));
	}
	PQconninfoFree(options);
	return len;
}

static bool
open_at(const struct postgres_options *o, size_t at, struct postgres_link **out, struct err *err)
{
	struct postgres_options one = *o;
	struct place place;

	(void)place_of(o->url, at, &place);
	one.host = place.host;
	one.hostaddr = place.hostaddr;
	one.port = place.port;
	return postgres_link_open(&one, out, err);
}

void
postgres_primary_look(const struct postgres_options *o)
{
	struct place ignored;
	const size_t len = place_of(o->url, 0, &ignored);

	for (size_t i = 0; i < len && len > 1; i++) {
		struct postgres_link *l;
		struct err err; /* a standby, or away */

		if (open_at(o, i, &l, &err))
			postgres_link_close(l);
	}
}

/* Gives up a link to a server of the past. */
static bool
refuse(struct postgres_link *l, struct err *err)
{
	char host[PLACE_SIZE];

	snprintf(host, sizeof(host), "%s", PQhost(l->pg));
	postgres_link_close(l);
	postgres_error_lost(NULL, err);
	return err_cause(err,
	    "the PostgreSQL at %s is an old primary that came back: another one took over from it. "
	    "Stop it, and make it a standby",
	    host);
}

bool
postgres_primary_open(const struct postgres_options *o, struct postgres_link **out, struct err *err)
{
	struct postgres_link *l;
	struct place ignored;
	struct err other;

	if (!postgres_link_open(o, &l, err))
		return false;
	if (!postgres_link_is_past(l)) {
		*out = l;
		return true;
	}
	refuse(l, err);
	const size_t len = place_of(o->url, 0, &ignored);

	for (size_t i = 0; i < len && len > 1; i++) {
		if (!open_at(o, i, &l, &other))
			continue;
		if (!postgres_link_is_past(l)) {
			*out = l;
			return true;
		}
		refuse(l, err);
	}
	return false;
}
