/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * foreign: what a file is that is not safetensors.
 *
 * People give what their program wrote. Known by its first bytes, never by its
 * name, so that the sentence can say what to do: PyTorch's checkpoints (zip or
 * pickle), NumPy, HDF5, ONNX, Git LFS pointers and other things that end up
 * under the name of weights.
 */
#ifndef MIUST_FOREIGN_H
#define MIUST_FOREIGN_H

#include "base/str.h"

/* Append "is a PyTorch checkpoint, not safetensors; ..." and return true, or
 * false if the bytes are not known. `path` is the file's, for the advice. */
bool foreign_add(struct str *out, const char *path, const void *data, size_t len);

#endif
