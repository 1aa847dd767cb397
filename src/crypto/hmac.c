#include "crypto/hmac.h"

#include "base/mem.h"
#include "crypto/md.h"

enum { BLOCK_LEN = 64 };

/* RFC 2104: two states that have taken in the padded key. */
struct hmac_key {
	EVP_MD_CTX *inner, *outer;
};

static EVP_MD_CTX *
keyed_state(const uint8_t *key, uint8_t pad)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t block[BLOCK_LEN];

	for (size_t i = 0; i < BLOCK_LEN; i++)
		block[i] = key[i] ^ pad;
	if (ctx == NULL || EVP_DigestInit_ex(ctx, md_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, block, BLOCK_LEN) != 1)
		md_broken();
	explicit_bzero(block, sizeof(block));
	return ctx;
}

struct hmac_key *
hmac_key_new(struct str secret)
{
	struct hmac_key *k = MEM_NEW(struct hmac_key);
	uint8_t key[BLOCK_LEN] = { 0 };
	struct digest shortened;

	if (secret.len > BLOCK_LEN) {
		digest_sha256(secret, &shortened);
		memcpy(key, shortened.bytes, DIGEST_LEN);
		explicit_bzero(&shortened, sizeof(shortened));
	} else if (secret.len > 0) {
		memcpy(key, secret.ptr, secret.len);
	}
	k->inner = keyed_state(key, 0x36);
	k->outer = keyed_state(key, 0x5c);
	explicit_bzero(key, sizeof(key));
	return k;
}

void
hmac_key_free(struct hmac_key *k)
{
	if (k == NULL)
		return;
	EVP_MD_CTX_free(k->inner); /* OpenSSL wipes what it frees of a digest state */
	EVP_MD_CTX_free(k->outer);
	mem_free(k);
}

void
hmac_sign(const struct hmac_key *k, const struct str *parts, size_t n, struct digest *out)
{
	EVP_MD_CTX *ctx = md_scratch();
	bool ok = EVP_MD_CTX_copy_ex(ctx, k->inner) == 1;

	for (size_t i = 0; i < n; i++)
		ok = ok && EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, out->bytes, NULL) == 1;
	ok = ok && EVP_MD_CTX_copy_ex(ctx, k->outer) == 1;
	ok = ok && EVP_DigestUpdate(ctx, out->bytes, DIGEST_LEN) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, out->bytes, NULL) == 1;
	if (!ok)
		md_broken();
}
