/* JSON: what is read can be written, and the text written is read again as the same. */
#include "tests/fuzz/fuzz.h"

#include "json/json_in.h"
#include "json/json_out.h"

static int
depth_of(const json_t *v)
{
	int deepest = 0;

	for (size_t i = 0; i < json_array_size(v); i++) {
		const int depth = depth_of(json_array_get(v, i));

		deepest = MAX(deepest, depth);
	}
	for (struct json_member m = json_first(v); m.value != NULL; m = json_next(m)) {
		const int depth = depth_of(m.value);

		deepest = MAX(deepest, depth);
	}
	return deepest + (json_is_array(v) || json_is_object(v));
}

static void
write_tree(const json_t *tree, struct buf *out)
{
	struct json_out o = JSON_OUT(out);

	json_add_tree(&o, tree);
	HOLDS(buf_ok(out));
	for (size_t i = 0; i < out->len; i++)
		HOLDS(out->ptr[i] >= ' ' && out->ptr[i] < 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	CLEANUP(arena_freep) struct arena *a = arena_new(8 * 1024 * 1024);
	CLEANUP(buf_free) struct buf first = BUF_INIT(8 * 1024 * 1024);
	CLEANUP(buf_free) struct buf second = BUF_INIT(8 * 1024 * 1024);
	const struct str text = fuzz_copy((struct str){ (const char *)data, size });
	const json_t *tree;
	struct err err;

	if (!ready)
		json_init();
	ready = true;
	if (json_parse(a, text, &tree, &err)) {
		HOLDS(depth_of(tree) <= JSON_MAX_DEPTH);
		write_tree(tree, &first);
		HOLDS(json_parse(a, buf_str(&first), &tree, &err));
		write_tree(tree, &second);
		HOLDS(str_eq(buf_str(&first), buf_str(&second)));
	} else {
		HOLDS(err.kind == ERR_JSON || err.kind == ERR_TOO_LARGE || err.kind == ERR_LENGTH);
	}
	free((char *)(uintptr_t)text.ptr);
	return 0;
}
