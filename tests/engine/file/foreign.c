/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/file/foreign.h"

#include "engine/file/safetensors.h"
#include "temp.h"
#include "test.h"

#define BYTES(s) (s), sizeof(s) - 1

/* What is said of a file of these bytes under this name; "" if not known. */
static const char *said(const char *path, const char *bytes, size_t n)
{
	static char text[1024];
	struct str out = {0};

	CHECK(foreign_add(&out, path, bytes, n) == (out.len > 0));
	snprintf(text, sizeof text, "%s", str_text(&out));
	str_free(&out);
	return text;
}

/* The start of what torch.save writes: the pickle, stored, before all else. */
#define ZIP(name, length) \
	"PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\20\0\0\0\20\0\0\0" length "\0\0\0" name

TEST(pytorch_checkpoints)
{
	static const char published[] =
		ZIP("model_1/data.pkl", "\20") "\x80\2}q\0(X\5\0\0\0epochq\1K\1"
					       "X\20\0\0\0model_state_dictq\2}";
	static const char lightning[] =
		ZIP("archive/data.pkl", "\20") "\x80\2}q\0X\12\0\0\0state_dictq\1}";
	static const char bare[] =
		ZIP("archive/data.pkl", "\20") "\x80\2}q\0X\13\0\0\0lstm1.biasq\1";
	static const char legacy[] =
		"\x80\2\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\2M\xe9\3.\x80\4"
		"\x8c\20model_state_dict\x94";
	const char *text = said("runs/model_1.pth", BYTES(published));

	CHECK_STR(text, "is a PyTorch checkpoint, not safetensors (the published program writes "
			"model_FOLD.pth); convert it in Python: import torch, safetensors.torch; "
			"safetensors.torch.save_file(torch.load(\"runs/model_1.pth\", "
			"map_location=\"cpu\")[\"model_state_dict\"], "
			"\"runs/model_1.safetensors\")");
	text = said("a.b/last", BYTES(lightning));
	CHECK_HAS(text, "torch.load(\"a.b/last\", map_location=\"cpu\")[\"state_dict\"], "
			"\"a.b/last.safetensors\")");
	CHECK(!strstr(text, "leave"));
	text = said("w.pt", BYTES(bare));
	CHECK_HAS(text, "[\"model_state_dict\"], \"w.safetensors\"); leave "
			"[\"model_state_dict\"] out if the file is the state_dict itself");
	text = said("w.safetensors", BYTES(legacy));
	CHECK_HAS(text, "is a PyTorch checkpoint");
	CHECK(!strstr(text, "leave"));
}

TEST(others)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *what;
	} file[] = {
		{BYTES(ZIP("lstm1.weight.npy", "\20")), "is a NumPy archive (.npz)"},
		{BYTES(ZIP("readme.markdown!", "\20")), "is a zip archive"},
		{BYTES("\x80\4\x95\26\0\0\0\0\0\0\0}\x94"), "is a Python pickle"},
		{BYTES("\x93NUMPY\1\0v\0{'descr'"), "is a single NumPy array"},
		{BYTES("\x89HDF\r\n\x1a\n\0\0\0\0"), "is an HDF5 file"},
		{BYTES("\x08\x07\x12\x07pytorch\x1a"), "is an ONNX model"},
		{BYTES("GGUF\3\0\0\0\0\0\0\0"), "is a GGUF file"},
		{BYTES("\x1f\x8b\x08\0\0\0\0\0\0\0"), "compressed with gzip"},
		{BYTES("version https://git-lfs.github.com/spec/v1\noid"), "is a Git LFS pointer"},
		{BYTES("<!DOCTYPE html><html>"), "is a web page"},
		{BYTES("nothing that is known"), ""},
		{BYTES("PK\3"), ""},
		{BYTES(""), ""},
	};

	for (size_t i = 0; i < sizeof file / sizeof *file; i++)
		CHECK_HAS(said("f", file[i].bytes, file[i].n), file[i].what);
	CHECK_STR(said("f", BYTES("nothing that is known")), "");
	CHECK_STR(said("f", BYTES("PK\3")), "");
}

/* Whatever the name; and a header of 640 bytes, 0x280, is not a pickle. */
TEST(only_what_is_not_safetensors)
{
	const char *path = temp_path("w.safetensors");
	char header[8 + 640] = {(char)0x80, 2};
	struct st_file f;
	struct err e = {0};

	temp_bytes(path, BYTES("version https://git-lfs.github.com/spec/v1\noid"));
	CHECK_INT(st_open(&f, path, &e), -1);
	CHECK_HAS(e.text, "w.safetensors: is a Git LFS pointer");
	err_clear(&e);
	memset(header + 8, ' ', 640);
	memcpy(header + 8, "{}", 2);
	temp_bytes(path, header, sizeof header);
	CHECK_INT(st_open(&f, path, &e), 0);
	st_close(&f);
	header[8] = '[';
	temp_bytes(path, header, sizeof header);
	CHECK_INT(st_open(&f, path, &e), -1);
	CHECK_HAS(e.text, "is not a safetensors file, or damaged: header byte");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
