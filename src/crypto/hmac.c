#include "crypto/hmac.h"

#include "base/mem.h"
#include "crypto/sha256.h"

#include <endian.h>

/* A message of SHORT_LEN bytes ends in its first block, with the bit that ends it and its length.
 */
enum { BLOCK_LEN = SHA256_CBLOCK, SHORT_LEN = BLOCK_LEN - 1 - 8 };

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

/* Words in the order that a digest has on paper. */
static void
put_words(const SHA_LONG *words, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < n; i++) {
		const uint32_t word = htobe32(words[i]);

		memcpy(out + i * sizeof(word), &word, sizeof(word));
	}
}

/* Ends a message, of which len bytes are in its last block and one block was before it (FIPS 180-4
 * 5.1.1), and takes it in. */
static void
end_in_block(SHA256_CTX *state, uint8_t block[BLOCK_LEN], size_t len)
{
	const SHA_LONG bits[] = { 0, (SHA_LONG)(BLOCK_LEN + len) * 8 };

	block[len] = 0x80;
	memset(block + len + 1, 0, BLOCK_LEN - sizeof(bits) - len - 1);
	put_words(bits, ARRAY_LEN(bits), block + BLOCK_LEN - sizeof(bits));
	SHA256_Transform(state, block);
}

/*
 * What fits into one block, as every api-key with its secret does, costs two transforms, and none
 * of the gathering of the library.
 */
static void
sign_short(const struct hmac_key *k, const struct str *parts, size_t n, struct digest *out)
{
	SHA256_CTX state = k->inner;
	uint8_t block[BLOCK_LEN];
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (parts[i].len > 0)
			memcpy(block + len, parts[i].ptr, parts[i].len);
		len += parts[i].len;
	}
	end_in_block(&state, block, len);
	put_words(state.h, ARRAY_LEN(state.h), block);
	state = k->outer;
	end_in_block(&state, block, DIGEST_LEN);
	put_words(state.h, ARRAY_LEN(state.h), out->bytes);
	explicit_bzero(block, sizeof(block));
}

static void
sign_long(const struct hmac_key *k, const struct str *parts, size_t n, struct digest *out)
{
	SHA256_CTX state = k->inner;

	for (size_t i = 0; i < n; i++)
		SHA256_Update(&state, parts[i].ptr, parts[i].len);
	SHA256_Final(out->bytes, &state);
	state = k->outer;
	SHA256_Update(&state, out->bytes, DIGEST_LEN);
	SHA256_Final(out->bytes, &state); /* which wipes the block that it worked on */
}

COUNTED void
hmac_sign(const struct hmac_key *k, const struct str *parts, size_t n, struct digest *out)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	if (len <= SHORT_LEN)
		sign_short(k, parts, n, out);
	else
		sign_long(k, parts, n, out);
}
