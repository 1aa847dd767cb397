/*
 * local.h - methods for the command line and the control socket only: over HTTP they do not exist.
 */
#ifndef SERVER_LOCAL_H
#define SERVER_LOCAL_H

#include "api/method.h"

extern const struct method_table LOCAL_METHODS;

#endif
