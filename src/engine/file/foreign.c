/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* memmem */
#include "engine/file/foreign.h"

#include "base/file.h"
#include "base/util.h"

#include <string.h>

/* A checkpoint's pickle comes first and holds no weights. */
enum { LOOK = 1 << 20 };

struct bytes {
	const unsigned char *at;
	size_t n;
};

static bool starts(struct bytes b, const char *magic, size_t n)
{
	return b.n >= n && memcmp(b.at, magic, n) == 0;
}

static bool holds(struct bytes b, const char *word)
{
	return memmem(b.at, min_size(b.n, LOOK), word, strlen(word)) != NULL;
}

/* The text as a pickle has it: its length in front. */
static bool holds_key(struct bytes b, const char *key)
{
	char text[64] = {'X', (char)strlen(key)}; /* BINUNICODE, four bytes of length */

	strcpy(text + 5, key);
	if (memmem(b.at, min_size(b.n, LOOK), text, 5 + strlen(key)))
		return true;
	text[3] = '\x8c'; /* SHORT_BINUNICODE, one */
	text[4] = (char)strlen(key);
	return memmem(b.at, min_size(b.n, LOOK), text + 3, 2 + strlen(key)) != NULL;
}

static bool is_zip(struct bytes b)
{
	return starts(b, "PK\3\4", 4);
}

static bool is_torch_zip(struct bytes b)
{
	return is_zip(b) && holds(b, "data.pkl");
}

/* The name of a zip's first file, at byte 30, ends so. */
static bool is_npz(struct bytes b)
{
	size_t n = is_zip(b) && b.n > 30 ? b.at[26] + 256u * b.at[27] : 0;

	return n > 4 && b.n >= 30 + n && memcmp(b.at + 30 + n - 4, ".npy", 4) == 0;
}

/* torch.save before 1.6: a pickled magic number. */
static bool is_torch_pickle(struct bytes b)
{
	return b.n > 2 && b.at[0] == 0x80 &&
	       starts((struct bytes){b.at + 2, b.n - 2}, "\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19",
		      12);
}

/* The third byte is an opcode, and 0 in the length of a safetensors header. */
static bool is_pickle(struct bytes b)
{
	return b.n > 2 && b.at[0] == 0x80 && b.at[1] >= 2 && b.at[1] <= 5 && b.at[2] != 0;
}

/* Protocol buffer fields 1, ir_version, and 2, producer_name, a text. */
static bool is_onnx(struct bytes b)
{
	return b.n > 5 && b.at[0] == 0x08 && b.at[1] < 0x20 && b.at[2] == 0x12 && b.at[3] < 0x40 &&
	       b.at[4] >= ' ' && b.at[4] < 0x7f;
}

static const struct {
	const char *magic;
	size_t n;
	bool (*is)(struct bytes b); /* where no magic is enough */
	const char *what;
} foreign[] = {
	{.is = is_npz,
	 .what = "is a NumPy archive (.npz), not safetensors; store its arrays with "
		 "safetensors.numpy.save_file"},
	{.is = is_zip, .what = "is a zip archive, not safetensors; unpack it first"},
	{.is = is_pickle,
	 .what = "is a Python pickle, not safetensors; load it in Python and store "
		 "the weights with safetensors.torch.save_file"},
	{.is = is_onnx,
	 .what = "is an ONNX model, not safetensors; store the state_dict of the "
		 "PyTorch model with safetensors.torch.save_file"},
#define MAGIC(bytes) .magic = (bytes), .n = sizeof(bytes) - 1
	{MAGIC("\x93NUMPY"), .what = "is a single NumPy array (.npy), not safetensors"},
	{MAGIC("\x89HDF\r\n\x1a\n"), .what = "is an HDF5 file, not safetensors; store its arrays "
					     "with safetensors.numpy.save_file"},
	{MAGIC("GGUF"), .what = "is a GGUF file, not safetensors"},
	{MAGIC("\x1f\x8b"), .what = "is compressed with gzip; unpack it first"},
	{MAGIC("\xfd\x37zXZ"), .what = "is compressed with xz; unpack it first"},
	{MAGIC("(\xb5/\xfd"), .what = "is compressed with zstd; unpack it first"},
	{MAGIC("BZh"), .what = "is compressed with bzip2; unpack it first"},
	{MAGIC("version https://git-lfs"),
	 .what = "is a Git LFS pointer, not the file itself; fetch that with git lfs pull"},
	{MAGIC("<!DOCTYPE"), .what = "is a web page: the download went wrong; download it again"},
	{MAGIC("<!doctype"), .what = "is a web page: the download went wrong; download it again"},
	{MAGIC("<html"), .what = "is a web page: the download went wrong; download it again"},
};

/* As one line of Python, which a shell's python3 -c takes too. */
static void add_torch(struct str *out, const char *path, struct bytes b)
{
	const char *dot = strrchr(path_base(path), '.');
	int stem = (int)(dot && dot > path_base(path) ? (size_t)(dot - path) : strlen(path));
	bool published = holds_key(b, "model_state_dict");
	bool other = !published && holds_key(b, "state_dict");

	str_addf(out,
		 "is a PyTorch checkpoint, not safetensors (the published program writes "
		 "model_FOLD.pth); convert it in Python: import torch, safetensors.torch; "
		 "safetensors.torch.save_file(torch.load(\"%s\", map_location=\"cpu\")[\"%s\"], "
		 "\"%.*s.safetensors\")",
		 path, other ? "state_dict" : "model_state_dict", stem, path);
	if (!published && !other)
		str_add(out, "; leave [\"model_state_dict\"] out if the file is the state_dict "
			     "itself");
}

bool foreign_add(struct str *out, const char *path, const void *data, size_t len)
{
	struct bytes b = {data, len};

	if (is_torch_zip(b) || is_torch_pickle(b)) {
		add_torch(out, path, b);
		return true;
	}
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (foreign[i].is ? foreign[i].is(b) : starts(b, foreign[i].magic, foreign[i].n)) {
			str_add(out, foreign[i].what);
			return true;
		}
	return false;
}
