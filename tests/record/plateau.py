#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record ReduceLROnPlateau for tests/engine/train/schedule.c.

    python3 tests/record/plateau.py >tests/record/plateau.csv

Each case is a sequence of validation losses; the last column is the rate after it.
"""
import random

import torch

random.seed(4)
FALLING = [1 / (1 + 0.3 * i) for i in range(20)]
CASES = {
    "falls": (0.5, 2, 5e-4, FALLING + [FALLING[-1]] * 12),
    "rises": (0.1, 0, 5e-4, [1 + 0.1 * i for i in range(12)]),  # ends at EPS
    "noise": (0.7, 1, 0.01, [1 + random.uniform(-0.3, 0.3) - 0.01 * i for i in range(40)]),
    "creeps": (0.5, 3, 1e-3, [1 - 0.00005 * i for i in range(25)]),  # below the threshold
    "equal": (0.25, 1, 1e-3, [0.5] * 10),
}

print("case,factor,patience,lr,epoch,val_loss,rate")
for name, (factor, patience, lr, losses) in CASES.items():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=factor,
                                                         patience=patience)
    for i, loss in enumerate(losses):
        plateau.step(loss)
        print(name, factor, patience, lr, i + 1, "%.17g" % loss,
              "%.17g" % optimizer.param_groups[0]["lr"], sep=",")
