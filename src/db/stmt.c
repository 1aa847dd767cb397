#include "db/stmt.h"

#include "base/mem.h"

static struct stmt **
bucket_of(struct stmt_cache *cache, uint64_t hash)
{
	return &cache->buckets[hash % STMT_MAX];
}

static struct stmt *
find(struct stmt_cache *cache, struct str sql, uint64_t hash)
{
	for (struct stmt *s = *bucket_of(cache, hash); s != NULL; s = s->chain) {
		if (s->hash == hash && s->len == sql.len &&
		    memcmp(sqlite3_sql(s->handle), sql.ptr, sql.len) == 0)
			return s;
	}
	return NULL;
}

static void
unlink_by_use(struct stmt_cache *cache, struct stmt *s)
{
	if (s->newer != NULL)
		s->newer->older = s->older;
	else
		cache->newest = s->older;
	if (s->older != NULL)
		s->older->newer = s->newer;
	else
		cache->oldest = s->newer;
	s->newer = s->older = NULL;
}

static void
link_newest(struct stmt_cache *cache, struct stmt *s)
{
	s->older = cache->newest;
	s->newer = NULL;
	if (cache->newest != NULL)
		cache->newest->newer = s;
	else
		cache->oldest = s;
	cache->newest = s;
}

static void
drop(struct stmt_cache *cache, struct stmt *s)
{
	struct stmt **at = bucket_of(cache, s->hash);

	while (*at != s)
		at = &(*at)->chain;
	*at = s->chain;
	unlink_by_use(cache, s);
	cache->len--;
	sqlite3_finalize(s->handle);
	mem_free(s);
}

static void
make_room(struct stmt_cache *cache)
{
	struct stmt *s = cache->oldest;

	while (s != NULL && cache->len >= STMT_MAX) {
		struct stmt *newer = s->newer;

		if (!s->busy)
			drop(cache, s);
		s = newer;
	}
}

static int
prepare(struct stmt_cache *cache, struct str sql, bool keep, sqlite3_stmt **out)
{
	sqlite3_stmt *handle = NULL;
	const char *tail = NULL;

	if (sql.len > INT32_MAX)
		return SQLITE_TOOBIG;
	const int rc = sqlite3_prepare_v3(cache->handle, sql.ptr, (int)sql.len,
	    keep ? SQLITE_PREPARE_PERSISTENT : 0, &handle, &tail);

	if (rc != SQLITE_OK)
		return rc;
	if (handle == NULL || tail != sql.ptr + sql.len) {
		sqlite3_finalize(handle);
		return SQLITE_MISUSE;
	}
	*out = handle;
	return SQLITE_OK;
}

int
stmt_get(struct stmt_cache *cache, struct str sql, struct stmt **out)
{
	const uint64_t hash = str_hash(sql, 0);
	struct stmt *s = find(cache, sql, hash);

	if (s != NULL && !s->busy) {
		if (s != cache->newest) {
			unlink_by_use(cache, s);
			link_newest(cache, s);
		}
	} else {
		const bool keep = s == NULL && sql.len <= STMT_MAX_TEXT;
		sqlite3_stmt *handle;
		const int rc = prepare(cache, sql, keep, &handle);

		if (rc != SQLITE_OK)
			return rc;
		s = MEM_NEW(struct stmt);
		*s =
		    (struct stmt){ .handle = handle, .len = sql.len, .hash = hash, .cached = keep };
		if (keep) {
			make_room(cache);
			s->chain = *bucket_of(cache, hash);
			*bucket_of(cache, hash) = s;
			link_newest(cache, s);
			cache->len++;
		}
	}
	s->busy = true;
	s->has_blob = false;
	s->last = DB_ROW;
	cache->busy++;
	*out = s;
	return SQLITE_OK;
}

void
stmt_put(struct stmt_cache *cache, struct stmt *s)
{
	cache->busy--;
	s->busy = false;
	if (s->cached) {
		sqlite3_reset(s->handle);
		return;
	}
	sqlite3_finalize(s->handle);
	mem_free(s);
}

void
stmt_clear(struct stmt_cache *cache)
{
	assert(cache->busy == 0);
	while (cache->oldest != NULL)
		drop(cache, cache->oldest);
}
