#include "base/asset.h"

const struct asset *
asset_find(struct str path)
{
	size_t low = 0;
	size_t high = ASSET_ALL_LEN;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = str_cmp(ASSET_ALL[middle].path, path);

		if (order == 0)
			return &ASSET_ALL[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
