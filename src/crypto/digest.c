#include "crypto/digest.h"

#include "crypto/hex.h"
#include "crypto/sha256.h"

#include <openssl/crypto.h>

void
digest_sha256(struct str s, struct digest *out)
{
	SHA256_CTX state;

	SHA256_Init(&state);
	SHA256_Update(&state, s.ptr, s.len);
	SHA256_Final(out->bytes, &state);
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct digest_stream), "there is room for the state");

static SHA256_CTX *
state_of(struct digest_stream *s)
{
	return (SHA256_CTX *)(void *)s->state;
}

void
digest_begin(struct digest_stream *s)
{
	SHA256_Init(state_of(s));
}

void
digest_add(struct digest_stream *s, struct str piece)
{
	SHA256_Update(state_of(s), piece.ptr, piece.len);
}

void
digest_add_text(struct digest_stream *s, struct str text)
{
	const uint64_t len = text.len;

	digest_add(s, (struct str){ (const char *)&len, sizeof(len) });
	digest_add(s, text);
}

void
digest_end(struct digest_stream *s, struct digest *out)
{
	SHA256_Final(out->bytes, state_of(s));
}

/* By words: CRYPTO_memcmp() takes byte after byte, a third of a hash for two digests. */
bool
digest_equal(const struct digest *a, const struct digest *b)
{
	uint64_t differs = 0;

	for (size_t i = 0; i < DIGEST_LEN; i += sizeof(uint64_t)) {
		uint64_t x, y;

		memcpy(&x, a->bytes + i, sizeof(x));
		memcpy(&y, b->bytes + i, sizeof(y));
		differs |= x ^ y;
		/* The compiler must not know that words already differ, or it might stop there. */
		__asm__("" : "+r"(differs));
	}
	return differs == 0;
}

bool
digest_equal_text(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

struct str
digest_to_hex(const struct digest *d, char *text)
{
	hex_encode(d->bytes, DIGEST_LEN, text);
	return (struct str){ text, DIGEST_HEX_LEN };
}

bool
digest_from_hex(struct str hex, struct digest *out)
{
	return hex_decode(hex, out->bytes, DIGEST_LEN);
}
