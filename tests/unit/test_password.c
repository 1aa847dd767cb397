#include "tests/unit/unit.h"

#include "crypto/password.h"

static void
verifies_what_others_have_made(void **state UNUSED)
{
#define ARGON2ID                                                                                   \
	"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
#define PASSLIB                                                                                    \
	"$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44"
	static const struct {
		const char *what, *text, *password;
		bool ok;
	} cases[] = {
		{ "the Argon2 reference", ARGON2ID, "password", true },
		{ "the Argon2 reference, wrong", ARGON2ID, "passwore", false },
		{ "passlib", PASSLIB, "password", true },
		{ "passlib, wrong", PASSLIB, "Password", false },
		{ "passlib, cut", "$pbkdf2-sha256$6400$0ZrzXitFSGltTQnBWOsdYw$Y11A", "password",
		    false },
		{ "passlib, no rounds", "$pbkdf2-sha256$0$0ZrzXitFSGltTQnBWOsdYw$Y11A", "x",
		    false },
		{ "passlib, absurd rounds",
		    "$pbkdf2-sha256$99999999999$0ZrzXitFSGltTQnBWOsdYw$Y11A", "x", false },
		{ "passlib, foreign alphabet", "$pbkdf2-sha256$1$0Zrz+itFSGltTQnBWOsdYw$Y11A", "x",
		    false },
		{ "Argon2, absurd memory", "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFh",
		    "password", false },
		{ "Argon2, absurd passes", "$argon2id$v=19$m=64,t=99999,p=1$c29tZXNhbHQ$CTFh",
		    "password", false },
		{ "Argon2, no numbers", "$argon2id$v=19$$$", "password", false },
		{ "another scheme", "$2b$12$abcdefghijklmnopqrstuv", "password", false },
		{ "plain text", "password", "password", false },
		{ "nothing", "", "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool outdated = false;
		const bool ok = password_verify(
		    str_from(cases[i].text), str_from(cases[i].password), &outdated);

		CHECK_CASE(cases[i].what, ok == cases[i].ok);
		CHECK_CASE(cases[i].what, outdated);
	}
}

static void
verifies_its_own_and_calls_it_new(void **state UNUSED)
{
	char one[PASSWORD_TEXT_SIZE], two[PASSWORD_TEXT_SIZE];
	const struct str password = { "gr\303\274n\0", 7 };
	const struct str hash = password_hash(password, one);
	bool outdated = true;

	CHECK(str_starts(hash, STR("$argon2id$v=19$m=19456,t=2,p=1$")));
	CHECK(password_verify(hash, password, &outdated) && !outdated);
	CHECK(!password_verify(hash, str_sub(password, 0, 6), &outdated));
	CHECK(!str_eq(hash, password_hash(password, two))); /* a salt each */
	CHECK(password_is_hash(hash) && !password_is_hash(STR("secret")));
	password_waste(password);
}

UNIT_TESTS(verifies_what_others_have_made, verifies_its_own_and_calls_it_new)
