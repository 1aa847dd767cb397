/*
 * settings_rules.h - the rules of DocType System Settings: auth reads some of them anew after a
 * save.
 */
#ifndef DOC_SETTINGS_RULES_H
#define DOC_SETTINGS_RULES_H

#include "doc/controller.h"

extern const struct controller SETTINGS_RULES;

#endif
