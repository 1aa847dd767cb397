#include "tests/unit/unit.h"

#include "base/mem.h"
#include "crypto/digest.h"
#include "crypto/hex.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static void
hashes_as_fips_180_says(void **state UNUSED)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct digest d;
		char hex[DIGEST_HEX_LEN];

		digest_sha256(str_from(cases[i].text), &d);
		CHECK_STR(digest_to_hex(&d, hex), cases[i].hex);
	}
}

/* RFC 4231, cases 1, 2, 6 (a key longer than a block). */
static void
signs_as_rfc_4231_says(void **state UNUSED)
{
	char key1[20], key6[131];
	const struct {
		struct str key, text;
		const char *hex;
	} cases[] = {
		{ { key1, sizeof(key1) }, STR("Hi There"),
		    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ STR("Jefe"), STR("what do ya want for nothing?"),
		    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ { key6, sizeof(key6) },
		    STR("Test Using Larger Than Block-Size Key - Hash Key First"),
		    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	};

	memset(key1, 0x0b, sizeof(key1));
	memset(key6, 0xaa, sizeof(key6));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct hmac_key *key = hmac_key_new(cases[i].key);
		const struct str parts[] = { str_sub(cases[i].text, 0, 3),
			str_sub(cases[i].text, 3, SIZE_MAX) };
		struct digest d;
		char hex[DIGEST_HEX_LEN];

		for (int again = 0; again < 2; again++) { /* the prepared states are not used up */
			hmac_sign(key, parts, ARRAY_LEN(parts), &d);
			CHECK_STR(digest_to_hex(&d, hex), cases[i].hex);
		}
		hmac_key_free(key);
	}
}

/* One block, exactly one, more: the library's own function says the same. */
static void
signs_every_length(void **state UNUSED)
{
	char text[200];
	struct hmac_key *key = hmac_key_new(STR("pepper"));

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	for (size_t len = 0; len <= sizeof(text); len++) {
		const struct str whole = { text, len };
		const struct str parts[] = { str_sub(whole, 0, len / 3), STR_NULL,
			str_sub(whole, len / 3, SIZE_MAX) };
		struct digest d, expected;

		assert_non_null(HMAC(EVP_sha256(), "pepper", 6, (const unsigned char *)text, len,
		    expected.bytes, NULL));
		hmac_sign(key, parts, ARRAY_LEN(parts), &d);
		assert_memory_equal(d.bytes, expected.bytes, DIGEST_LEN);
		hmac_sign(key, &whole, 1, &d);
		assert_memory_equal(d.bytes, expected.bytes, DIGEST_LEN);
	}
	hmac_key_free(key);
}

static void
reads_hex_strictly(void **state UNUSED)
{
	static const struct {
		const char *what, *text;
		bool ok;
	} cases[] = {
		{ "lower case", "00ff", true },
		{ "upper case", "00FF", true },
		{ "too short", "00f", false },
		{ "too long", "00ff0", false },
		{ "not a digit", "00fg", false },
		{ "nothing", "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t bytes[2];

		CHECK_CASE(cases[i].what,
		    hex_decode(str_from(cases[i].text), bytes, sizeof(bytes)) == cases[i].ok);
	}
	struct digest d;

	CHECK(!digest_from_hex(STR("00"), &d));
}

static void
compares_secret_texts(void **state UNUSED)
{
	CHECK(digest_equal_text(STR("abc"), STR("abc")));
	CHECK(!digest_equal_text(STR("abc"), STR("abd")));
	CHECK(!digest_equal_text(STR("abc"), STR("ab")));
	CHECK(digest_equal_text(STR(""), STR_NULL));
}

/* Each of 62 digits among 62,000 within six standard deviations. */
static void
draws_every_digit_equally(void **state UNUSED)
{
	enum { LEN = 62000 };
	char *text = mem_alloc(LEN);
	int counts[256] = { 0 };

	random_base62(text, LEN);
	for (size_t i = 0; i < LEN; i++)
		counts[(unsigned char)text[i]]++;
	for (size_t i = 0; i < sizeof(RANDOM_BASE62); i++) {
		const int n = counts[(unsigned char)RANDOM_BASE62[i]];

		CHECK(n > 1000 - 190 && n < 1000 + 190);
	}
	random_hex(text, 101);
	for (size_t i = 0; i < 101; i++)
		CHECK(char_hex(text[i]) >= 0);
	for (int i = 0; i < 1000; i++)
		CHECK(random_below(7) < 7);
	mem_free(text);
}

static void
of_pieces_is_that_of_the_whole(void **state UNUSED)
{
	static char text[300];
	const struct str all = { text, sizeof(text) };
	struct digest whole, pieces;
	struct digest_stream s;

	memset(text, 'x', sizeof(text));
	digest_sha256(all, &whole);
	for (size_t step = 1; step < sizeof(text); step += 7) {
		digest_begin(&s);
		for (size_t at = 0; at < all.len; at += step)
			digest_add(&s, str_sub(all, at, step));
		digest_end(&s, &pieces);
		CHECK(digest_equal(&whole, &pieces));
	}
}

UNIT_TESTS(of_pieces_is_that_of_the_whole, hashes_as_fips_180_says, signs_as_rfc_4231_says,
    signs_every_length, reads_hex_strictly, compares_secret_texts, draws_every_digit_equally)
