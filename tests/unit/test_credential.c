#include "tests/unit/unit.h"

#include "auth/credential.h"
#include "base/mem.h"

static void
takes_the_field_apart(void **state UNUSED)
{
	static const struct {
		const char *field;
		enum credential_kind kind;
		const char *key, *secret;
	} cases[] = {
		{ "", CREDENTIAL_NONE, NULL, NULL }, { " \t ", CREDENTIAL_NONE, NULL, NULL },
		{ "token k:s", CREDENTIAL_PAIR, "k", "s" },
		{ "TOKEN k:s", CREDENTIAL_PAIR, "k", "s" },
		{ "tOkEn k:s", CREDENTIAL_PAIR, "k", "s" },
		{ "token  k:s", CREDENTIAL_PAIR, "k", "s" },
		{ "token\tk:s", CREDENTIAL_PAIR, "k", "s" },
		{ "  token \t k:s  ", CREDENTIAL_PAIR, "k", "s" },
		{ "token k:s:t", CREDENTIAL_PAIR, "k", "s:t" },
		{ "token :", CREDENTIAL_PAIR, "", "" }, { "token k:", CREDENTIAL_PAIR, "k", "" },
		{ "Bearer k:s", CREDENTIAL_PAIR, "k", "s" },
		{ "bearer k:s", CREDENTIAL_PAIR, "k", "s" },
		{ "Basic azpz", CREDENTIAL_PAIR, "k", "s" },
		{ "basic a2s6c3M=", CREDENTIAL_PAIR, "kk", "ss" },
		{ "BASIC a2trOnNzcw==", CREDENTIAL_PAIR, "kkk", "sss" },
		{ "Basic a-z*p!z", CREDENTIAL_PAIR, "k", "s" }, /* foreign characters are dropped */
		{ "Basic a2s6c3M=azpz", CREDENTIAL_PAIR, "kk", "ss" }, /* nothing behind padding */
		{ "Basic =azpz", CREDENTIAL_PAIR, "k", "s" },
		{ "Basic !!!!", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "Basic abc", CREDENTIAL_BAD_BASE64, NULL, NULL },
		{ "Basic abcde", CREDENTIAL_BAD_BASE64, NULL, NULL },
		{ "Basic a2s6c3M", CREDENTIAL_BAD_BASE64, NULL, NULL },
		{ "Basic a", CREDENTIAL_BAD_BASE64, NULL, NULL },
		{ "Basic /////w==", CREDENTIAL_UNUSABLE, NULL, NULL }, /* not UTF-8 */
		{ "Basic /zr/", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "Basic", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "Basic az pz", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "token", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "token nope", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "token k:s extra", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "token k: s", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "token: k:s", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "Bearer opaque", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "Digest username=x", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "k:s", CREDENTIAL_UNUSABLE, NULL, NULL },
		{ "token k:\377", CREDENTIAL_PAIR, "k", "\377" }, /* compared as bytes */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct credential c;

		CHECK_CASE(cases[i].field,
		    credential_parse(str_from(cases[i].field), &c) == cases[i].kind);
		if (cases[i].kind != CREDENTIAL_PAIR)
			continue;
		CHECK_CASE(cases[i].field, str_eq(c.key, str_from(cases[i].key)));
		CHECK_CASE(cases[i].field, str_eq(c.secret, str_from(cases[i].secret)));
		credential_wipe(&c);
	}
}

/* As Python's binascii: foreign characters are dropped, padding ends a group and the text. */
static void
reads_base64_as_leniently_as_the_reference(void **state UNUSED)
{
	static const struct {
		struct str in;
		const char *key, *secret; /* NULL: bad base64 */
	} cases[] = {
		{ STR_INIT("YTpi"), "a", "b" },
		{ STR_INIT("YTpi="), "a", "b" },
		{ STR_INIT("=YTpi"), "a", "b" },
		{ STR_INIT("YTo="), "a", "" },
		{ STR_INIT("YTo"), NULL, NULL },
		{ STR_INIT("YTpiYw=="), "a", "bc" },
		{ STR_INIT("YTpiYw="), NULL, NULL },
		{ STR_INIT("YTpiYw"), NULL, NULL },
		{ STR_INIT("YTpiY"), NULL, NULL },
		{ STR_INIT("YTpiY="), NULL, NULL },
		{ STR_INIT("YTpiY==="), NULL, NULL },
		{ STR_INIT("YTpiYw==YQ=="), "a", "bc" },
		{ STR_INIT("YTo=YQ=="), "a", "" },
		{ STR_INIT("Y=Q="), NULL, NULL },
		{ STR_INIT("Y=T=o="), "a", "" },
		{ STR_INIT("YT=o"), NULL, NULL },
		{ STR_INIT("YTp\xe9"
			   "i"),
		    "a", "b" },
		{ STR_INIT("YT-pi_"), "a", "b" },
		{ STR_INIT("YTp=x="), "a", "" },
		{ STR_INIT("YTo=!"), "a", "" },
		{ STR_INIT("YTo!="), "a", "" },
		{ STR_INIT("YTpiYw=-="), "a", "bc" },
		{ STR_INIT("YTpi\0Yw=="), "a", "bc" },
		{ STR_INIT("YTpiYw=x="), "a", "bc\f" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[32] = "Basic ";
		struct credential c;

		memcpy(text + 6, cases[i].in.ptr, cases[i].in.len);
		const enum credential_kind kind =
		    credential_parse((struct str){ text, 6 + cases[i].in.len }, &c);

		CHECK_CASE(cases[i].in.ptr,
		    kind == (cases[i].key == NULL ? CREDENTIAL_BAD_BASE64 : CREDENTIAL_PAIR));
		if (kind != CREDENTIAL_PAIR)
			continue;
		CHECK_STR(c.key, cases[i].key);
		CHECK_STR(c.secret, cases[i].secret);
		credential_wipe(&c);
	}
}

static void
calls_what_is_too_long_unusable(void **state UNUSED)
{
	enum { LEN = 16 * 1024 };
	char *text = mem_alloc(LEN);
	struct credential c;

	memset(text, 'A', LEN);
	memcpy(text, "Basic ", 6);
	CHECK(credential_parse((struct str){ text, LEN - 2 }, &c) == CREDENTIAL_UNUSABLE);
	memcpy(text, "token ", 6);
	text[8] = ':';
	CHECK(credential_parse((struct str){ text, LEN }, &c) == CREDENTIAL_UNUSABLE);
	CHECK(credential_parse((struct str){ text, 6 + CREDENTIAL_MAX }, &c) == CREDENTIAL_PAIR);
	mem_free(text);
}

UNIT_TESTS(takes_the_field_apart, reads_base64_as_leniently_as_the_reference,
    calls_what_is_too_long_unusable)
