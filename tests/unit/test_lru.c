#include "tests/unit/unit.h"

#include "db/lru.h"

#include <stdio.h>

enum { ITEMS = 1000 }; /* more than there are buckets */

static void
finds_items_by_their_text_and_keeps_the_order_of_their_use(void **state UNUSED)
{
	struct lru l = { 0 };
	struct lru_item items[ITEMS] = { 0 };
	char texts[ITEMS][16];

	for (int i = 0; i < ITEMS; i++) {
		const int len = snprintf(texts[i], sizeof(texts[i]), "text %d", i);

		CHECK(lru_find(&l, str_from(texts[i])) == NULL);
		items[i].text = (struct str){ texts[i], (size_t)len };
		lru_add(&l, &items[i]);
		CHECK(l.newest == &items[i] && l.oldest == &items[0]);
	}
	CHECK(l.len == ITEMS);
	for (int i = 0; i < ITEMS; i++)
		CHECK_CASE(texts[i], lru_find(&l, str_from(texts[i])) == &items[i]);
	lru_use(&l, &items[ITEMS - 1]);
	CHECK(l.newest == &items[ITEMS - 1]);
	lru_use(&l, &items[0]);
	CHECK(l.newest == &items[0] && l.oldest == &items[1]);
	lru_use(&l, &items[5]);
	CHECK(l.newest == &items[5] && items[4].newer == &items[6]);
}

static void
drops_from_every_place(void **state UNUSED)
{
	static const int ORDERS[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 } };

	for (size_t i = 0; i < ARRAY_LEN(ORDERS); i++) {
		struct lru l = { 0 };
		struct lru_item items[3] = { { .text = STR("a") }, { .text = STR("b") },
			{ .text = STR("a") } }; /* a second one of a text */

		for (size_t j = 0; j < ARRAY_LEN(items); j++)
			lru_add(&l, &items[j]);
		CHECK(lru_find(&l, STR("a")) == &items[2]);
		for (size_t j = 0; j < ARRAY_LEN(items); j++) {
			lru_drop(&l, &items[ORDERS[i][j]]);
			CHECK(l.len == 2 - j);
		}
		CHECK(l.newest == NULL && l.oldest == NULL && lru_find(&l, STR("a")) == NULL);
	}
}

UNIT_TESTS(finds_items_by_their_text_and_keeps_the_order_of_their_use, drops_from_every_place)
