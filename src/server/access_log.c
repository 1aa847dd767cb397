#include "server/access_log.h"

#include "base/log.h"

void
access_log_request(const struct trip *t, int64_t took_us, uint64_t bytes)
{
	UNSET struct log_line line;

	log_begin(&line, LOG_INFO, "request");
	if (!line.on)
		return;
	log_plain(&line, "id", t->call.id);
	log_str(&line, "method", t->call.method);
	log_str(&line, "path", t->call.path);
	if (!str_is_null(t->call.original.method))
		log_str(&line, "original_method", t->call.original.method);
	if (!str_is_null(t->call.original.path))
		log_str(&line, "original_path", t->call.original.path);
	log_int(&line, "status", t->call.response.status);
	log_int(&line, "us", took_us);
	if (t->user_len > 0)
		log_str(&line, "user", (struct str){ t->user, t->user_len });
	log_plain(&line, "address", t->call.peer);
	log_int(&line, "bytes", (int64_t)bytes);
	if (t->call.db_us > 0)
		log_int(&line, "db_us", t->call.db_us);
	log_end(&line);
}

void
access_log_refusal(const struct err *err, struct str id, struct str address)
{
	struct log_line line;

	log_begin(&line, LOG_INFO, "request");
	log_str(&line, "id", id);
	log_int(&line, "status", err_status(err->kind));
	log_str(&line, "refused", str_from(err_exc_type(err->kind)));
	log_str(&line, "address", address);
	log_end(&line);
}
