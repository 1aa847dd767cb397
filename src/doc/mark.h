/*
 * mark.h - marks: what others leave on a document without changing it, in columns of its own table
 * (enum doc_mark): its tags, comments, assignments and who likes it.
 *
 * A mark is made of documents of other DocTypes (Tag Link, Comment, ToDo), which alone count; it is
 * there so that lists can be made by it. Its document's modified stays as it is.
 */
#ifndef DOC_MARK_H
#define DOC_MARK_H

#include "doc/doc.h"

/*
 * Makes a mark anew after what it is made of has changed. Nothing happens for a document that is
 * not there, or whose DocType has no marks. The document's row is locked from here on. Rights are
 * not looked at.
 */
MUST_USE bool mark_refresh(
    struct call *call, struct str doctype, struct str name, enum doc_mark mark, struct err *err);

#endif
