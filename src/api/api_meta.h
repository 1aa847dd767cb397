/*
 * api_meta.h - symbolon.meta.*: which DocTypes a caller may use and what their fields are, with his
 * own rights: all that a program needs to show lists and forms.
 */
#ifndef API_API_META_H
#define API_API_META_H

#include "api/method.h"

extern const struct method_table API_META_METHODS;

#endif
