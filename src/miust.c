/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"
#include "base/process.h"

int main(int argc, char **argv)
{
	process_begin(argv);
	return miust(argc, argv);
}
