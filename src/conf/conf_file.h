/*
 * conf_file.h - symbolon.conf, read with libConfuse by the grammar that the table of settings
 * makes.
 */
#ifndef CONF_CONF_FILE_H
#define CONF_CONF_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct conf_file_value {
	size_t at;         /* index in SETTING_ALL */
	bool first;        /* of the values of a list */
	struct str text;   /* as it stands in the file; valid during the call */
	struct str source; /* "PATH:LINE", the same */
};

typedef bool conf_file_fn(const struct conf_file_value *v, void *arg, struct err *err);

/*
 * Calls fn for each value; a list may come again, from its first value on. ERR_VALIDATION with path
 * and line for what is no setting, or what fn refuses.
 */
MUST_USE bool
conf_file_read(struct arena *a, const char *path, conf_file_fn *fn, void *arg, struct err *err);

#endif
