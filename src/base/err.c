#define ERR_C
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *exc_type;
	const char *module;
	int status;
} KINDS[] = {
#define X(kind, exc_type, module, status) [kind] = { exc_type, module, status },
	ERR_TABLE(X)
#undef X
};

static void
set(struct err *e, enum err_kind kind, bool silent, const char *fmt, va_list args)
{
	*e = (struct err){ .kind = kind, .silent = silent };
	vsnprintf(e->msg, sizeof(e->msg), fmt, args);
}

bool
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set(e, kind, false, fmt, args);
	va_end(args);
	return false;
}

bool
err_set_silent(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set(e, kind, true, fmt, args);
	va_end(args);
	return false;
}

bool
err_cause(struct err *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->cause, sizeof(e->cause), fmt, args);
	va_end(args);
	return false;
}

bool
err_title(struct err *e, const char *title)
{
	snprintf(e->title, sizeof(e->title), "%s", title);
	return false;
}

bool
err_memory(struct err *e)
{
	return err_set(e, ERR_TOO_LARGE, "The request needs more memory than one request may have");
}

const char *
err_exc_type(enum err_kind kind)
{
	return KINDS[kind].exc_type;
}

const char *
err_module(enum err_kind kind)
{
	return KINDS[kind].module;
}

int
err_status(enum err_kind kind)
{
	return KINDS[kind].status;
}
