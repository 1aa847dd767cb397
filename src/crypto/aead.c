#include "crypto/aead.h"

#include "crypto/random.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

static void
broken(void)
{
	fputs("symbolon: the crypto library failed (AES-256-GCM)\n", stderr);
	abort();
}

static void
free_context(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

static const unsigned char *
bytes_of(struct str s)
{
	return (const unsigned char *)s.ptr;
}

/* A cipher with key, nonce and context; it stops the program if the library has none to give. */
static EVP_CIPHER_CTX *
begin(const uint8_t *key, const uint8_t *nonce, struct str context, bool seals)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;

	assert(context.len < INT_MAX);
	if (ctx == NULL ||
	    EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce, seals) != 1 ||
	    EVP_CipherUpdate(ctx, NULL, &len, bytes_of(context), (int)context.len) != 1)
		broken();
	return ctx;
}

void
aead_seal(const uint8_t *key, struct str context, struct str plain, uint8_t *out)
{
	uint8_t *text = out + AEAD_NONCE_LEN;
	int len = 0;

	assert(plain.len < INT_MAX);
	random_bytes(out, AEAD_NONCE_LEN);
	CLEANUP(free_context) EVP_CIPHER_CTX *ctx = begin(key, out, context, true);

	if (plain.len > 0 &&
	    EVP_CipherUpdate(ctx, text, &len, bytes_of(plain), (int)plain.len) != 1)
		broken();
	if (EVP_CipherFinal_ex(ctx, text + len, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, AEAD_TAG_LEN, text + plain.len) != 1)
		broken();
}

bool
aead_open(const uint8_t *key, struct str context, struct str sealed, char *plain)
{
	uint8_t tag[AEAD_TAG_LEN];
	int len = 0;

	if (sealed.len < AEAD_EXTRA || sealed.len >= INT_MAX)
		return false;
	const struct str text = str_sub(sealed, AEAD_NONCE_LEN, sealed.len - AEAD_EXTRA);
	unsigned char *out = (unsigned char *)plain;

	CLEANUP(free_context)
	EVP_CIPHER_CTX *ctx = begin(key, bytes_of(sealed), context, false);
	memcpy(tag, sealed.ptr + sealed.len - AEAD_TAG_LEN, AEAD_TAG_LEN);
	if (text.len > 0 && EVP_CipherUpdate(ctx, out, &len, bytes_of(text), (int)text.len) != 1)
		return false;
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, AEAD_TAG_LEN, tag) == 1 &&
	    EVP_CipherFinal_ex(ctx, out + len, &len) == 1)
		return true;
	explicit_bzero(plain, text.len);
	return false;
}
