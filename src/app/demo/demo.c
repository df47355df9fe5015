/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN. Everything is drawn from one generator, in the order written, and
 * computed in integers of 1/ONE: no libm, no rounding, no contraction that could
 * differ between compilers. Changing any number here changes the corpus; then
 * tests/app/demo/demo.c wants its new checksum and configs/demo.yml a new look.
 */
#include "app/demo/demo.h"

#include "app/demo/demo_text.h"
#include "app/session/session.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/rng.h"
#include "base/str.h"
#include "base/util.h"
#include "base/xdg.h"
#include "engine/file/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SEED = 20240501,
	ONE = 1024, /* the grid: values are n / ONE */
	WORDS_MAX = 16,
	WORD_LEN = 32,
	FRAMES_MIN = 40,
	FRAMES_MAX = 200,
	TURNS = 10,   /* utterances a dialogue */
	MARGIN = 4,   /* frames before and behind the burst, at least */
	RAMP = 3,     /* frames of a burst's rise and fall */
	UNCLEAR = 76, /* per cent of the honest utterances with a burst between two classes */

	WORD_OWN = 450, /* amplitude of a word's own vector; function words get a third */
	WORD_CLASS = 520,
	WORD_NOISE = 340,
	SPEAKER = 180,     /* offset of a speaker's voice */
	VOICE = 400,       /* amplitude of the noise */
	BURST_LOUD = 420,  /* what all bursts share */
	BURST_CLASS = 480, /* what tells the class */
	LOUD_SIGNS = DEMO_CLASSES,
};

struct line {
	const struct demo_sentence *sentence;
	bool unclear;          /* the burst lies between meant and other */
	enum demo_class other; /* if unclear */
	char id[48];
	int session, speaker; /* speaker 0 or 1 of the session */
	int frames, start, end;
};

/* lo..hi, both included. */
static int draw(struct rng *r, int lo, int hi)
{
	return lo + (int)(rng_u32(r) % (uint32_t)(hi - lo + 1));
}

/* Bell-shaped around 0, standard deviation `size`. The compiler may choose the
 * order of the three calls: their sum is the same. */
static int noise(struct rng *r, int size)
{
	return draw(r, -size, size) + draw(r, -size, size) + draw(r, -size, size);
}

/* Patterns 0..4, orthogonal over 32 columns: one for each class and LOUD_SIGNS. */
static int sign(int pattern, int column)
{
	return column >> pattern & 1 ? 1 : -1;
}

/* Words ------------------------------------------------------------------- */

/* The word that ends at the next blank, in lower case and without marks.
 * Returns what is behind it, or NULL at the end. */
static const char *next_word(const char *text, char word[WORD_LEN])
{
	size_t n = strcspn(text, " "), skip = n, out = 0;

	while (n > 0 && strchr(".,!?", text[n - 1]))
		n--;
	BUG_ON(n == 0 || n >= WORD_LEN);
	for (; out < n; out++)
		word[out] =
			(char)(text[out] >= 'A' && text[out] <= 'Z' ? text[out] + 32 : text[out]);
	word[out] = '\0';
	return text[skip] ? text + skip + 1 : NULL;
}

static bool listed(const char *list, const char *word)
{
	char one[WORD_LEN];

	while (list) {
		list = next_word(list, one);
		if (strcmp(one, word) == 0)
			return true;
	}
	return false;
}

/* Vectors of the sentence, [words, DEMO_TEXT_DIM]; returns how many words. */
static int make_words(struct rng *r, const char *text, float *out)
{
	char word[WORD_LEN];
	int n = 0;

	while (text) {
		struct rng own;
		int size = WORD_OWN, strength = draw(r, 50, 130);

		text = next_word(text, word);
		BUG_ON(n == WORDS_MAX);
		rng_seed_own(&own, SEED, 0, word);
		if (listed(demo_function_words, word))
			size /= 3;
		for (int k = 0; k < DEMO_TEXT_DIM; k++) {
			int v = draw(&own, -size, size) + noise(r, WORD_NOISE) / 2;

			for (int c = 0; c < DEMO_CLASSES; c++)
				if (listed(demo_lexicon[c], word))
					v += sign(c, k) * WORD_CLASS * strength / 100;
			*out++ = (float)v / ONE;
		}
		n++;
	}
	return n;
}

