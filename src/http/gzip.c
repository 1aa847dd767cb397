#include "http/gzip.h"

#include "base/tempfile.h"

#include <zlib.h>

enum { LEVEL = 5, WINDOW = 15 + 16 /* with a gzip header */, PIECE = 64 * 1024 };

static bool
begin(z_stream *z)
{
	*z = (z_stream){ 0 };
	return deflateInit2(z, LEVEL, Z_DEFLATED, WINDOW, 8, Z_DEFAULT_STRATEGY) == Z_OK;
}

bool
gzip_bytes(struct str in, struct buf *out)
{
	z_stream z;
	char *to = buf_room(out, in.len);

	if (to == NULL || in.len > UINT32_MAX || !begin(&z))
		return false;
	z.next_in = (Bytef *)(uintptr_t)in.ptr;
	z.avail_in = (uInt)in.len;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)in.len;
	const bool fits = deflate(&z, Z_FINISH) == Z_STREAM_END;

	if (fits)
		buf_grew(out, z.total_out);
	deflateEnd(&z);
	return fits;
}

/* Writes out what comes of one piece. */
static bool
put_piece(z_stream *z, int flush, char *packed, int out, int64_t *out_len, struct err *err)
{
	do {
		z->next_out = (Bytef *)packed;
		z->avail_out = PIECE;
		(void)deflate(z, flush); /* it has room and a state that is right: it cannot fail */
		const struct str got = { packed, PIECE - z->avail_out };

		if (!tempfile_write(out, *out_len, got, err))
			return false;
		*out_len += (int64_t)got.len;
	} while (z->avail_out == 0);
	return true;
}

bool
gzip_file(int in, int64_t len, int out, int64_t *out_len, struct err *err)
{
	UNSET char plain[PIECE];
	UNSET char packed[PIECE];
	z_stream z;
	size_t got = 0;
	bool ok = begin(&z) || err_memory(err);

	if (!ok)
		return false;
	*out_len = 0;
	for (int64_t at = 0; ok && at < len; at += (int64_t)got) {
		const size_t most = (size_t)MIN(len - at, (int64_t)PIECE);

		ok = tempfile_read(in, at, plain, most, &got, err) &&
		    (got > 0 || err_set(err, ERR_INTERNAL, "A file is shorter than it was"));
		z.next_in = (Bytef *)plain;
		z.avail_in = (uInt)got;
		ok = ok &&
		    put_piece(&z, at + (int64_t)got < len ? Z_NO_FLUSH : Z_FINISH, packed, out,
			out_len, err);
	}
	deflateEnd(&z);
	return ok;
}
