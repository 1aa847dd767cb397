/*
 * api_pepper.h - symbolon.pepper.*: the peppers of symbolon.key, their progress and their rotation.
 */
#ifndef API_API_PEPPER_H
#define API_API_PEPPER_H

#include "api/method.h"

extern const struct method_table API_PEPPER_METHODS;

#endif