/* Voice ------------------------------------------------------------------- */

/* 0..ONE: how much of the burst is in frame t. */
static int envelope(const struct line *u, int t)
{
	int rise = t - u->start + 1, fall = u->end - t;
	int least = min_int(rise, fall);

	if (least <= 0)
		return 0;
	return least >= RAMP ? ONE : least * ONE / RAMP;
}

/* A class's burst at its height; a neutral one is weak. */
static int voice_of(enum demo_class class, int column)
{
	int v = sign(LOUD_SIGNS, column) * BURST_LOUD + sign((int)class, column) * BURST_CLASS;

	return class == DEMO_NEU ? v * 65 / 100 : v;
}

/* What the burst adds to a column at its height; share: per cent of `meant`
 * where the burst is unclear. */
static int burst(const struct line *u, int share, int column)
{
	int v = voice_of(u->sentence->meant, column);

	return u->unclear ? (v * share + voice_of(u->other, column) * (100 - share)) / 100 : v;
}

/* Frames of the utterance, [u->frames, DEMO_AUDIO_DIM]: each column a
 * first-order filter over noise, slower or faster by speaker. */
static void make_frames(struct rng *r, const struct line *u, float *out)
{
	int state[DEMO_AUDIO_DIM], offset[DEMO_AUDIO_DIM];
	int share = draw(r, 47, 53);
	struct rng voice;
	int keep;

	rng_seed_own(&voice, SEED, u->session * 2 + u->speaker, "speaker");
	keep = draw(&voice, 650, 850); /* of ONE, a frame */
	for (int k = 0; k < DEMO_AUDIO_DIM; k++) {
		offset[k] = draw(&voice, -SPEAKER, SPEAKER);
		state[k] = noise(r, VOICE);
	}
	for (int t = 0; t < u->frames; t++)
		for (int k = 0; k < DEMO_AUDIO_DIM; k++) {
			int v;

			state[k] = state[k] * keep / ONE + noise(r, VOICE) * 2 / 3;
			v = state[k] + offset[k] + burst(u, share, k) * envelope(u, t) / ONE;
			*out++ = (float)v / ONE;
		}
}

/* Who says what when ------------------------------------------------------- */

/* Deal the sentences out so that every session gets its share of each kind
 * (they stand sorted by kind), then mix each session. */
static struct line *make_plan(struct rng *r)
{
	struct line *u = mem_alloc((size_t)demo_sentences, sizeof *u);
	int each = demo_sentences / DEMO_SESSIONS;
	int *order = mem_alloc((size_t)each, sizeof *order);

	BUG_ON(demo_sentences % (DEMO_SESSIONS * TURNS) != 0);
	for (int s = 0; s < DEMO_SESSIONS; s++) {
		rng_order(r, order, each);
		for (int i = 0; i < each; i++) {
			struct line *l = &u[s * each + i];
			int dialogue = i / TURNS, turn = i % TURNS;

			l->sentence = &demo_sentence[order[i] * DEMO_SESSIONS + s];
			l->unclear = l->sentence->said == l->sentence->meant &&
				     draw(r, 1, 100) <= UNCLEAR;
			l->other = (enum demo_class)(
				((int)l->sentence->meant + draw(r, 1, DEMO_CLASSES - 1)) %
				DEMO_CLASSES);
			l->session = s + 1;
			l->speaker = turn % 2;
			snprintf(l->id, sizeof l->id, "Ses%02d%c_impro%02d_%c%03d", s + 1,
				 "FM"[dialogue % 2], dialogue + 1, "FM"[l->speaker], turn / 2);
		}
	}
	free(order);
	return u;
}

