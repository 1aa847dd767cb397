#include "crypto/hmac.h"

#include "base/mem.h"
#include "crypto/sha256.h"

enum { BLOCK_LEN = SHA256_CBLOCK };

/* RFC 2104: two states that have taken in the padded key. */
struct hmac_key {
	SHA256_CTX inner, outer;
};

static void
keyed_state(const uint8_t *key, uint8_t pad, SHA256_CTX *out)
{
	uint8_t block[BLOCK_LEN];

	for (size_t i = 0; i < BLOCK_LEN; i++)
		block[i] = key[i] ^ pad;
	SHA256_Init(out);
	SHA256_Update(out, block, BLOCK_LEN);
	explicit_bzero(block, sizeof(block));
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
	keyed_state(key, 0x36, &k->inner);
	keyed_state(key, 0x5c, &k->outer);
	explicit_bzero(key, sizeof(key));
	return k;
}

void
hmac_key_free(struct hmac_key *k)
{
	if (k == NULL)
		return;
	explicit_bzero(k, sizeof(*k));
	mem_free(k);
}

COUNTED void
hmac_sign(const struct hmac_key *k, const struct str *parts, size_t n, struct digest *out)
{
	SHA256_CTX state = k->inner;

	for (size_t i = 0; i < n; i++)
		SHA256_Update(&state, parts[i].ptr, parts[i].len);
	SHA256_Final(out->bytes, &state);
	state = k->outer;
	SHA256_Update(&state, out->bytes, DIGEST_LEN);
	SHA256_Final(out->bytes, &state); /* which wipes the block that it worked on */
}
