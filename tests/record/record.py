#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record a run of the MIUST model in PyTorch, for the C engine to be compared with.

    python3 tests/record/record.py CONFIG OUT [--padding P] [--form F] [--means] [--folds N...]

Written from the model specification alone: the layers, the generator, the data
loader's shuffling and the optimisers are PyTorch's own, so that the engine's
draws and arithmetic are checked against PyTorch and not against themselves.
Options override the config. OUT receives init_F, best_F and forward_best_F
.safetensors of every fold F, grad_first.safetensors (first step of the run),
steps.csv, epochs.csv, order.json (indexes into the training rows), test.json.
"""
import argparse, csv, json, math, os, struct

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import yaml
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

LABELS = {"iemocap": "ang hap neu sad".split(),
          "lists": "anger disgust fear joy neutral sadness surprise".split()}
TERMS = "main cmd_text cmd_audio text audio".split()
FORWARD = "logits logits_text logits_audio attn_text_to_audio attn_audio_to_text".split()
WEIGHTS = dict(main=0.10, cmd_text=0.30, cmd_audio=0.30, text=0.15, audio=0.15)


class Config:
    """The settings that matter here, with the specification's defaults."""

    def __init__(self, path, **override):
        with open(path, encoding="utf-8") as f:
            tree = yaml.safe_load(f)
        self.folder = os.path.dirname(os.path.abspath(path))
        self.exp, self.train, self.model = tree["exp"], tree["train"], tree["model"]
        lists = "train_csv" in self.exp
        self.layout = "lists" if lists else "iemocap"
        self.labels = self.exp.get("labels") or LABELS[self.layout]
        self.seed = int(self.exp["seed"])
        self.protocol = self.exp.get("protocol", "reference")
        self.normalize = self.exp.get("normalize", "none") == "train"
        self.padding = self.train.get("padding", "reference")
        loss = self.train.get("loss", {})
        self.weights = {t: float(loss.get(t, WEIGHTS[t])) for t in TERMS}
        self.form = loss.get("form", "norm" if lists else "squared")
        self.means = bool(loss.get("means", False))
        self.epochs, self.batch = int(self.train["epoch"]), int(self.train["batch_size"])
        self.lr = float(self.train["optimizer"]["lr"])
        self.optimizer = self.train["optimizer"].get("name", "rmsprop")
        self.clip = float(self.train.get("clip", 0))
        self.accumulate = int(self.train.get("accumulate", 1))
        self.class_weight = self.train.get("class_weight", "none")  # a word, or a map
        self.class_weight_in = self.train.get("class_weight_in", "main")
        self.schedule = self.train.get("schedule", "cosine")
        self.warmup = int(self.train.get("warmup", 0))
        self.plateau = self.train.get("plateau", dict(factor=0.1, patience=10))
        self.select = self.train.get("select", "wa")
        self.head = int(self.model.get("head") or (128 if lists else 64))
        self.cross = bool(self.model.get("cross_attention", True))
        self.__dict__.update({k: v for k, v in override.items() if v is not None})

    def path(self, key):
        return os.path.join(self.folder, os.path.expanduser(os.path.expandvars(self.exp[key])))


# Data ------------------------------------------------------------------------

class Utterance:
    def __init__(self, cfg, folder, stem, label):
        self.id, self.label = stem, cfg.labels.index(label)
        self.text, self.audio = (
            torch.from_numpy(np.load(os.path.join(cfg.path(d), folder, stem + ".npy"))
                             .astype(np.float32)) for d in ("text_dir", "audio_dir"))


def read_list(cfg, path, session=None):
    with open(path, newline="", encoding="utf-8-sig") as f:
        rows = list(csv.DictReader(f))
    where = [(session, r["Utterance_ID"]) if session else
             os.path.splitext(r["Filename"])[0].split("/")[-2:] for r in rows]
    return [Utterance(cfg, *w, r["Emotion"]) for w, r in zip(where, rows)]


def read_corpus(cfg):
    """List number -> utterances: sessions 1..5, or 0 train, 1 dev, 2 test."""
    if cfg.layout == "lists":
        return {i: read_list(cfg, cfg.path(k + "_csv"))
                for i, k in enumerate(("train", "dev", "test"))}
    return {n: read_list(cfg, os.path.join(cfg.path("iemocap_csv"), "Session%d.csv" % n),
                         "Session%d" % n) for n in range(1, 6)}


