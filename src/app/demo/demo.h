/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * demo: a corpus to try the workbench on, made by this project alone.
 *
 * 200 utterances in IEMOCAP layout: five sessions, two speakers each, sentences
 * of our own (demo_text.h) and features made from a fixed seed. A word's vector
 * depends on its form; emotion words carry a direction of their class. The
 * frames are coloured noise with one burst of 0.3-0.4 s that carries a
 * direction of the class, anywhere in time. Neither side suffices: for 50
 * utterances the words suggest a different class from the voice (irony), and for
 * three in four of the others the burst lies between two classes and the
 * words decide.
 *
 * All arithmetic is on integers (values are multiples of 2^-10), so the bytes
 * are equal on every machine; tests/app/demo/demo.c keeps their checksum.
 */
#ifndef MIUST_DEMO_H
#define MIUST_DEMO_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { DEMO_SESSIONS = 5, DEMO_TEXT_DIM = 24, DEMO_AUDIO_DIM = 32, DEMO_FRAME_RATE = 50 };

/*
 * Write DIR/csv/Session{1..5}.csv, DIR/text/Session{n}/ID.npy, DIR/audio/...,
 * DIR/burst.csv (id,start_s,end_s: where the burst was planted, end exclusive)
 * and, last, DIR/demo.yml, which trains on it: where that file is, the corpus is
 * whole. Folders are made, files that are there are replaced.
 */
int demo_write(const char *dir, struct err *e);

#define DEMO_DIR    "data/demo" /* where a built program keeps it, below the current folder */
#define DEMO_CONFIG "demo.yml"

/* The folder in which the programs keep the corpus: DEMO_DIR, or, of an
 * installed program (PREFIX/share/miust is next to the PREFIX/bin it runs from),
 * $XDG_DATA_HOME/miust/demo. */
int demo_folder(char *out, size_t n, struct err *e);

/* Where the burst of an utterance was planted, in seconds, as burst.csv beside the demo's
 * audio folder says; false: it is another corpus, or the file is not there. */
bool demo_burst(const char *audio_dir, const char *id, double *start, double *end);

/* The file that CONFIG means, absolute: a session's folder means the config.yml
 * in it; the word demo means demo_folder's (unless there is a file or a session of
 * that name), and writes the corpus first if it is missing. */
int demo_find(char *out, size_t n, const char *config, struct err *e);

#endif
