/*
 * api_folder.h - frappe.core.api.file: folders of files, and the files of documents (spec/rpc.md
 * 6.5).
 */
#ifndef API_API_FOLDER_H
#define API_API_FOLDER_H

#include "api/method.h"

extern const struct method_table API_FOLDER_METHODS;

#endif
