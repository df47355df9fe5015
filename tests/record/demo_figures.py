#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model of the demo corpus learns: figures behind configs/demo.yml.

    build/miust demo data/demo
    python3 tests/record/demo_figures.py configs/demo.yml [--folds N...]

Per fold: test accuracy of the fused, text-only and audio-only heads, and for
how many test utterances the largest weight over frames lies within 3 frames of
the planted burst, for each pooling and for the cross attention's columns. The
held-out utterances are drawn by torch, so figures differ a little from the engine's.
"""
import argparse, csv, os, tempfile, time

import numpy as np
import torch

import record

HEADS = ("logits", "logits_text", "logits_audio")
PEAKS = ("Att2", "Att22", "Attt2", "cross_attn1")


def read_bursts(cfg):
    with open(os.path.join(cfg.path("iemocap_csv"), os.pardir, "burst.csv"), newline="") as f:
        return {r["id"]: (float(r["start_s"]) * 50, float(r["end_s"]) * 50 - 1)
                for r in csv.DictReader(f)}


@torch.no_grad()
def measure(cfg, model, rows, norm, bursts):
    right, found = [], []
    for u in rows:
        out = model(record.Batch(cfg, [u], norm))
        right.append([int(out[h].argmax()) == u.label for h in HEADS])
        over = [getattr(model, p).weights[0] for p in PEAKS[:3]]
        over.append(out["attn_text_to_audio"][0].mean(0).sum(0))
        lo, hi = bursts[u.id]
        found.append([lo - 3 <= int(w.argmax()) <= hi + 3 for w in over])
    return np.mean(right, 0), np.mean(found, 0)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("config")
    p.add_argument("--folds", type=int, nargs="+")
    p.add_argument("--seed", type=int)
    a = p.parse_args()
    cfg = record.Config(a.config, seed=a.seed)
    bursts, all_right, all_found, start = read_bursts(cfg), [], [], time.time()
    print("fold " + " ".join("%12s" % n for n in HEADS + PEAKS))
    with tempfile.TemporaryDirectory() as out:
        for fold, model, rows, norm in record.run(cfg, out, a.folds):
            right, found = measure(cfg, model, rows[2], norm, bursts)
            all_right.append(right)
            all_found.append(found)
            print("%4d " % fold + " ".join("%12.3f" % x for x in (*right, *found)), flush=True)
        print("mean " + " ".join("%12.3f" % x for x in (*np.mean(all_right, 0),
                                                        *np.mean(all_found, 0))))
        with open(os.path.join(out, "epochs.csv"), encoding="ascii") as f:
            curves = list(csv.DictReader(f))
    for k in ("train_loss", "train_acc", "val_loss", "val_wa"):
        by = [np.mean([float(c[k]) for c in curves if int(c["epoch"]) == e])
              for e in range(1, cfg.epochs + 1)]
        print("%-10s" % k, " ".join("%.2f" % x for x in by))
    print("%.0f s" % (time.time() - start))


if __name__ == "__main__":
    main()
