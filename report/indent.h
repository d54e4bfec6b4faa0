/* indent - JSON as Python's json.dumps(indent=2) writes it. */
#ifndef REPORT_INDENT_H
#define REPORT_INDENT_H

struct buf;

/* Appends json, which is valid JSON; lines after the first are indented by depth levels. */
void json_indent(struct buf *b, const char *json, int depth);

#endif
