#include "crypto/digest.h"

#include "crypto/hex.h"
#include "crypto/md.h"

#include <openssl/crypto.h>

void
digest_sha256(struct str s, struct digest *out)
{
	EVP_MD_CTX *ctx = md_scratch();

	if (EVP_DigestInit_ex(ctx, md_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, s.ptr, s.len) != 1 ||
	    EVP_DigestFinal_ex(ctx, out->bytes, NULL) != 1)
		md_broken();
}

bool
digest_equal(const struct digest *a, const struct digest *b)
{
	return CRYPTO_memcmp(a->bytes, b->bytes, DIGEST_LEN) == 0;
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
