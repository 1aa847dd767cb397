#include "tests/unit/unit.h"

#include "base/base64.h"

static void
encodes_and_decodes(void **state UNUSED)
{
	static const struct {
		struct str bytes;
		const char *text;
	} cases[] = {
		{ STR_INIT(""), "" },
		{ STR_INIT("f"), "Zg==" },
		{ STR_INIT("fo"), "Zm8=" },
		{ STR_INIT("foo"), "Zm9v" },
		{ STR_INIT("foob"), "Zm9vYg==" },
		{ STR_INIT("fooba"), "Zm9vYmE=" },
		{ STR_INIT("foobar"), "Zm9vYmFy" },
		{ STR_INIT("\xff\xfe\0\xfb"), "//4A+w==" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[16], bytes[16];
		size_t len = 99;

		CHECK_STR(base64_encode(cases[i].bytes, text), cases[i].text);
		CHECK_CASE(cases[i].text, base64_decode(str_from(cases[i].text), bytes, &len));
		CHECK_CASE(cases[i].text, str_eq((struct str){ bytes, len }, cases[i].bytes));
	}
}

static void
judges_what_is_to_be_decoded(void **state UNUSED)
{
	static const struct {
		const char *text;
		const char *bytes; /* NULL: refused */
	} cases[] = {
		{ "Zm9v\r\nYg==\n", "foob" },
		{ "Zm9vYg", "foob" },
		{ "Zm9vYg=", "foob" },
		{ "Zm9vY", NULL },
		{ "Zm9v=", NULL },
		{ "=", NULL },
		{ "Zg===", NULL },
		{ "Zg==Zg==", NULL },
		{ "Zm-v", NULL },
		{ "Zm9v\x80", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char bytes[16];
		size_t len;
		const bool ok = base64_decode(str_from(cases[i].text), bytes, &len);

		CHECK_CASE(cases[i].text, ok == (cases[i].bytes != NULL));
		if (ok)
			CHECK_STR(((struct str){ bytes, len }), cases[i].bytes);
	}
}

UNIT_TESTS(encodes_and_decodes, judges_what_is_to_be_decoded)
