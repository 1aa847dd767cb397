#include "cli/output.h"

#include "base/buf.h"
#include "json/json_in.h"
#include "json/json_out.h"

#include <stdio.h>

enum { OUTPUT_MAX = 512 * 1024 * 1024, COLUMNS_MAX = 32 };

struct column {
	struct str name;
	size_t width;
};

void
output_json(const json_t *value, bool spaced)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(OUTPUT_MAX);
	struct json_out out = JSON_OUT(&text);

	out.spaced = spaced;
	if (value == NULL)
		json_add_null(&out);
	else
		json_add_tree(&out, value);
	fwrite(text.ptr, 1, text.len, stdout);
	fputc('\n', stdout);
}

/* A cell: texts as they are but for control characters, which a terminal would obey. */
static void
cell(const json_t *value, struct buf *out)
{
	const struct str text = json_text(value);
	struct json_out json = JSON_OUT(out);

	buf_clear(out);
	if (value == NULL || json_is_null(value))
		return;
	if (json_is_string(value)) {
		for (size_t i = 0; i < text.len; i++) {
			const unsigned char c = (unsigned char)text.ptr[i];

			buf_put_char(out, c < ' ' || c == 0x7f ? ' ' : (char)c);
		}
	} else {
		json_add_tree(&json, value);
	}
}

static size_t
width_of(struct str text)
{
	return str_is_utf8(text) ? str_utf8_len(text) : text.len;
}

static void
print_padded(struct str text, size_t width)
{
	printf("%.*s", STR_FMT(text));
	for (size_t n = width_of(text); n < width + 2; n++)
		fputc(' ', stdout);
}

/* The columns of the first row, as wide as their widest cell. */
static size_t
measure(const json_t *rows, struct column *columns, struct buf *text)
{
	const json_t *first = json_array_get(rows, 0), *row;
	size_t len = 0, at;

	for (struct json_member m = json_first(first); m.value != NULL; m = json_next(m)) {
		if (len < COLUMNS_MAX)
			columns[len++] = (struct column){ .name = m.key, .width = width_of(m.key) };
	}
	json_array_foreach(rows, at, row)
	{
		for (size_t i = 0; i < len; i++) {
			cell(json_get(row, columns[i].name), text);
			columns[i].width = MAX(columns[i].width, width_of(buf_str(text)));
		}
	}
	return len;
}

static void
print_rows(const json_t *rows)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(OUTPUT_MAX);
	struct column columns[COLUMNS_MAX];
	const size_t len = measure(rows, columns, &text);
	const json_t *row;
	size_t at;

	for (size_t i = 0; i < len; i++)
		print_padded(columns[i].name, i + 1 == len ? 0 : columns[i].width);
	fputc('\n', stdout);
	json_array_foreach(rows, at, row)
	{
		for (size_t i = 0; i < len; i++) {
			cell(json_get(row, columns[i].name), &text);
			print_padded(buf_str(&text), i + 1 == len ? 0 : columns[i].width);
		}
		fputc('\n', stdout);
	}
}

static void
print_object(const json_t *object)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(OUTPUT_MAX);
	size_t width = 0;

	for (struct json_member m = json_first(object); m.value != NULL; m = json_next(m))
		width = MAX(width, width_of(m.key));
	for (struct json_member m = json_first(object); m.value != NULL; m = json_next(m)) {
		print_padded(m.key, width);
		cell(m.value, &text);
		printf("%.*s\n", STR_FMT(buf_str(&text)));
	}
}

void
output_table(const json_t *value)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(OUTPUT_MAX);
	const json_t *item;
	size_t at;

	if (json_is_object(value)) {
		print_object(value);
	} else if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
		print_rows(value);
	} else if (json_is_array(value)) {
		json_array_foreach(value, at, item)
		{
			cell(item, &text);
			printf("%.*s\n", STR_FMT(buf_str(&text)));
		}
	} else if (value != NULL) {
		cell(value, &text);
		printf("%.*s\n", STR_FMT(buf_str(&text)));
	}
}
