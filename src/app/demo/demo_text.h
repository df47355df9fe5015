/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * demo_text: the sentences of the demo corpus.
 *
 * Written for this project; from no other corpus. `said` is the class the
 * words alone suggest, `meant` the class of the utterance: where they differ
 * (irony, a brave face, happy tears) only the voice tells. Each sentence holds
 * words of demo_lexicon[said] and of no other class.
 */
#ifndef MIUST_DEMO_TEXT_H
#define MIUST_DEMO_TEXT_H

/* In the order of IEMOCAP's labels. */
enum demo_class { DEMO_ANG, DEMO_HAP, DEMO_NEU, DEMO_SAD, DEMO_CLASSES };

struct demo_sentence {
	enum demo_class said, meant;
	const char *text; /* UTF-8, words apart by one blank */
};

extern const struct demo_sentence demo_sentence[]; /* by (said, meant) */
extern const int demo_sentences;

/* Words in lower case, apart by one blank: those that carry a class, and those
 * that carry little of anything. */
extern const char *const demo_lexicon[DEMO_CLASSES];
extern const char *const demo_function_words;

#endif
