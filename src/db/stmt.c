#include "db/stmt.h"

#include "base/mem.h"

static struct stmt *
stmt_of(struct lru_item *item)
{
	return CONTAINER_OF(item, struct stmt, item);
}

static void
drop(struct stmt_cache *cache, struct stmt *s)
{
	lru_drop(&cache->cached, &s->item);
	sqlite3_finalize(s->handle);
	mem_free(s);
}

static void
make_room(struct stmt_cache *cache)
{
	struct lru_item *item = cache->cached.oldest;

	while (item != NULL && cache->cached.len >= STMT_MAX) {
		struct lru_item *newer = item->newer;

		if (!stmt_of(item)->busy)
			drop(cache, stmt_of(item));
		item = newer;
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
	struct lru_item *found = lru_find(&cache->cached, sql);
	struct stmt *s = found == NULL ? NULL : stmt_of(found);

	if (s != NULL && !s->busy) {
		lru_use(&cache->cached, found);
	} else {
		const bool keep = s == NULL && sql.len <= STMT_MAX_TEXT;
		sqlite3_stmt *handle;
		const int rc = prepare(cache, sql, keep, &handle);

		if (rc != SQLITE_OK)
			return rc;
		s = MEM_NEW(struct stmt);
		s->handle = handle;
		s->cached = keep;
		if (keep) {
			make_room(cache);
			s->item.text = (struct str){ sqlite3_sql(handle), sql.len };
			lru_add(&cache->cached, &s->item);
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
	while (cache->cached.oldest != NULL)
		drop(cache, stmt_of(cache->cached.oldest));
}
