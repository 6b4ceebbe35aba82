"""CIFAR-10, one recipe, tessera and PyTorch: accuracy over seeds.

    python benchmark/pytorch/cifar10.py build/benchmark/pytorch_cifar10 [--seeds 3] [--epochs 5]

The small ViT (32 x 32, patch 4, D 64, 4 blocks, 4 heads, class token; 208,074 parameters), timm's
initialisation, on the 20,000 images of data_batch_1 and 2: AdamW (lr 1e-3, betas 0.9 and 0.999, decay
0.05, not for tensors of one dimension, tokens and positions), batch 128, one epoch of linear warm-up
and a cosine to 0, label smoothing 0.1, random resized crop (area 0.5 to 1, bicubic, antialias) and
mirror. Float, all of the 10,000 test images. Needs torch, torchvision and timm. tessera's side is
cifar10.cpp; the two share the recipe and no random number.
"""

import argparse
import math
import os
import pathlib
import statistics
import subprocess
import time

import numpy as np
import torch
import torch.nn.functional as F
from timm.models.vision_transformer import VisionTransformer
from torchvision.transforms import InterpolationMode, v2

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def load(folder, names):
    records = np.concatenate([np.fromfile(folder / n, np.uint8).reshape(-1, 3073) for n in names])
    return (torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).copy()),
            torch.from_numpy(records[:, 0].astype(np.int64)))


def train(train_set, test_set, seed, epochs):
    """(accuracy in percent, seconds of training)"""
    torch.manual_seed(seed)
    model = VisionTransformer(img_size=32, patch_size=4, embed_dim=64, depth=4, num_heads=4,
                              num_classes=10)
    plain = [p for n, p in model.named_parameters()
             if p.ndim == 1 or n in ("cls_token", "pos_embed")]
    decayed = [p for n, p in model.named_parameters()
               if p.ndim > 1 and n not in ("cls_token", "pos_embed")]
    assert sum(p.numel() for p in plain + decayed) == 208_074
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05},
                                   {"params": plain, "weight_decay": 0.0}], lr=1e-3, fused=True)
    crop = v2.Compose([
        v2.RandomResizedCrop(32, (0.5, 1.0), (3 / 4, 4 / 3), InterpolationMode.BICUBIC, antialias=True),
        v2.RandomHorizontalFlip(0.5)])
    normalise = v2.Normalize(MEAN, STD)
    images, labels = train_set
    batches = math.ceil(len(labels) / 128)
    start, step = time.perf_counter(), 0
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(labels))
        for chosen in order.split(128):
            x = torch.stack([crop(i) for i in images[chosen].float()])
            x = normalise(x / 255)
            step += 1
            rate = step / batches if step < batches else 0.5 * (1 + math.cos(
                math.pi * (step - batches) / (epochs * batches - batches)))
            for group in optimizer.param_groups:
                group["lr"] = 1e-3 * rate
            loss = F.cross_entropy(model(x), labels[chosen], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    seconds = time.perf_counter() - start
    model.eval()
    with torch.inference_mode():
        right = sum((model(normalise(x.float() / 255)).argmax(1) == y).sum().item()
                    for x, y in zip(test_set[0].split(100), test_set[1].split(100)))
    return 100 * right / len(test_set[1]), seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--data", type=pathlib.Path, required="TESSERA_DATA_DIR" not in os.environ,
                        default=os.environ.get("TESSERA_DATA_DIR"),
                        help="the folder of cifar-10-batches-bin")
    args = parser.parse_args()
    folder = pathlib.Path(args.data) / "cifar-10-batches-bin"
    torch.set_num_threads(args.threads)
    train_set = load(folder, ["data_batch_1.bin", "data_batch_2.bin"])
    test_set = load(folder, ["test_batch.bin"])
    print(f"torch {torch.__version__}, {args.threads} threads, {args.epochs} epochs of "
          f"{len(train_set[1])} images\n\n| seed | tessera | PyTorch |\n| --- | --- | --- |")
    rows = []
    for seed in range(1, args.seeds + 1):
        mine = subprocess.run([args.program, str(seed), str(args.threads), str(args.epochs)],
                              env=os.environ | {"TESSERA_DATA_DIR": str(args.data)},
                              check=True, capture_output=True, text=True).stdout.split()
        accuracy, seconds = train(train_set, test_set, seed, args.epochs)
        rows.append((float(mine[0]), accuracy))
        print(f"| {seed} | {float(mine[0]):.2f} %, {float(mine[1]):.0f} s | {accuracy:.2f} %, "
              f"{seconds:.0f} s |", flush=True)
    if len(rows) > 1:
        cells = [f"{statistics.mean(c):.2f} ± {statistics.stdev(c):.2f} %" for c in zip(*rows)]
        print(f"| mean ± deviation | {cells[0]} | {cells[1]} |")


if __name__ == "__main__":
    main()
