#include "tests/unit/unit.h"

#include "cli/literal.h"

static void
reads_what_people_put_behind_args(void **state UNUSED)
{
	static const struct {
		const char *text, *json; /* json NULL: refused */
	} cases[] = {
		{ "['user']", "[\"user\"]" },
		{ "[\"user\"]", "[\"user\"]" },
		{ "[user@example.com]", "[\"user@example.com\"]" },
		{ "[ada lovelace , 3]", "[\"ada lovelace\",3]" },
		{ "('a', 'b',)", "[\"a\",\"b\"]" },
		{ "[]", "[]" },
		{ "()", "[]" },
		{ "user", "\"user\"" },
		{ "ada, lovelace", "\"ada, lovelace\"" },
		{ "{'user':'bob@golden.test'}", "{\"user\":\"bob@golden.test\"}" },
		{ "{user:bob@golden.test}", "{\"user\":\"bob@golden.test\"}" },
		{ "{ 'doctype' : 'Role', 'limit_page_length' : 2, }",
		    "{\"doctype\":\"Role\",\"limit_page_length\":2}" },
		{ "{'a': {'b': [1, {'c': (True, False, None)}]}}",
		    "{\"a\":{\"b\":[1,{\"c\":[true,false,null]}]}}" },
		{ "{\"a\": true, 'b': null}", "{\"a\":true,\"b\":null}" },
		{ "{1: 'x', time: 10:30}", "{\"1\":\"x\",\"time\":\"10:30\"}" },
		{ "[1, -2, 1.5, -0.25, 1e3]", "[1,-2,1.5,-0.25,1e3]" },
		{ "[007, 1., .5, +1, 0x10]", "[\"007\",\"1.\",\".5\",\"+1\",\"0x10\"]" },
		{ "['it\\'s', \"a \\\"b\\\"\", 'x\\ny']", "[\"it's\",\"a \\\"b\\\"\",\"x\\ny\"]" },
		{ "['\\u00e9\\xe9\\ud83d\\ude00']", "[\"\\u00e9\\u00e9\\ud83d\\ude00\"]" },
		{ "['']", "[\"\"]" },
		{ "[[1, 2], [3]]", "[[1,2],[3]]" },
		{ "", NULL },
		{ "  ", NULL },
		{ "[", NULL },
		{ "['a'", NULL },
		{ "['a", NULL },
		{ "['a' 'b']", NULL },
		{ "[,]", NULL },
		{ "{'a'}", NULL },
		{ "{'a': }", NULL },
		{ "['a'] x", NULL },
		{ "['\\q']", NULL },
		{ "['\\ud83d']", NULL },
		{ "['\xff']", NULL },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_free) struct buf out = BUF_INIT(100000);
		struct err err;
		const bool ok = literal_to_json(str_from(cases[i].text), &out, &err);

		CHECK_CASE(cases[i].text, ok == (cases[i].json != NULL));
		if (ok)
			CHECK_STR(buf_str(&out), cases[i].json);
	}
}

UNIT_TESTS(reads_what_people_put_behind_args)
