/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json: jansson with the program's own allocation (mem.h). By itself jansson
 * leaves out what it has no memory for, and an object with a missing tensor or
 * figure would be stored as if all was well.
 */
#ifndef MIUST_JSON_H
#define MIUST_JSON_H

void json_begin(void); /* once, before jansson is used */

#endif
