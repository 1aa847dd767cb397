/*
 * perm.h - the one place that says who may do what (spec/permissions.md).
 *
 * Judged from memory (who, DocType), never by a query, but for shares and user permissions, where
 * there are any. One judgement for every route; perm_rows.h is the same as a condition of lists.
 */
#ifndef DOC_PERM_H
#define DOC_PERM_H

#include "doc/doc.h"

/*
 * Does the caller's key leave him this right, whatever his roles grant (auth/limits.h)? A key that
 * is less than its user makes, changes and ends no keys. True for whoever comes without a key; but
 * nobody, not even Administrator, does more to the audit log than to read it.
 */
bool perm_key_allows(const struct call *call, const struct doctype *dt, enum right right);

/* How a right stands for a caller on a DocType as a whole (permissions.md 3). */
enum perm_grant {
	PERM_NONE,
	PERM_OWNER, /* only on documents that he owns */
	PERM_ALL,
};
enum perm_grant perm_grant_of(const struct call *call, const struct doctype *dt, enum right right);

/* The same with what every user may do to his own record of User: for telling, not for judging. */
enum perm_grant perm_reach(const struct call *call, const struct doctype *dt, enum right right);

/* May the caller do this to the DocType without a document in hand? 403 with the texts of
 * rpc.md 5.3. */
MUST_USE bool
perm_check_doctype(struct call *call, const struct doctype *dt, enum right right, struct err *err);

/* May he do it to this document? The texts of rpc.md 5.3 (messages and _error_message are set on
 * the call). */
MUST_USE bool
perm_check_doc(struct call *call, const struct doc *d, enum right right, struct err *err);

/*
 * May he write what he may write (old) so that it becomes d? A link to what his user permissions
 * do not allow is refused, unless the document is his by other ways.
 */
MUST_USE bool
perm_check_change(struct call *call, const struct doc *old, const struct doc *d, struct err *err);

/* The same as perm_check_doc(), as a question. */
MUST_USE bool
perm_has(struct call *call, const struct doc *d, enum right right, bool *out, struct err *err);

/* Levels that the caller may read or write, as BIT(level); levels 0 to 9. Of a child: by its
 * parent's DocType. */
uint32_t perm_levels(const struct call *call, const struct doctype *dt, enum right read_or_write);

/* Is a field's level among them? */
static inline bool
perm_has_level(uint32_t levels, int32_t level)
{
	return level >= 0 && level < 10 && (levels >> level & 1) != 0;
}

#endif
