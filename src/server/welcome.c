#include "server/welcome.h"

#include "json/json_in.h"

#include <stdio.h>

#define GENERATE "frappe.core.doctype.user.user.generate_keys"
#define WHO_AM_I "/api/method/frappe.auth.get_logged_user"

bool
welcome_make(struct site *site, struct welcome *w, struct err *err)
{
	const json_t *answer;

	*w = (struct welcome){ .call = site_call_new(site) };
	if (!site_run(site, w->call, STR(GENERATE), STR("{\"user\":\"Administrator\"}"), err) ||
	    !json_parse(w->call->arena, buf_str(&w->call->response.body), &answer, err)) {
		welcome_free(w);
		return false;
	}
	const json_t *pair = json_get(answer, STR("message"));

	w->key = json_text(json_get(pair, STR("api_key")));
	w->secret = json_text(json_get(pair, STR("api_secret")));
	return true;
}

void
welcome_print(const struct site *site, const struct welcome *w, struct str url)
{
	const bool is_unix = str_starts(url, STR("unix:"));
	const struct str path = is_unix ? str_sub(url, 5, url.len) : STR("");

	fprintf(stderr, "\nA new site is in %.*s.\n\n", STR_FMT(site->conf->server.data));
	if (site->admin_password.len > 0)
		fprintf(stderr,
		    "  User      Administrator\n  Password  %.*s    (shown only now)\n\n",
		    STR_FMT(site->admin_password));
	fprintf(stderr,
	    "Administrator has an api-key and an api-secret (shown only now, too). Try them:\n\n");
	if (is_unix)
		fprintf(stderr,
		    "  curl --unix-socket %.*s -H 'Authorization: token %.*s:%.*s' "
		    "http://localhost" WHO_AM_I "\n\n",
		    STR_FMT(path), STR_FMT(w->key), STR_FMT(w->secret));
	else
		fprintf(stderr, "  curl -H 'Authorization: token %.*s:%.*s' %.*s" WHO_AM_I "\n\n",
		    STR_FMT(w->key), STR_FMT(w->secret), STR_FMT(url));
	fflush(stderr);
}

void
welcome_free(struct welcome *w)
{
	if (w->call == NULL)
		return;
	explicit_bzero((char *)(uintptr_t)w->secret.ptr, w->secret.len);
	if (w->call->response.body.ptr != NULL)
		explicit_bzero(w->call->response.body.ptr, w->call->response.body.len);
	site_call_free(w->call);
	*w = (struct welcome){ 0 };
}
