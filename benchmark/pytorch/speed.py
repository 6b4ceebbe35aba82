"""tessera and PyTorch side by side on the CPU, in turns.

    python benchmark/pytorch/speed.py build/benchmark/pytorch_speed [--threads 2] [--rounds 9]

Each round times half a second of tessera and half a second of each of PyTorch's readings: eager, and
torch.compile (with frozen weights for inference; --mode max-autotune lets it try kernels first, which
takes minutes). Float, equal
weights and inputs, the same number of threads; the outputs are compared first. The ratio of a round
is PyTorch's time over tessera's, so above 1 tessera is faster; the table gives medians over rounds, the
best times, and tessera's GFLOP/s (two per multiply-accumulate, three forwards a training step) in
percent of the register-only peak that the same run measures. Needs torch and timm.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

import timm
import torch
import torch.nn.functional as F
from timm.models.vision_transformer import VisionTransformer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test" / "golden"))
from make_golden import fill, fill_labels, fill_module

BATCH = 128


class Tessera:
    def __init__(self, program, threads):
        self.process = subprocess.Popen([program, str(threads)], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return [float(x) for x in self.process.stdout.readline().split()]


def small_vit():
    return VisionTransformer(img_size=32, patch_size=4, embed_dim=64, depth=4, num_heads=4,
                             num_classes=10)


def inference(make, size, mode):
    """(FLOP of a call, check, {reading: call})"""
    model = make().eval()
    fill_module(model)
    x = fill("input", (1, 3, size, size)).float()
    torch._inductor.config.freezing = True
    compiled = torch.compile(model, mode=mode)

    def run(f):
        with torch.inference_mode():
            return f(x)
    with torch.no_grad():
        compiled(x)
    def run_compiled():
        with torch.no_grad():
            return compiled(x)
    return lambda: run(model)[0].tolist(), {"eager": lambda: run(model), "compiled": run_compiled}


def training(compile):
    torch._inductor.config.freezing = False
    model = small_vit()
    fill_module(model)
    named = list(model.named_parameters())
    plain = [p for n, p in named if p.ndim == 1 or n in ("cls_token", "pos_embed")]
    decayed = [p for n, p in named if p.ndim > 1 and n not in ("cls_token", "pos_embed")]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05},
                                   {"params": plain, "weight_decay": 0.0}], lr=1e-3, fused=True)
    x, y = fill("input", (BATCH, 3, 32, 32)).float(), fill_labels("labels", BATCH, 10)

    def loss_of(x, y):
        return F.cross_entropy(model(x), y)
    f = torch.compile(loss_of) if compile else loss_of

    def step():
        loss = f(x, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


def training_case():
    check = training(False)
    return (lambda: [check() for _ in range(3)],
            {"eager": training(False), "compiled": training(True)})


CASES = {  # name: multiply-accumulates of a call, what to run
    "small_vit_training": (3 * BATCH * 15.140e6, lambda mode: training_case()),
    "small_vit": (15.140e6, lambda mode: inference(small_vit, 32, mode)),
    "vit_tiny": (1.254e9, lambda mode: inference(
        lambda: timm.create_model("vit_tiny_patch16_224"), 224, mode)),
    "vit_base": (17.564e9, lambda mode: inference(
        lambda: timm.create_model("vit_base_patch16_224"), 224, mode)),
}


def timed(call, seconds):
    start, calls = time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - start < seconds:
        call()
        calls += 1
    return (time.perf_counter() - start) / calls


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--mode", default="default", help="of torch.compile, for inference")
    parser.add_argument("--cases", nargs="*", default=list(CASES))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    tessera = Tessera(args.program, args.threads)
    print(f"torch {torch.__version__}, {args.threads} threads, float\n\n"
          "| case | tessera, best | eager, best | compiled, best | eager / tessera | "
          "compiled / tessera | percent of peak |\n| --- " + "| ---: " * 6 + "|")
    for name in args.cases:
        macs, make = CASES[name]
        check, readings = make(args.mode)
        mine, theirs = tessera.ask(f"check {name}"), check()
        largest = max(abs(x) for x in theirs)
        difference = max(abs(a - b) for a, b in zip(mine, theirs, strict=True)) / largest
        if not difference < 1e-4:
            sys.exit(f"{name}: results differ by {difference:.1e} of the largest")
        for call in readings.values():  # warm-up
            timed(call, 1)
        tessera.ask(f"time {name} 1")
        times, peaks = {"tessera": [], **{r: [] for r in readings}}, []
        for _ in range(args.rounds):
            peaks += tessera.ask("peak")
            calls, seconds = tessera.ask(f"time {name} {args.seconds}")
            times["tessera"].append(seconds / calls)
            for reading, call in readings.items():
                times[reading].append(timed(call, args.seconds))
                time.sleep(0.05)  # its threads wait for work in loops
        best = [f"{1e3 * min(t):.2f} ms" for t in times.values()]
        ratios = [f"{statistics.median(b / a for a, b in zip(times['tessera'], times[r])):.2f}"
                  for r in readings]
        percent = 100 * 2e-9 * macs / min(times["tessera"]) / max(peaks)
        print(f"| {name} | {' | '.join(best + ratios)} | {percent:.0f} % |", flush=True)


if __name__ == "__main__":
    main()
