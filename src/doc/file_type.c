#include "doc/file_type.h"

#define ROW(extension, label, media, is_inline, for_website)                                       \
	{                                                                                          \
		STR_INIT(extension), STR_INIT(label), STR_INIT(media), is_inline, for_website      \
	}

/* clang-format off */
static const struct file_type TYPES[] = {
	ROW("png",  "PNG",  "image/png",                     true,  true),
	ROW("jpg",  "JPG",  "image/jpeg",                    true,  true),
	ROW("jpeg", "JPG",  "image/jpeg",                    true,  true),
	ROW("gif",  "GIF",  "image/gif",                     true,  false),
	ROW("webp", "WEBP", "image/webp",                    true,  false),
	ROW("avif", "AVIF", "image/avif",                    true,  false),
	ROW("bmp",  "BMP",  "image/bmp",                     true,  false),
	ROW("ico",  "ICO",  "image/x-icon",                  true,  false),
	ROW("svg",  "SVG",  "image/svg+xml",                 false, false),
	ROW("txt",  "TXT",  "text/plain; charset=utf-8",     true,  true),
	ROW("log",  "LOG",  "text/plain; charset=utf-8",     true,  false),
	ROW("md",   "MD",   "text/plain; charset=utf-8",     true,  false),
	ROW("csv",  "CSV",  "text/csv; charset=utf-8",       false, true),
	ROW("json", "JSON", "application/json",              false, false),
	ROW("pdf",  "PDF",  "application/pdf",               true,  true),
	ROW("html", "HTML", "text/html; charset=utf-8",      false, false),
	ROW("htm",  "HTML", "text/html; charset=utf-8",      false, false),
	ROW("xhtml","XHTML","application/xhtml+xml",         false, false),
	ROW("xml",  "XML",  "application/xml",               false, false),
	ROW("js",   "JS",   "text/javascript",               false, false),
	ROW("css",  "CSS",  "text/css",                      false, false),
	ROW("doc",  "DOC",  "application/msword",            false, true),
	ROW("docx", "DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",   false, true),
	ROW("xls",  "XLS",  "application/vnd.ms-excel",      false, true),
	ROW("xlsx", "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",         false, true),
	ROW("ppt",  "PPT",  "application/vnd.ms-powerpoint", false, false),
	ROW("pptx", "PPTX", "application/vnd.openxmlformats-officedocument.presentationml.presentation", false, false),
	ROW("odt",  "ODT",  "application/vnd.oasis.opendocument.text",        false, true),
	ROW("ods",  "ODS",  "application/vnd.oasis.opendocument.spreadsheet", false, true),
	ROW("mp3",  "MP3",  "audio/mpeg",                    true,  false),
	ROW("wav",  "WAV",  "audio/wav",                     true,  false),
	ROW("ogg",  "OGG",  "audio/ogg",                     true,  false),
	ROW("mp4",  "MP4",  "video/mp4",                     true,  true),
	ROW("mov",  "MOV",  "video/quicktime",               true,  true),
	ROW("webm", "WEBM", "video/webm",                    true,  false),
	ROW("zip",  "ZIP",  "application/zip",               false, false),
	ROW("gz",   "GZ",   "application/gzip",              false, false),
};
/* clang-format on */

static const struct file_type UNKNOWN = { .media = STR_INIT("application/octet-stream") };

struct str
file_type_extension(struct str name)
{
	for (size_t i = name.len; i-- > 1;) {
		if (name.ptr[i] == '.')
			return str_sub(name, i + 1, name.len);
	}
	return STR_NULL;
}

const struct file_type *
file_type_of(struct str name)
{
	const struct str extension = file_type_extension(name);

	for (size_t i = 0; i < ARRAY_LEN(TYPES); i++) {
		if (str_ieq(TYPES[i].extension, extension))
			return &TYPES[i];
	}
	return &UNKNOWN;
}
