#include "crypto/password.h"

#include "crypto/random.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MEMORY_KIB = 19 * 1024,
	PASSES = 2,
	LANES = 1,
	SALT_LEN = 16,
	HASH_LEN = 32,

	/* What an imported hash may ask for at most. */
	MAX_TEXT = 512,
	MAX_MEMORY_KIB = 1024 * 1024,
	MAX_PASSES = 64,
	MAX_LANES = 16,
	MAX_ROUNDS = 10 * 1000 * 1000,
};

#define OURS "$argon2id$v=19$m=19456,t=2,p=1$"
static const struct str PBKDF2_PREFIX = STR_INIT("$pbkdf2-sha256$");

static const struct {
	struct str prefix;
	argon2_type type;
} ARGON2_TYPES[] = {
	{ STR_INIT("$argon2id$"), Argon2_id },
	{ STR_INIT("$argon2i$"), Argon2_i },
	{ STR_INIT("$argon2d$"), Argon2_d },
};

struct str
password_hash(struct str password, char *text)
{
	uint8_t salt[SALT_LEN];

	random_bytes(salt, sizeof(salt));
	const int rc = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.ptr, password.len,
	    salt, sizeof(salt), HASH_LEN, text, PASSWORD_TEXT_SIZE);
	if (rc != ARGON2_OK) { /* only for want of memory: the process stops, as everywhere */
		fprintf(stderr, "symbolon: argon2: %s\n", argon2_error_message(rc));
		abort();
	}
	return str_from(text);
}

void
password_waste(struct str password)
{
	uint8_t hash[HASH_LEN];
	static const uint8_t SALT[SALT_LEN] = { 1 };

	if (argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, password.ptr, password.len, SALT,
		sizeof(SALT), hash, sizeof(hash)) != ARGON2_OK)
		abort();
	explicit_bzero(hash, sizeof(hash));
}

/* The number behind "name" in an Argon2 text such as "m=19456,t=2,p=1"; false if it is absurd. */
static bool
argon2_number_ok(struct str text, struct str name, int64_t max)
{
	const ptrdiff_t at = str_find_str(text, name);
	int64_t n = 0;

	if (at < 0)
		return false;
	for (size_t i = (size_t)at + name.len; i < text.len && char_is_digit(text.ptr[i]); i++) {
		n = n * 10 + (text.ptr[i] - '0');
		if (n > max)
			return false;
	}
	return n > 0;
}

static bool
argon2_check(struct str text, argon2_type type, struct str password)
{
	char encoded[MAX_TEXT + 1];

	if (!argon2_number_ok(text, STR("$m="), MAX_MEMORY_KIB) ||
	    !argon2_number_ok(text, STR(",t="), MAX_PASSES) ||
	    !argon2_number_ok(text, STR(",p="), MAX_LANES))
		return false;
	memcpy(encoded, text.ptr, text.len);
	encoded[text.len] = '\0';
	return argon2_verify(encoded, password.ptr, password.len, type) == ARGON2_OK;
}

/* passlib's "adapted base64": '.' for '+', no padding. False if it is none or longer than size. */
static bool
adapted_base64(struct str text, uint8_t *out, size_t size, size_t *len)
{
	uint32_t bits = 0;
	int have = 0;

	*len = 0;
	if (text.len % 4 == 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const int digit = char_base64(text.ptr[i], '.');

		if (digit < 0)
			return false;
		bits = (bits << 6 | (uint32_t)digit) & 0xffff;
		have += 6;
		if (have < 8)
			continue;
		if (*len == size)
			return false;
		have -= 8;
		out[(*len)++] = (uint8_t)(bits >> have);
	}
	return true;
}

struct pbkdf2 {
	int rounds;
	uint8_t salt[128], digest[HASH_LEN];
	size_t salt_len;
};

static bool
pbkdf2_parse(struct str text, struct pbkdf2 *out)
{
	struct str rounds, rest, salt, digest;
	int64_t n;
	size_t len;

	if (!str_starts(text, PBKDF2_PREFIX))
		return false;
	if (!str_cut(str_sub(text, PBKDF2_PREFIX.len, SIZE_MAX), '$', &rounds, &rest) ||
	    !str_cut(rest, '$', &salt, &digest))
		return false;
	if (!str_to_int64(rounds, &n) || n < 1 || n > MAX_ROUNDS)
		return false;
	out->rounds = (int)n;
	return adapted_base64(salt, out->salt, sizeof(out->salt), &out->salt_len) &&
	    adapted_base64(digest, out->digest, sizeof(out->digest), &len) && len == HASH_LEN;
}

static bool
pbkdf2_check(struct str text, struct str password)
{
	struct pbkdf2 stored;
	uint8_t made[HASH_LEN];

	if (!pbkdf2_parse(text, &stored) || password.len > INT32_MAX)
		return false;
	if (PKCS5_PBKDF2_HMAC(password.ptr, (int)password.len, stored.salt, (int)stored.salt_len,
		stored.rounds, EVP_sha256(), HASH_LEN, made) != 1)
		return false;
	const bool same = CRYPTO_memcmp(made, stored.digest, HASH_LEN) == 0;

	explicit_bzero(made, sizeof(made));
	return same;
}

bool
password_verify(struct str text, struct str password, bool *outdated)
{
	*outdated = !str_starts(text, STR(OURS));
	if (text.len > MAX_TEXT || memchr(text.ptr != NULL ? text.ptr : "", '\0', text.len) != NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ARGON2_TYPES); i++) {
		if (str_starts(text, ARGON2_TYPES[i].prefix))
			return argon2_check(text, ARGON2_TYPES[i].type, password);
	}
	return pbkdf2_check(text, password);
}

bool
password_is_hash(struct str text)
{
	struct pbkdf2 parsed;

	for (size_t i = 0; i < ARRAY_LEN(ARGON2_TYPES); i++) {
		if (str_starts(text, ARGON2_TYPES[i].prefix))
			return text.len <= MAX_TEXT;
	}
	return pbkdf2_parse(text, &parsed);
}
