#include "tests/unit/unit.h"

#include "crypto/aead.h"
#include "crypto/hex.h"

enum { TEXT_MAX = 100 };

static const uint8_t KEY[AEAD_KEY_LEN] = { 1, 2, 3 };

/* The Galois/Counter Mode of Operation (McGrew, Viega), test case 16. */
static void
opens_what_another_program_sealed(void **state UNUSED)
{
	uint8_t key[AEAD_KEY_LEN], context[20], sealed[60 + AEAD_EXTRA], plain[60];
	char opened[60];

	CHECK(hex_decode(
	    STR("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"), key, 32));
	CHECK(hex_decode(STR("feedfacedeadbeeffeedfacedeadbeefabaddad2"), context, 20));
	CHECK(hex_decode(STR("cafebabefacedbaddecaf888"
			     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
			     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
			     "76fc6ece0f4e1768cddf8853bb2d551b"),
	    sealed, sizeof(sealed)));
	CHECK(hex_decode(STR("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
			     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
	    plain, sizeof(plain)));
	CHECK(aead_open(key, (struct str){ (char *)context, sizeof(context) },
	    (struct str){ (char *)sealed, sizeof(sealed) }, opened));
	CHECK(memcmp(opened, plain, sizeof(plain)) == 0);
}

static void
texts_of_every_length_come_back(void **state UNUSED)
{
	char text[TEXT_MAX], opened[TEXT_MAX];
	uint8_t sealed[TEXT_MAX + AEAD_EXTRA];

	memset(text, 'x', sizeof(text));
	for (size_t len = 0; len <= TEXT_MAX; len++) {
		aead_seal(KEY, STR("a"), (struct str){ text, len }, sealed);
		CHECK(aead_open(
		    KEY, STR("a"), (struct str){ (char *)sealed, len + AEAD_EXTRA }, opened));
		CHECK(memcmp(text, opened, len) == 0);
	}
}

static void
the_same_text_is_never_sealed_alike(void **state UNUSED)
{
	uint8_t one[4 + AEAD_EXTRA], two[4 + AEAD_EXTRA];

	aead_seal(KEY, STR(""), STR("text"), one);
	aead_seal(KEY, STR(""), STR("text"), two);
	CHECK(memcmp(one, two, sizeof(one)) != 0);
}

static void
a_changed_byte_context_or_key_opens_nothing(void **state UNUSED)
{
	const uint8_t other[AEAD_KEY_LEN] = { 1, 2, 4 };
	uint8_t sealed[4 + AEAD_EXTRA];
	char opened[sizeof(sealed)];
	const struct str whole = { (char *)sealed, sizeof(sealed) };

	aead_seal(KEY, STR("here"), STR("text"), sealed);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		CHECK(!aead_open(KEY, STR("here"), whole, opened));
		sealed[i] ^= 1;
	}
	CHECK(!aead_open(KEY, STR("there"), whole, opened));
	CHECK(!aead_open(other, STR("here"), whole, opened));
	for (size_t len = 0; len < sizeof(sealed); len++)
		CHECK(!aead_open(KEY, STR("here"), str_sub(whole, 0, len), opened));
	CHECK(aead_open(KEY, STR("here"), whole, opened));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_what_another_program_sealed),
		cmocka_unit_test(texts_of_every_length_come_back),
		cmocka_unit_test(the_same_text_is_never_sealed_alike),
		cmocka_unit_test(a_changed_byte_context_or_key_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
