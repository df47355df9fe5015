/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * address: where the sockets are.
 *
 * A socket is FOLDER/PID-NUMBER.sock. FOLDER is $XDG_RUNTIME_DIR/miust if XDG_RUNTIME_DIR is a
 * folder of this user's, else $TMPDIR/miust-UID if TMPDIR is a folder, else /tmp/miust-UID.
 * The folder is made with mode 0700; one that another user owns, that others may enter,
 * or that is a link is refused, for a socket there could be anybody's. The socket has mode
 * 0600 from its first moment, whatever the umask. NUMBER is drawn, so that no name is
 * used twice, not even when a process number is.
 *
 * A path may be longer than sun_path: it is bound and reached through the open folder
 * (/proc/self/fd/N/NAME), which is also the folder that was checked.
 */
#ifndef MIUST_ADDRESS_H
#define MIUST_ADDRESS_H

#include "base/err.h"

#include <sys/types.h>

enum { ADDRESS_PATH = 1024 }; /* longest path of a socket, with its NUL */

struct address {
	char path[ADDRESS_PATH]; /* absolute */
	dev_t device;            /* of the file, to know it again */
	ino_t inode;
};

/*
 * A socket of this process that listens (close-on-exec, non-blocking). Sockets in the folder
 * that nobody listens on and whose process is gone are removed; of one whose number
 * another process has by now, the file stays until that has ended too. -1 on error.
 */
int address_listen(struct address *a, struct err *e);
/* Remove the file, unless another is there by now. */
void address_remove(const struct address *a);
/*
 * Connect (close-on-exec, non-blocking). Its owner must be this user, and process `pid` as the
 * lock says (0: any; not compared where the kernel does not know it, in another container).
 * Never waits: a full backlog is an error of status EXIT_BUSY, which may be tried again. -1 on
 * error.
 */
int address_connect(const char *path, long pid, struct err *e);

#endif