def split(cfg, corpus, fold):
    """Training, validation and test rows. Under `holdout` the share is the
    engine's, but which utterances are held out is drawn here by torch."""
    if cfg.layout == "lists":
        return corpus[0], corpus[1] if cfg.protocol != "fixed" else [], corpus[2]
    val = {"reference": fold, "session": fold % 5 + 1}.get(cfg.protocol)
    train = [u for n in sorted(corpus) if n not in (fold, val) for u in corpus[n]]
    if cfg.protocol != "holdout":
        return train, corpus.get(val, []), corpus[fold]
    gen, total = torch.Generator().manual_seed(cfg.seed + fold), len(train)
    want = math.floor(float(cfg.exp.get("holdout", 0.2)) * total)
    of = [[i for i, u in enumerate(train) if u.label == c] for c in range(len(cfg.labels))]
    count = [want * len(o) // total for o in of]
    by_rest = sorted(range(len(of)), key=lambda c: (want * len(of[c]) % total, c), reverse=True)
    for c in by_rest[:want - sum(count)]:
        count[c] += 1
    held = {o[j] for o, n in zip(of, count) for j in torch.randperm(len(o), generator=gen)[:n]}
    return ([u for i, u in enumerate(train) if i not in held],
            [train[i] for i in sorted(held)], corpus[fold])


def normalizer(cfg, rows):
    """exp.normalize: train. (mean, sd) per modality, population deviation, 0 taken as 1."""
    out = {}
    for m in ("text", "audio"):
        x = torch.cat([getattr(u, m) for u in rows]).double()
        sd = x.std(0, unbiased=False)
        out[m] = x.mean(0).float(), torch.where(sd == 0, torch.ones_like(sd), sd).float()
    return out


class Batch:
    """Zero-padded features [B, L, Dt], [B, T, Da]; mask is True on padding."""

    def __init__(self, cfg, rows, norm):
        self.label = torch.tensor([u.label for u in rows])
        for m in ("text", "audio"):
            x = [getattr(u, m) for u in rows]
            if norm:
                x = [(v - norm[m][0]) / norm[m][1] for v in x]
            n = torch.tensor([len(v) for v in x])
            x = pad_sequence(x, batch_first=True)
            mask = (x.sum(-1) == 0 if cfg.padding == "reference"
                    else torch.arange(x.shape[1])[None, :] >= n[:, None])
            setattr(self, m, (x, n, mask))


def loader(cfg, rows, norm, train):
    """PyTorch's own loader: it draws from the global generator as specified."""
    return DataLoader(range(len(rows)), cfg.batch if train else 1, shuffle=train,
                      collate_fn=lambda at: (at, Batch(cfg, [rows[i] for i in at], norm)))


# Model -----------------------------------------------------------------------

class Pool(nn.Module):
    def __init__(self, width, attention):
        super().__init__()
        self.w_omega = nn.Parameter(torch.full((width, attention), 0.001))
        self.u_omega = nn.Parameter(torch.full((attention,), 0.001))

    def forward(self, h, mask):
        e = torch.tanh(h @ self.w_omega) @ self.u_omega
        self.weights = torch.softmax(e.masked_fill(mask, -1e9), 1)
        return (self.weights.unsqueeze(-1) * h).sum(1)


class Cross(nn.Module):
    def __init__(self, width, other, heads):
        super().__init__()
        self.multihead_attn = nn.MultiheadAttention(width, heads, batch_first=True,
                                                    kdim=other, vdim=other)

    def forward(self, query, key, mask):
        return self.multihead_attn(query, key, key, key_padding_mask=mask, need_weights=True,
                                   average_attn_weights=False)


class Miust(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        m, classes = cfg.model, len(cfg.labels)
        h1, h2, heads = int(m["hidden_size1"]), int(m["hidden_size2"]), int(m["num_heads"])
        self.masked, self.cross = cfg.padding == "masked", cfg.cross

        def lstm(width, hidden):
            return nn.LSTM(int(width), hidden, 2, bidirectional=True, batch_first=True)
        self.lstm1, self.lstm11 = (lstm(m["text_feat_dim"], h1) for _ in range(2))
        self.lstm2, self.lstm22 = (lstm(m["audio_feat_dim"], h2) for _ in range(2))
        pools = dict(Att1=h1, Att11=h1, Atts1=h1, Att2=h2, Att22=h2, Attt2=h2)
        for name, h in pools.items():
            if cfg.cross or name not in ("Atts1", "Attt2"):
                setattr(self, name, Pool(2 * h, int(m["attention_size"])))
        z = (3 if cfg.cross else 2) * 2 * (h1 + h2)
        self.st = nn.Sequential(nn.Linear(z, cfg.head), nn.ReLU())
        self.ss, self.tt = nn.Linear(2 * h1, classes), nn.Linear(2 * h2, classes)
        self.c_fc = nn.Linear(cfg.head, classes)
        if cfg.cross:
            self.cross_attn1 = Cross(2 * h1, 2 * h2, heads)
            self.cross_attn2 = Cross(2 * h2, 2 * h1, heads)

    def run(self, lstm, x, n):
        if not self.masked:
            return lstm(x)[0]
        packed = pack_padded_sequence(x, n, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(lstm(packed)[0], batch_first=True)[0]

    def forward(self, b):
        (x, nx, mx), (y, ny, my) = b.text, b.audio
        h1, h11 = self.run(self.lstm1, x, nx), self.run(self.lstm11, x, nx)
        h2, h22 = self.run(self.lstm2, y, ny), self.run(self.lstm22, y, ny)
        out = dict(Att1=self.Att1(h1, mx), Att2=self.Att2(h2, my),
                   Att11=self.Att11(h11, mx), Att22=self.Att22(h22, my))
        z = list(out.values())
        if self.cross:
            words, t2a = self.cross_attn1(h1, h22, my if self.masked else None)
            frames, a2t = self.cross_attn2(h2, h11, mx if self.masked else None)
            z += [self.Atts1(words, mx), self.Attt2(frames, my)]
            out.update(attn_text_to_audio=t2a, attn_audio_to_text=a2t)
        out.update(logits=self.c_fc(self.st(torch.cat(z, 1))),
                   logits_text=self.ss(out["Att1"]), logits_audio=self.tt(out["Att2"]))
        return out


def discrepancy(cfg, x, y):
    if x.shape != y.shape:  # hidden_size1 != hidden_size2: there is no such term
        assert cfg.weights["cmd_text"] == cfg.weights["cmd_audio"] == 0
        return torch.zeros(())
    if cfg.form == "mse":
        return F.mse_loss(x, y)
    mx, my = x.mean(0), y.mean(0)
    diff = [mx - my] if cfg.means else []
    diff += [((x - mx) ** k).mean(0) - ((y - my) ** k).mean(0) for k in range(2, 6)]
    return sum(d.norm() if cfg.form == "norm" else (d ** 2).sum() for d in diff)


def class_weights(cfg, rows):
    """What CrossEntropyLoss takes as `weight`, for these training rows; None: nothing."""
    if cfg.class_weight == "none":
        return None
    if isinstance(cfg.class_weight, dict):
        return torch.tensor([float(cfg.class_weight.get(name, 1)) for name in cfg.labels])
    n = np.bincount([u.label for u in rows], minlength=len(cfg.labels))
    w = np.divide(len(rows), len(cfg.labels) * n, out=np.zeros(len(n)), where=n > 0)
    return torch.tensor(w if cfg.class_weight == "balanced" else np.sqrt(w)).float()


def loss_terms(cfg, outs, labels, weight):
    """Of the batches of a step: cross-entropies of all their utterances together, alignments
    as the mean over the batches."""
    label = torch.cat(labels)

    def entropy(name):
        weighted = name == "logits" or cfg.class_weight_in == "all"
        return nn.CrossEntropyLoss(weight if weighted else None)(
            torch.cat([out[name] for out in outs]), label)

    def distance(x, y):
        return sum(discrepancy(cfg, out[x], out[y]) for out in outs) / len(outs)
    return dict(main=entropy("logits"), cmd_text=distance("Att1", "Att22"),
                cmd_audio=distance("Att2", "Att11"), text=entropy("logits_text"),
                audio=entropy("logits_audio"))


class Rate:
    """The learning rate of each epoch, from 0; seen() after its evaluation."""

    def __init__(self, cfg, optimizer):
        self.cfg, self.optimizer = cfg, optimizer
        self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **cfg.plateau)

    def begin(self, epoch):
        cfg, e, n = self.cfg, epoch - self.cfg.warmup, self.cfg.epochs - self.cfg.warmup
        if e < 0:
            lr = cfg.lr * (epoch + 1) / cfg.warmup
        elif cfg.schedule == "plateau":
            lr = cfg.lr if e == 0 else self.optimizer.param_groups[0]["lr"]
        else:
            lr = cfg.lr * dict(cosine=(1 + math.cos(math.pi * e / n)) / 2, constant=1,
                               linear=1 - e / n)[cfg.schedule]
        for g in self.optimizer.param_groups:
            g["lr"] = lr

    def seen(self, epoch, val_loss):
        if self.cfg.schedule == "plateau" and epoch >= self.cfg.warmup:
            self.plateau.step(val_loss)


def selected(cfg, wa, ua, wf1, loss):
    return dict(wa=(wa, ua), ua=(ua,), wf1=(wf1,), loss=(-loss,))[cfg.select]


# Evaluation ------------------------------------------------------------------

def figures(confusion):
    m = np.asarray(confusion, float)
    hit, true, said = m.diagonal(), m.sum(1), m.sum(0)
    here = true > 0
    f1 = np.divide(2 * hit, true + said, out=np.zeros_like(hit), where=hit > 0)
    return (hit.sum() / m.sum(), (hit[here] / true[here]).mean(), (f1 * true).sum() / m.sum())


@torch.no_grad()
def evaluate(model, batches, classes):
    confusion, loss = np.zeros((classes, classes), int), []
    for _, b in batches:
        logits = model(b)["logits"]
        confusion[b.label, logits.argmax(1)] += 1
        loss.append(F.cross_entropy(logits, b.label).item())
    return confusion, float(np.mean(loss))


# Recording -------------------------------------------------------------------

def write_tensors(path, tensors):
    header, at, body = {}, 0, []
    for name, t in tensors.items():
        raw = t.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = dict(dtype="F32", shape=list(t.shape), data_offsets=[at, at + len(raw)])
        at += len(raw)
        body.append(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(body))


def read_tensors(path):
    with open(path, "rb") as f:
        raw = f.read()
    n = struct.unpack("<Q", raw[:8])[0]
    return {k: torch.from_numpy(np.frombuffer(
                raw[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]], "<f4")
                .reshape(v["shape"]).copy())
            for k, v in json.loads(raw[8:8 + n]).items() if k != "__metadata__"}


class Recorder:
    def __init__(self, out):
        os.makedirs(out, exist_ok=True)
        self.out, self.orders, self.tests, self.first = out, [], [], True
        self.steps, self.epochs = (open(os.path.join(out, n), "w", encoding="ascii")
                                   for n in ("steps.csv", "epochs.csv"))
        print("fold,step,loss," + ",".join("loss_" + t for t in TERMS), file=self.steps)
        print("fold,epoch,train_loss,train_acc,val_loss,val_wa,val_ua,val_wf1", file=self.epochs)

    def tensors(self, name, tensors):
        write_tensors(os.path.join(self.out, name + ".safetensors"), tensors)

    def close(self):
        self.steps.close()
        self.epochs.close()
        for name, value, indent in (("order", self.orders, None), ("test", self.tests, 1)):
            with open(os.path.join(self.out, name + ".json"), "w", encoding="ascii") as f:
                json.dump(value, f, indent=indent)


def groups(batches, size):
    group = []
    for batch in batches:
        group.append(batch)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def train_epoch(cfg, model, optimizer, batches, weight, fold, step, rec):
    losses, right, order = [], 0, []
    for group in groups(batches, cfg.accumulate):
        outs = [model(b) for _, b in group]
        terms = loss_terms(cfg, outs, [b.label for _, b in group], weight)
        loss = sum(cfg.weights[t] * terms[t] for t in TERMS)
        optimizer.zero_grad()
        loss.backward()
        if rec.first:
            rec.tensors("grad_first", {k: p.grad for k, p in model.named_parameters()})
            rec.first = False
        if cfg.clip:
            nn.utils.clip_grad_norm_(model.parameters(), cfg.clip)
        optimizer.step()
        step += 1
        losses.append(loss.item())
        for out, (at, b) in zip(outs, group):
            right += (out["logits"].argmax(1) == b.label).sum().item()
            order += at
        print(fold, step, losses[-1], *(terms[t].item() for t in TERMS), sep=",", file=rec.steps)
    rec.orders.append(dict(fold=fold, order=order))
    return float(np.mean(losses)), right / len(order), step


def run_fold(cfg, corpus, fold, rec, verbose=False):
    rows = split(cfg, corpus, fold)
    norm = normalizer(cfg, rows[0]) if cfg.normalize else None
    train, val, test = (loader(cfg, r, norm, i == 0) for i, r in enumerate(rows))
    model = Miust(cfg)
    rec.tensors("init_%d" % fold, model.state_dict())
    if cfg.optimizer == "adamw":
        optimizer = torch.optim.AdamW(model.parameters(), cfg.lr, (0.9, 0.999), 1e-8, 0.01)
    else:
        optimizer = torch.optim.RMSprop(model.parameters(), cfg.lr, alpha=0.99, eps=1e-8)
    best, kept, step = None, None, 0
    rate, weight = Rate(cfg, optimizer), class_weights(cfg, rows[0])
    for epoch in range(1, cfg.epochs + 1):
        rate.begin(epoch - 1)
        loss, acc, step = train_epoch(cfg, model, optimizer, train, weight, fold, step, rec)
        (wa, ua, wf1), val_loss = (math.nan,) * 3, math.nan
        if rows[1]:
            confusion, val_loss = evaluate(model, val, len(cfg.labels))
            wa, ua, wf1 = figures(confusion)
            iter(val)  # the published program passes twice: accuracy, then loss
        print(fold, epoch, loss, acc, val_loss, wa, ua, wf1, sep=",", file=rec.epochs)
        if verbose:
            print(fold, epoch, "loss %.4f acc %.3f val %.4f wa %.3f" % (loss, acc, val_loss, wa))
        rate.seen(epoch - 1, val_loss)
        now = selected(cfg, wa, ua, wf1, val_loss)
        if not rows[1] or best is None or now > best:
            best, kept = now, (epoch, {k: v.clone() for k, v in model.state_dict().items()})
    model.load_state_dict(kept[1])
    rec.tensors("best_%d" % fold, kept[1])
    confusion, _ = evaluate(model, test, len(cfg.labels))
    rec.tests.append(dict(zip(("fold", "best_epoch", "test_wa", "test_ua", "test_wf1", "confusion"),
                              (fold, kept[0], *figures(confusion), confusion.tolist()))))
    forward = {}
    for i, u in enumerate(rows[2][:6]):
        with torch.no_grad():
            out = model(Batch(cfg, [u], norm))
        forward.update({"%d.%s" % (i, n): out[n][0] for n in FORWARD if n in out})
    rec.tensors("forward_best_%d" % fold, forward)
    return model, rows, norm


def skip_fold(cfg, has_val):
    """Draw what a fold draws: a fold can start alone."""
    Miust(cfg)
    for _ in range(cfg.epochs * (4 if has_val else 2) + 1):
        torch.empty((), dtype=torch.int64).random_()


def run(cfg, out, folds=None, verbose=False):
    """Record the run; yields (fold, model, rows, norm) with the kept weights."""
    torch.set_num_threads(1)
    torch.manual_seed(cfg.seed)
    corpus = read_corpus(cfg)
    rec = Recorder(out)
    for fold in [0] if cfg.layout == "lists" else range(1, 6):
        if folds and fold not in folds:
            skip_fold(cfg, cfg.protocol != "fixed")
        else:
            yield (fold, *run_fold(cfg, corpus, fold, rec, verbose))
    rec.close()


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("config")
    p.add_argument("out", help="folder to write")
    p.add_argument("--padding", choices=["reference", "masked"])
    p.add_argument("--form", choices=["squared", "norm", "mse"])
    p.add_argument("--means", action="store_const", const=True, help="the k = 1 term compares means")
    p.add_argument("--epochs", type=int)
    p.add_argument("--folds", type=int, nargs="+")
    a = p.parse_args()
    cfg = Config(a.config, padding=a.padding, form=a.form, means=a.means, epochs=a.epochs)
    for _ in run(cfg, a.out, a.folds, verbose=True):
        pass


if __name__ == "__main__":
    main()
