#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write tests/record/tiny: a made-up corpus of 23 utterances and its recorded runs.

    python3 tests/record/make_tiny.py

The corpus holds the shapes that break engines: inner rows of zeros, a row that
sums to zero without being zero, one word, one frame, a last batch of a single
utterance (all central moments 0), every way a .npy file may be stored. Values
are multiples of 1/64, exact in float16, so that storage changes nothing.
"""
import csv, os, shutil

import numpy as np

import record

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tiny")
LABELS = ["calm", "glad", "cross"]
TEXT, AUDIO = 6, 8
LISTS = dict(train=13, dev=4, test=6)
WORDS = "we saw, the \"old\" boat and nobody was é there at all".split()

CONFIG = """# SPDX-License-Identifier: GPL-3.0-or-later
# A run small enough for the repository; see README.md.
exp:
  seed: 12
  audio_dir: data/audio
  text_dir: data/text
  train_csv: data/train.csv
  dev_csv: data/dev.csv
  test_csv: data/test.csv
  labels: [calm, glad, cross]
train:
  batch_size: 4
  optimizer:
    lr: 0.012
  epoch: 3
model:
  text_feat_dim: 6
  audio_feat_dim: 8
  num_classes: 3
  num_heads: 2
  num_layers: 2
  direction: 2
  hidden_size1: 4
  hidden_size2: 4
  attention_size: 3
  head: 16
"""


# Settings of training, each a run of its own that keeps only what is text.
SETTINGS = {
    "balanced": dict(padding="masked", class_weight="balanced"),
    "sqrt": dict(padding="reference", class_weight="sqrt", class_weight_in="all"),
    "map": dict(padding="masked", class_weight=dict(glad=15, cross=0.5)),
    "map-all": dict(padding="masked", class_weight=dict(glad=15, cross=0.5),
                    class_weight_in="all"),
    "accumulate-2": dict(padding="masked", accumulate=2),
    "accumulate-3": dict(padding="reference", accumulate=3, form="squared"),
    "accumulate-3-balanced": dict(padding="masked", accumulate=3, class_weight="balanced",
                                  class_weight_in="all"),
    "accumulate-all": dict(padding="masked", accumulate=9, class_weight=dict(calm=3)),
    "constant": dict(padding="masked", schedule="constant", warmup=2, select="ua"),
    "linear": dict(padding="masked", schedule="linear", warmup=1, select="loss"),
    "cosine": dict(padding="masked", warmup=1, select="wf1"),
    "plateau": dict(padding="masked", form="squared", schedule="plateau", warmup=1, epochs=7,
                    select="loss", plateau=dict(factor=0.5, patience=0)),
}


def matrix(rng, rows, cols, label):
    x = rng.randint(-64, 65, (rows, cols)) / 64.0
    x[:, label] += 2.0  # the class can be learnt
    return x


def save(path, x, how):
    """Six ways to store the same numbers."""
    kind = ["<f4", "<f2", "<f8", ">f4", "<f4", ">f8"][how % 6]
    x = np.asarray(x, kind, order="F" if how % 6 == 4 else "C")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        np.lib.format.write_array(f, x, version=(2, 0) if how % 6 == 2 else (1, 0))


def utterance(rng, part, i):
    length = [5, 1, 9, 3, 7, 2][i % 6]
    frames = [14, 23, 1, 9, 31, 12][i % 6]
    label = (i * 2 + len(part)) % 3
    text, audio = matrix(rng, length, TEXT, label), matrix(rng, frames, AUDIO, label)
    if i % 4 == 0:  # inner rows of zeros
        text[length // 2] = 0
        audio[frames // 3:frames // 3 + 2] = 0
    if i % 4 == 2:  # sums to 0 without being 0
        text[length // 2] = [1, -1, 0.5, -0.5, 0.25, -0.25]
        audio[frames // 2] = [2, 0, 0, -1, 0, 0, -0.5, -0.5]
    return text, audio, label, " ".join(WORDS[(i + j) % len(WORDS)] for j in range(length))


def main():
    rng = np.random.RandomState(2024)
    shutil.rmtree(os.path.join(HERE, "data"), ignore_errors=True)
    for part, n in LISTS.items():
        rows = []
        for i in range(n):
            stem = "dia%d_utt%d" % (i // 3, i % 3)
            text, audio, label, words = utterance(rng, part, i)
            save(os.path.join(HERE, "data", "text", part, stem + ".npy"), text, i)
            save(os.path.join(HERE, "data", "audio", part, stem + ".npy"), audio, i + 1)
            rows.append([i + 1, "clips/%s/%s.wav" % (part, stem), words, LABELS[label]])
        with open(os.path.join(HERE, "data", part + ".csv"), "w", newline="",
                  encoding="utf-8") as f:
            csv.writer(f, lineterminator="\n").writerows(
                [["Nr", "Filename", "Utterance", "Emotion"]] + rows)
    path = os.path.join(HERE, "config.yml")
    with open(path, "w", encoding="ascii") as f:
        f.write(CONFIG)
    for padding in ("reference", "masked"):
        out = os.path.join(HERE, padding)
        shutil.rmtree(out, ignore_errors=True)
        for _ in record.run(record.Config(path, padding=padding), out):
            pass
    os.remove(os.path.join(HERE, "masked", "init_0.safetensors"))  # equal to reference/
    settings(path)


def settings(path):
    for name, override in SETTINGS.items():
        out = os.path.join(HERE, "settings", name)
        shutil.rmtree(out, ignore_errors=True)
        for _ in record.run(record.Config(path, **override), out):
            pass
        for f in os.listdir(out):
            if f.endswith(".safetensors"):
                os.remove(os.path.join(out, f))


if __name__ == "__main__":
    main()
