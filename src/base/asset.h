/*
 * asset.h - files built into the binary: migrations, shipped DocTypes, pages.
 *
 * tools/embed.c writes the table at build time.
 */
#ifndef BASE_ASSET_H
#define BASE_ASSET_H

#include "base/str.h"

struct asset {
	struct str path;  /* below the root of the tree, e.g. "sql/0001_base.sqlite.sql" */
	struct str type;  /* media type */
	struct str etag;  /* quoted, from the content */
	struct str bytes; /* followed by a NUL that is not counted */
};

extern const struct asset ASSET_ALL[]; /* sorted by path */
extern const size_t ASSET_ALL_LEN;
extern const struct str ASSET_VERSION; /* 16 hex characters: changes when any of them does */

/* The asset with that path, or NULL. */
const struct asset *asset_find(struct str path);

#endif
