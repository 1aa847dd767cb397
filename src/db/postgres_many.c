#include "db/postgres_many.h"

#include "base/mem.h"
#include "db/postgres_copy.h"

struct line {
	char *ptr; /* libpq's */
	size_t len;
};

struct postgres_many {
	size_t columns;
	enum value_kind *kinds;
	struct value *row;
	bool has_row;
	struct line current; /* row points into it */
	struct line *kept;
	size_t head, len, size;
};

struct postgres_many *
postgres_many_new(const enum value_kind *kinds, size_t len)
{
	struct postgres_many *m = MEM_NEW(struct postgres_many);

	m->columns = len;
	m->kinds = MEM_NEW_ARRAY(enum value_kind, len);
	memcpy(m->kinds, kinds, len * sizeof(kinds[0]));
	m->row = MEM_NEW_ARRAY(struct value, len);
	return m;
}

void
postgres_many_free(struct postgres_many *m)
{
	if (m == NULL)
		return;
	PQfreemem(m->current.ptr);
	for (; m->head < m->len; m->head++)
		PQfreemem(m->kept[m->head].ptr);
	mem_free(m->kept);
	mem_free(m->kinds);
	mem_free(m->row);
	mem_free(m);
}

enum db_step
postgres_many_next(struct postgres_many *m, struct postgres_link *l, int64_t mono_ms)
{
	PQfreemem(m->current.ptr);
	m->current = (struct line){ 0 };
	m->has_row = false;
	if (m->head < m->len)
		m->current = m->kept[m->head++];
	else if (l != NULL && !postgres_link_line(l, mono_ms, &m->current.ptr, &m->current.len))
		return DB_FAILED;
	if (m->current.ptr == NULL)
		return DB_DONE;
	m->has_row =
	    postgres_copy_parse(m->current.ptr, m->current.len, m->kinds, m->columns, m->row);
	if (!m->has_row && l != NULL)
		l->broken = true;
	return m->has_row ? DB_ROW : DB_FAILED;
}

size_t
postgres_many_columns(const struct postgres_many *m)
{
	return m->columns;
}

struct value
postgres_many_column(const struct postgres_many *m, size_t at)
{
	return m->has_row && at < m->columns ? m->row[at] : value_null();
}

void
postgres_many_keep(struct postgres_many *m, struct postgres_link *l, int64_t mono_ms)
{
	struct line line;

	while (postgres_link_line(l, mono_ms, &line.ptr, &line.len) && line.ptr != NULL) {
		if (m->len == m->size) {
			m->size = MAX(2 * m->size, (size_t)64);
			m->kept = mem_resize(m->kept, m->size * sizeof(m->kept[0]));
		}
		m->kept[m->len++] = line;
	}
}

void
postgres_many_drain(struct postgres_many *m UNUSED, struct postgres_link *l, int64_t mono_ms)
{
	struct line line;

	while (postgres_link_line(l, mono_ms, &line.ptr, &line.len) && line.ptr != NULL)
		PQfreemem(line.ptr);
}
