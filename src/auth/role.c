#include "auth/role.h"

#include "base/mem.h"
#include "crypto/random.h"

#include <pthread.h>
#include <stdatomic.h>

enum { INDEX_LEN = 2 * ROLE_MAX }; /* a power of two, at most half full */

static const struct str FIXED[ROLE_FIXED_LEN] = {
	[ROLE_ALL] = STR_INIT("All"),
	[ROLE_GUEST] = STR_INIT("Guest"),
	[ROLE_DESK_USER] = STR_INIT("Desk User"),
	[ROLE_ADMINISTRATOR] = STR_INIT("Administrator"),
	[ROLE_SYSTEM_MANAGER] = STR_INIT("System Manager"),
};

/* Append-only: readers need no lock, since a name is complete before its number is stored. */
struct role_names {
	pthread_mutex_t mutex; /* one adder at a time */
	uint64_t seed;
	uint32_t len;
	struct str names[ROLE_MAX];
	_Atomic uint32_t index[INDEX_LEN]; /* number + 1; 0: free */
};

static uint32_t
add(struct role_names *r, struct str name, uint32_t at)
{
	char *copy = mem_alloc(name.len + 1);

	if (name.len > 0)
		memcpy(copy, name.ptr, name.len);
	r->names[r->len] = (struct str){ copy, name.len };
	atomic_store_explicit(&r->index[at], r->len + 1, memory_order_release);
	return r->len++;
}

/* True and *number if name has one; false and *at, where it belongs. */
static bool
look(struct role_names *r, struct str name, uint32_t *number, uint32_t *at)
{
	*at = (uint32_t)(str_ihash(name, r->seed) % INDEX_LEN);
	for (;; *at = (*at + 1) % INDEX_LEN) {
		const uint32_t n = atomic_load_explicit(&r->index[*at], memory_order_acquire);

		if (n == 0)
			return false;
		if (str_ieq(r->names[n - 1], name)) {
			*number = n - 1;
			return true;
		}
	}
}

struct role_names *
role_names_new(void)
{
	struct role_names *r = MEM_NEW(struct role_names);
	uint32_t number, at;

	pthread_mutex_init(&r->mutex, NULL);
	r->seed = random_u64();
	for (size_t i = 0; i < ROLE_FIXED_LEN; i++) {
		if (!look(r, FIXED[i], &number, &at))
			add(r, FIXED[i], at);
	}
	return r;
}

void
role_names_free(struct role_names *r)
{
	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->len; i++)
		mem_free((void *)r->names[i].ptr);
	pthread_mutex_destroy(&r->mutex);
	mem_free(r);
}

bool
role_find(struct role_names *r, struct str name, uint32_t *out)
{
	uint32_t at;

	return look(r, name, out, &at);
}

bool
role_number(struct role_names *r, struct str name, uint32_t *out, struct err *err)
{
	uint32_t at;

	if (look(r, name, out, &at))
		return true;
	pthread_mutex_lock(&r->mutex);
	const bool known = look(r, name, out, &at);
	const bool full = r->len == ROLE_MAX;

	if (!known && !full)
		*out = add(r, name, at);
	pthread_mutex_unlock(&r->mutex);
	if (!known && full)
		return err_set(err, ERR_TOO_LARGE, "There are more than %d roles", ROLE_MAX);
	return true;
}

struct str
role_name(const struct role_names *r, uint32_t number)
{
	return r->names[number];
}
