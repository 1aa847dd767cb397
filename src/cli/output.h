/*
 * output.h - answers on standard output.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/str.h"

#include <jansson.h>

/* One line of JSON; spaced: as Python's json.dumps() separates. */
void output_json(const json_t *value, bool spaced);

/* A list of objects as columns, an object as lines of name and value, anything else as itself. */
void output_table(const json_t *value);

#endif