/* Length follows the number of words; the burst's place follows nothing. */
static void make_times(struct rng *r, struct line *u, int words)
{
	int length = draw(r, 15, 20);

	u->frames = 20 + 6 * words + draw(r, 0, 50);
	if (u->frames < FRAMES_MIN)
		u->frames = FRAMES_MIN;
	if (u->frames > FRAMES_MAX)
		u->frames = FRAMES_MAX;
	u->start = draw(r, MARGIN, u->frames - length - MARGIN);
	u->end = u->start + length;
}

/* Files -------------------------------------------------------------------- */

static int write_features(const char *dir, const char *kind, const struct line *u,
			  const float *values, int rows, int cols, struct err *e)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/%s/Session%d/%s.npy", dir, kind, u->session, u->id);

	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(e, "%s: the folder's name is too long", dir);
	return npy_write(path, values, rows, cols, e);
}

static int write_line(const char *dir, struct rng *r, struct line *u, struct err *e)
{
	float words[WORDS_MAX * DEMO_TEXT_DIM], *frames;
	int n = make_words(r, u->sentence->text, words), status;

	make_times(r, u, n);
	frames = mem_alloc((size_t)u->frames * DEMO_AUDIO_DIM, sizeof *frames);
	make_frames(r, u, frames);
	status = write_features(dir, "text", u, words, n, DEMO_TEXT_DIM, e);
	if (!status)
		status = write_features(dir, "audio", u, frames, u->frames, DEMO_AUDIO_DIM, e);
	free(frames);
	return status;
}

static int write_list(const char *dir, const struct line *u, int n, struct err *e)
{
	static const char *const label[DEMO_CLASSES] = {"ang", "hap", "neu", "sad"};
	struct atomic_file a;
	char path[4096], name[32];

	snprintf(name, sizeof name, "csv/Session%d.csv", u->session);
	if (path_join(path, sizeof path, dir, name, e) || atomic_open(&a, path, e))
		return -1;
	fprintf(a.f, "Utterance_ID,Text,Emotion\n");
	for (int i = 0; i < n; i++) {
		const char *text = u[i].sentence->text;
		const char *quote = strchr(text, ',') ? "\"" : "";

		BUG_ON(strpbrk(text, "\"\n"));
		fprintf(a.f, "%s,%s%s%s,%s\n", u[i].id, quote, text, quote,
			label[u[i].sentence->meant]);
	}
	return atomic_commit(&a, e);
}

static int write_bursts(const char *dir, const struct line *u, struct err *e)
{
	struct atomic_file a;
	char path[4096];

	if (path_join(path, sizeof path, dir, "burst.csv", e) || atomic_open(&a, path, e))
		return -1;
	fprintf(a.f, "id,start_s,end_s\n");
	for (int i = 0; i < demo_sentences; i++) { /* in hundredths: exact at 50 Hz */
		int start = u[i].start * 100 / DEMO_FRAME_RATE;
		int end = u[i].end * 100 / DEMO_FRAME_RATE;

		fprintf(a.f, "%s,%d.%02d,%d.%02d\n", u[i].id, start / 100, start % 100, end / 100,
			end % 100);
	}
	return atomic_commit(&a, e);
}

/* configs/demo.yml with the corpus beside it; tests/app/demo/demo.c holds them equal. */
static const char demo_yml[] =
	"# SPDX-License-Identifier: GPL-3.0-or-later\n"
	"# The demo corpus in this folder, as configs/demo.yml trains on it.\n"
	"exp:\n"
	"  seed: 53\n"
	"  audio_dir: audio\n"
	"  text_dir: text\n"
	"  iemocap_csv: csv\n"
	"  protocol: holdout\n"
	"train:\n"
	"  batch_size: 20\n"
	"  optimizer:\n"
	"    lr: 0.001\n"
	"  epoch: 25\n"
	"  padding: masked\n"
	"model:\n"
	"  text_feat_dim: 24\n"
	"  audio_feat_dim: 32\n"
	"  num_classes: 4\n"
	"  num_heads: 2\n"
	"  num_layers: 2\n"
	"  direction: 2\n"
	"  hidden_size1: 24\n"
	"  hidden_size2: 24\n"
	"  attention_size: 16\n";

