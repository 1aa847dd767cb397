/*
 * embed.c - build helper: writes files as C tables (struct asset of base/asset.h).
 *
 *   embed OUTPUT ROOT FILE...   paths in the table are relative to ROOT; sorted by byte order
 *
 * ASSET_VERSION is a hash of all of them, for addresses that may be kept forever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *suffix;
	const char *type;
} TYPES[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".json", "application/json" },
	{ ".woff2", "font/woff2" },
	{ ".png", "image/png" },
};

static const char *
type_of(const char *path)
{
	const size_t len = strlen(path);

	for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
		const size_t suffix = strlen(TYPES[i].suffix);

		if (len > suffix && strcmp(path + len - suffix, TYPES[i].suffix) == 0)
			return TYPES[i].type;
	}
	return "text/plain; charset=utf-8";
}

/* Prints path as it is below root. */
static void
write_relative(FILE *out, const char *path, const char *root)
{
	char *whole = realpath(path, NULL);
	char *top = realpath(root, NULL);

	if (whole == NULL || top == NULL || strncmp(whole, top, strlen(top)) != 0) {
		fprintf(stderr, "embed: %s is not below %s\n", path, root);
		exit(1);
	}
	fprintf(out, "%s", whole + strlen(top) + 1);
	free(whole);
	free(top);
}

static const unsigned long long FNV_START = 0xcbf29ce484222325ULL, FNV_PRIME = 0x100000001b3ULL;

/* Writes the bytes as an array, and their FNV-1a hash as the content's etag; returns the hash. */
static unsigned long long
write_bytes(FILE *out, const char *path, size_t number)
{
	FILE *in = fopen(path, "rb");
	unsigned long long hash = FNV_START;
	size_t len = 0;
	int c;

	if (in == NULL) {
		perror(path);
		exit(1);
	}
	fprintf(out, "static const char BYTES_%zu[] = {", number);
	while ((c = fgetc(in)) != EOF) {
		hash = (hash ^ (unsigned long long)c) * FNV_PRIME;
		fprintf(out, "%s%d,", len++ % 24 == 0 ? "\n" : "", c > 127 ? c - 256 : c);
	}
	fprintf(out, "0 };\n#define ETAG_%zu \"\\\"%016llx\\\"\"\n", number, hash);
	(void)fclose(in);
	return hash;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: embed OUTPUT ROOT FILE...\n");
		return 2;
	}
	FILE *out = fopen(argv[1], "w");

	if (out == NULL) {
		perror(argv[1]);
		return 1;
	}
	const size_t n = (size_t)argc - 3;

	qsort(argv + 3, n, sizeof(*argv), by_path);
	fprintf(out, "#include \"base/asset.h\"\n\n");
	unsigned long long version = FNV_START;

	for (size_t i = 0; i < n; i++)
		version = (version ^ write_bytes(out, argv[3 + i], i)) * FNV_PRIME;
	fprintf(out, "\nconst struct asset ASSET_ALL[] = {\n");
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "\t{ STR_INIT(\"");
		write_relative(out, argv[3 + i], argv[2]);
		fprintf(out,
		    "\"), STR_INIT(\"%s\"), STR_INIT(ETAG_%zu), { BYTES_%zu, sizeof(BYTES_%zu) - 1 "
		    "} },\n",
		    type_of(argv[3 + i]), i, i, i);
	}
	fprintf(out, "};\nconst size_t ASSET_ALL_LEN = %zu;\n", n);
	fprintf(out, "const struct str ASSET_VERSION = STR_INIT(\"%016llx\");\n", version);
	return fclose(out) == 0 ? 0 : 1;
}
