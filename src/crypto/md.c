#include "crypto/md.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Set once, before first use by any thread; the pointer of a thread is its own. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static pthread_key_t scratch_key;
static _Thread_local EVP_MD_CTX *scratch;

void
md_broken(void)
{
	fputs("symbolon: the crypto library failed (SHA-256)\n", stderr);
	abort();
}

static void
scratch_free(void *p)
{
	EVP_MD_CTX_free(p);
}

static void
prepare(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL || pthread_key_create(&scratch_key, scratch_free) != 0)
		md_broken();
}

const EVP_MD *
md_sha256(void)
{
	pthread_once(&once, prepare);
	return sha256;
}

EVP_MD_CTX *
md_scratch(void)
{
	if (LIKELY(scratch != NULL))
		return scratch;
	pthread_once(&once, prepare);
	scratch = EVP_MD_CTX_new();
	if (scratch == NULL || pthread_setspecific(scratch_key, scratch) != 0)
		md_broken();
	return scratch;
}
