/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * address: where the sockets are.
 *
 * $XDG_RUNTIME_DIR/miust/PID.sock, else $TMPDIR/miust-UID/PID.sock, else below /tmp. The folder
 * is made with mode 0700; one that another user owns, that others may enter, or that is a
 * link is refused, for a socket there could be anybody's. The socket has mode 0600. A path
 * may be longer than sun_path: it is bound and reached through the open folder
 * (/proc/self/fd/N/PID.sock).
 */
#ifndef MIUST_ADDRESS_H
#define MIUST_ADDRESS_H

#include "base/err.h"

#include <stddef.h>

/* A socket of this process that listens (close-on-exec, non-blocking); its path in `path`. Sockets
 * in the folder whose process is gone are removed, this one's own name too. -1 on error. */
int address_listen(char *path, size_t n, struct err *e);
/* Remove it, unless another is there by now. */
void address_remove(int fd, const char *path);
/*
 * Connect (close-on-exec, non-blocking). Its owner must be this user, and process `pid` as the
 * lock says (0: any; not compared where the kernel does not know it, in another container).
 * Never waits: a full backlog is an error that may be tried again. -1 on error.
 */
int address_connect(const char *path, long pid, struct err *e);

#endif
