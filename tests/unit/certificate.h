/*
 * certificate.h - for tests: a key and a certificate that it signs itself, as PEM files.
 */
#ifndef TESTS_UNIT_CERTIFICATE_H
#define TESTS_UNIT_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdio.h>

/* Writes both files; common_name tells certificates apart. */
static inline void
certificate_make(const char *certificate, const char *key, const char *common_name)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	FILE *f;

	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, pair);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)common_name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_sign(x, pair, EVP_sha256());
	f = fopen(certificate, "w");
	PEM_write_X509(f, x);
	assert_int_equal(fclose(f), 0);
	f = fopen(key, "w");
	PEM_write_PrivateKey(f, pair, NULL, NULL, 0, NULL, NULL);
	assert_int_equal(fclose(f), 0);
	X509_free(x);
	EVP_PKEY_free(pair);
}

#endif