static int write_config(const char *dir, struct err *e)
{
	char path[4096];

	if (path_join(path, sizeof path, dir, DEMO_CONFIG, e))
		return -1;
	return file_write(path, demo_yml, sizeof demo_yml - 1, e);
}

static int make_folders(const char *dir, struct err *e)
{
	char name[32], path[4096];

	for (int s = 0; s <= DEMO_SESSIONS; s++)
		for (int audio = 0; audio < 2; audio++) {
			if (s == 0)
				snprintf(name, sizeof name, "csv");
			else
				snprintf(name, sizeof name, "%s/Session%d",
					 audio ? "audio" : "text", s);
			if (path_join(path, sizeof path, dir, name, e) || make_dirs(path, e))
				return -1;
		}
	return 0;
}

int demo_write(const char *dir, struct err *e)
{
	int each = demo_sentences / DEMO_SESSIONS, status;
	struct line *u;
	struct rng r;

	if (make_folders(dir, e))
		return -1;
	rng_seed(&r, SEED);
	u = make_plan(&r);
	status = 0;
	for (int i = 0; i < demo_sentences && !status; i++)
		status = write_line(dir, &r, &u[i], e);
	for (int s = 0; s < DEMO_SESSIONS && !status; s++)
		status = write_list(dir, &u[s * each], each, e);
	if (!status)
		status = write_bursts(dir, u, e);
	if (!status)
		status = write_config(dir, e);
	free(u);
	return status;
}

/* Does the program run from PREFIX/bin, with PREFIX/share/miust beside it? */
static bool installed(void)
{
	char path[4096], *end;
	struct err ignored = {0};

	if (!process_path(path, sizeof path))
		return false;
	for (int up = 0; up < 2; up++) {
		end = strrchr(path, '/');
		if (!end)
			return false;
		*end = '\0';
	}
	return path_join(path, sizeof path, path, "share/miust", &ignored) == 0 &&
	       file_is_dir(path);
}

int demo_folder(char *out, size_t n, struct err *e)
{
	if (!installed())
		return path_join(out, n, "", DEMO_DIR, e);
	if (!xdg_folder(out, n, "XDG_DATA_HOME"))
		return err_set(e, "no folder for the demo: neither XDG_DATA_HOME nor HOME is set; "
				  "`miust demo DIR` writes it into DIR");
	return path_join(out, n, out, "miust/demo", e);
}

/* The config of a session's folder. */
static int find_in_folder(char *out, size_t n, const char *config, struct err *e)
{
	if (!session_exists(out))
		return err_at(e, config, 0, 0,
			      "is a folder without a config.yml; expected a config file, or the "
			      "folder of a session");
	return path_join(out, n, out, "config.yml", e);
}

bool demo_burst(const char *audio_dir, const char *id, double *start, double *end)
{
	char path[PATH_LEN], *text, *at, *line;
	struct err ignored = {0};
	size_t n, len = strlen(id);
	bool found = false, whole;

	if (path_join(path, sizeof path, audio_dir, "../burst.csv", &ignored))
		return false;
	text = file_read(path, FILE_LIST, &n, &ignored);
	for (at = text; text && !found && (line = str_line(&at, text + n, &whole));)
		found = strncmp(line, id, len) == 0 && line[len] == ',' &&
			sscanf(line + len, ",%lf,%lf", start, end) == 2;
	free(text);
	return found;
}

int demo_find(char *out, size_t n, const char *config, struct err *e)
{
	bool folder = file_is_dir(config);
	char dir[4096];

	if (strcmp(config, "demo") != 0 ||
	    (folder ? session_exists(config) : file_exists(config))) {
		if (path_absolute(out, n, ".", config, e))
			return -1;
		return file_is_dir(out) ? find_in_folder(out, n, config, e) : 0;
	}
	if (demo_folder(dir, sizeof dir, e) || path_absolute(out, n, ".", dir, e) ||
	    path_join(out, n, out, DEMO_CONFIG, e))
		return -1;
	return file_exists(out) ? 0 : demo_write(dir, e);
}
