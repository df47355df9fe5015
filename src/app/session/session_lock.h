/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_lock: who writes a session.
 *
 *	DIR/lock         held shared by every program that writes the session, and
 *	                 alone by whoever changes it as a whole, for that moment:
 *	                 creates, adopts, joins, moves or deletes it. An empty file
 *	                 that stays.
 *	DIR/fold-F/lock  held alone by the program that writes the fold. While it is
 *	                 held the file has one line: HOST PID TIME SOCKET. TIME is UTC, as
 *	                 2026-01-04T12:00:00Z; SOCKET, the rest of the line, is the
 *	                 absolute path of the socket on HOST where the program listens,
 *	                 and is left out where there is none. What a killed program leaves
 *	                 there means nothing: the lock has gone with the program.
 *
 * Both are open file description locks (F_OFD_SETLK in fcntl(2)): they end with the
 * process, threads of one process exclude each other too, and file systems pass
 * them on to other machines. Readers take none; they ask (F_OFD_GETLK).
 *
 * Programs of version 0.1 hold flock(2) alone on DIR/lock, which on a local file
 * system does not meet these locks. So whoever holds DIR/lock here also holds
 * flock shared: old and new programs exclude each other, new ones do not. Where
 * flock is made of the other kind (NFS), both belong to one open file and agree.
 *
 * Lock order: DIR/lock before a fold's, one fold at a time. Nobody waits while
 * holding a lock: only the first lock on DIR/lock is waited for, and only while
 * somebody holds it alone.
 */
#ifndef MIUST_SESSION_LOCK_H
#define MIUST_SESSION_LOCK_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lock_how { LOCK_SHARED, LOCK_ALONE };
enum lock_answer { LOCK_FAILED = -1, LOCK_TAKEN, LOCK_BUSY };

/* An open DIR/lock, made if `make`; not locked. -1 on error; without `make` also,
 * and no error, if there is none. A link or anything but a file is refused. */
int lock_open(const char *dir, bool make, struct err *e);
/* Lock it, or change between shared and alone (LOCK_BUSY: nothing has changed). With
 * `wait` as long as somebody else holds it alone. An error names `dir`. */
enum lock_answer lock_take(int fd, enum lock_how how, bool wait, const char *dir, struct err *e);
void lock_release(int fd); /* the file stays open */
/* Does somebody hold DIR/lock, shared or alone? Opens the file for reading only; a
 * program of version 0.1 is not seen. */
bool lock_asked(const char *dir);

enum { LOCK_SOCKET = 1024 }; /* longest path of a socket, with its NUL: ADDRESS_PATH of control */

/* Take FOLD_DIR/lock alone and write the line, with the path of a socket unless it is "".
 * The descriptor is for fold_lock_end; -1 on error, which says who holds it (of the
 * session `dir`). */
int fold_lock(const char *fold_dir, const char *dir, int fold, const char *socket, struct err *e);
void fold_lock_end(int fd); /* without the line; closes it */
/* The error (EXIT_BUSY) that says so: of a fold of the session `dir`, held by `who`. */
int fold_lock_refused(const char *dir, int fold, const char *who, struct err *e);
/* Who wrote the line; host "": nobody, or it is not such a line. */
struct lock_owner {
	char host[128], since[32]; /* since: as in the file */
	long pid;
	char socket[LOCK_SOCKET]; /* "": none, or not a path that a socket can have */
};
/* "process 123 on HOST since TIME"; "" if it is not known. Returns out. */
char *lock_owner_text(const struct lock_owner *who, char *out, size_t n);
/* `since` in seconds since 1970; 0: it is not a time. */
int64_t lock_owner_since(const struct lock_owner *who);
enum fold_lock {
	FOLD_FREE,   /* nobody holds it; whoever did has ended it in order, if anybody ever did */
	FOLD_LEFT,   /* nobody holds it, but a line is there: the program was killed */
	FOLD_HELD,   /* *who wrote the line */
	FOLD_UNSEEN, /* this user may not read it: who holds it, if anybody, is not known */
};
/* What FOLD_DIR/lock says, opened for reading only. *who is filled if it is held or left. */
enum fold_lock fold_lock_look(const char *fold_dir, struct lock_owner *who);
/* Does somebody hold it? Their lock_owner_text to *who. */
bool fold_lock_asked(const char *fold_dir, char *who, size_t n);

/* In a mountinfo (proc(5)), are locks of the device MAJOR:MINOR known to this
 * machine only? "nfs, nolock": the file system and the option that says so. */
bool lock_is_local(const char *mountinfo, unsigned major, unsigned minor, char *why, size_t n);
/* The same of a folder. */
bool lock_dir_is_local(const char *dir, char *why, size_t n);
/* And as a sentence for the user; "" if all is well. */
void lock_warning(const char *dir, char *text, size_t n);

#endif
