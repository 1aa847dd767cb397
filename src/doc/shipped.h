/*
 * shipped.h - the DocTypes that come with the program: files doctypes/NAME.tsv, built in.
 *
 * A file is: "# Name", a line of properties (key=value, by tabs), a line of column names, a row a
 * field (field type options default permlevel length precision fetch_from depends flags), an empty
 * line, and rows "perm ROLE level N RIGHT RIGHT ... [if_owner]". Labels are made from the
 * fields' names. records.tsv lists
 * documents of a fresh site: DocType, name, key=value.
 *
 * A Link to a DocType that is not shipped becomes Data, and such a table is left out: the
 * features behind them are not there.
 */
#ifndef DOC_SHIPPED_H
#define DOC_SHIPPED_H

#include "base/asset.h"
#include "doc/doctype.h"

struct shipped_pair {
	struct str key, value;
};

struct shipped_perm {
	struct str role;
	int64_t permlevel;
	uint32_t rights; /* BIT(enum right) */
	bool if_owner;
};

/* What a row says beyond struct field, as written. */
struct shipped_extra {
	struct str depends; /* see shipped_depends() */
	struct str flags;   /* words */
};

struct shipped {
	const struct asset *asset;
	struct doctype doctype; /* finished; without perms, whose roles are names here */
	struct shipped_pair *properties;
	size_t properties_len;
	struct shipped_perm *perms;
	size_t perms_len;
	struct shipped_extra *extras; /* of each own field */
};

/* Reads all files doctypes/NAME.tsv but records.tsv. ERR_INTERNAL, naming file and line, for a
 * malformed one. */
MUST_USE bool shipped_read(struct arena *a, struct shipped **out, size_t *len, struct err *err);

/* Reads one file by itself: links and tables stay as they are written. */
MUST_USE bool
shipped_parse(struct arena *a, const struct asset *asset, struct shipped *out, struct err *err);

/* The file of that DocType, or NULL. */
const struct shipped *shipped_find(const struct shipped *all, size_t len, struct str name);

/* The part of "depends_on: X | mandatory_depends_on: Y" with that key; null if there is none. */
struct str shipped_depends(struct str depends, struct str key);

#endif
