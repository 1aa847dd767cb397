#include "auth/fence.h"

#include "auth/restrict.h"
#include "base/mem.h"
#include "net/address.h"

struct fence {
	struct str allowed, denied; /* behind it, in the same piece of memory */
};

static struct str
put(char **to, struct str s)
{
	const struct str copy = { *to, s.len };

	if (s.len > 0)
		memcpy(*to, s.ptr, s.len);
	*to += s.len;
	return copy;
}

struct fence *
fence_new(struct str allowed, struct str denied)
{
	allowed = str_trim(allowed);
	denied = str_trim(denied);
	if (allowed.len == 0 && denied.len == 0)
		return NULL;
	struct fence *f = mem_alloc(sizeof(struct fence) + allowed.len + denied.len);
	char *texts = (char *)(f + 1);

	f->allowed = put(&texts, allowed);
	f->denied = put(&texts, denied);
	return f;
}

void
fence_free(void *fence)
{
	mem_free(fence);
}

bool
fence_same(const struct fence *a, const struct fence *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return str_eq(a->allowed, b->allowed) && str_eq(a->denied, b->denied);
}

bool
fence_allows(const struct fence *f, struct str address)
{
	struct in6_addr ignored;

	if (f == NULL)
		return true;
	return address_parse(address, &ignored) && restrict_allows(f->allowed, address) &&
	    (f->denied.len == 0 || !restrict_allows(f->denied, address));
}
