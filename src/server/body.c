#include "server/body.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	GATHERED_MAX = 1024 * 1024, /* a full piece and one read on top */
	KEPT = 16 * 1024,           /* memory that is not given back */
};

void
body_init(struct body *b, struct budget *budget)
{
	*b = (struct body){ .bytes = { .cap = GATHERED_MAX, .budget = budget }, .job.fd = -1 };
}

static bool
too_large(int64_t limit, struct err *err)
{
	return err_set(
	    err, ERR_TOO_LARGE, "The request's body is larger than %lld bytes", (long long)limit);
}

bool
body_begin(struct body *b, const struct http_head *h, int64_t limit, struct err *err)
{
	b->chunks = (struct http_chunked){ 0 };
	b->chunked = h->chunked;
	b->left = h->chunked ? 0 : h->content_length;
	b->limit = limit;
	b->len = 0;
	return b->left <= (uint64_t)limit || too_large(limit, err);
}

static bool
append(struct body *b, struct str data, struct err *err)
{
	if (data.len == 0)
		return true;
	if ((int64_t)data.len > b->limit - b->len)
		return too_large(b->limit, err);
	buf_put(&b->bytes, data);
	b->len += (int64_t)data.len;
	if (buf_ok(&b->bytes))
		return true;
	err_set(err, ERR_UNAVAILABLE, "The server has no memory for this request now");
	err->retry_after_s = 1;
	return false;
}

static enum http_parsed
take_chunks(struct body *b, struct str bytes, size_t *taken, struct err *err)
{
	*taken = 0;
	for (;;) {
		struct str data = STR_NULL;
		size_t n = 0;
		const enum http_parsed r = http_chunked(&b->chunks, bytes, &data, &n, err);

		if (r == HTTP_REFUSED || !append(b, data, err))
			return HTTP_REFUSED;
		if (b->chunks.left > (uint64_t)(b->limit - b->len)) {
			too_large(b->limit, err);
			return HTTP_REFUSED;
		}
		*taken += n;
		bytes = str_sub(bytes, n, bytes.len);
		if (r == HTTP_COMPLETE || bytes.len == 0 || n == 0)
			return r;
	}
}

enum http_parsed
body_take(struct body *b, struct str bytes, size_t *taken, struct err *err)
{
	if (b->chunked)
		return take_chunks(b, bytes, taken, err);
	const struct str data = str_sub(bytes, 0, (size_t)MIN(b->left, (uint64_t)bytes.len));

	if (!append(b, data, err))
		return HTTP_REFUSED;
	*taken = data.len;
	b->left -= data.len;
	return b->left == 0 ? HTTP_COMPLETE : HTTP_INCOMPLETE;
}

bool
body_is_full(const struct body *b, bool last)
{
	if (last)
		return b->job.fd >= 0 && b->bytes.len > 0;
	return b->bytes.len >= BODY_MEMORY_MAX;
}

struct spool_job *
body_piece(struct body *b)
{
	b->job.bytes = buf_str(&b->bytes);
	b->job.at = b->len - (int64_t)b->bytes.len;
	return &b->job;
}

bool
body_spooled(struct body *b, struct err *err)
{
	if (!b->job.ok) {
		*err = b->job.err;
		return false;
	}
	buf_clear(&b->bytes);
	return true;
}

bool
body_whole(struct body *b, struct str *out, struct err *err)
{
	if (b->job.fd < 0) {
		*out = b->len == 0 ? STR("") : buf_str(&b->bytes);
		return true;
	}
	void *p = mmap(NULL, (size_t)b->len, PROT_READ, MAP_PRIVATE, b->job.fd, 0);

	if (p == MAP_FAILED) {
		err_set(err, ERR_UNAVAILABLE, "The server has no memory for this request now");
		return err_cause(err, "mmap: %s", strerror(errno));
	}
	b->mapped = (struct str){ p, (size_t)b->len };
	*out = b->mapped;
	return true;
}

void
body_end(struct body *b)
{
	if (b->mapped.ptr != NULL)
		munmap((void *)b->mapped.ptr, b->mapped.len);
	b->mapped = STR_NULL;
	if (b->job.fd >= 0)
		close(b->job.fd);
	b->job.fd = -1;
	b->len = 0;
	/* A body may have held a password; what is kept must not. */
	if (b->bytes.size > KEPT)
		buf_free(&b->bytes);
	else if (b->bytes.len > 0)
		explicit_bzero(b->bytes.ptr, b->bytes.len);
	buf_clear(&b->bytes);
}

void
body_free(struct body *b)
{
	body_end(b);
	buf_free(&b->bytes);
}
