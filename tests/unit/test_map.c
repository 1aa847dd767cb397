#include "tests/unit/unit.h"

#include "base/asset.h"
#include "base/map.h"

static void
keeps_what_was_put_and_forgets_what_was_dropped(void **state UNUSED)
{
	CLEANUP(map_freep) struct map *m = map_new();
	static int values[1000];
	char key[16];

	for (int i = 0; i < 1000; i++) {
		const int len = snprintf(key, sizeof(key), "key %d", i);

		CHECK(map_put(m, (struct str){ key, (size_t)len }, &values[i]) == NULL);
	}
	CHECK(map_len(m) == 1000 && map_get(m, STR("key 500")) == &values[500]);
	CHECK(map_put(m, STR("key 500"), &values[1]) == &values[500]);
	for (int i = 0; i < 1000; i += 2) {
		const int len = snprintf(key, sizeof(key), "key %d", i);

		CHECK(map_drop(m, (struct str){ key, (size_t)len }) != NULL);
	}
	CHECK(map_len(m) == 500 && map_get(m, STR("key 500")) == NULL);
	CHECK(map_get(m, STR("key 501")) == &values[501]);
	CHECK(map_drop(m, STR("key 500")) == NULL);
	/* Tombstones do not fill the table. */
	for (int i = 0; i < 20000; i++) {
		CHECK(map_put(m, STR("again"), &values[0]) == NULL);
		CHECK(map_drop(m, STR("again")) == &values[0]);
	}
}

static void
walks_every_entry_once(void **state UNUSED)
{
	CLEANUP(map_freep) struct map *m = map_new_nocase();
	static int values[3];
	struct str key;
	void *value;
	size_t at = 0;
	int seen = 0;

	map_put(m, STR("A"), &values[0]);
	map_put(m, STR("b"), &values[1]);
	CHECK(map_put(m, STR("a"), &values[2]) == &values[0]);
	CHECK(map_get(m, STR("B")) == &values[1]);
	while (map_next(m, &at, &key, &value))
		seen++;
	CHECK(seen == 2);
}

static void
finds_what_is_built_in(void **state UNUSED)
{
	for (size_t i = 0; i < ASSET_ALL_LEN; i++)
		CHECK(asset_find(ASSET_ALL[i].path) == &ASSET_ALL[i]);
	CHECK(asset_find(STR("sql/none")) == NULL);
	CHECK(asset_find(STR("sql/0001_base.sqlite.sql"))->bytes.len > 100);
}

UNIT_TESTS(
    keeps_what_was_put_and_forgets_what_was_dropped, walks_every_entry_once, finds_what_is_built_in)
