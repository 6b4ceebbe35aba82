"""Ten steps of AdamW on a small model of every family of the zoo, computed with PyTorch in double.

    python make_families_adamw.py   writes families_adamw.safetensors and families_more.safetensors

The models, weights and batches are those of make_golden.py, and three more, whose logits, loss and
gradients are families_more.safetensors: a MiT classifier of transformers, and a vision transformer
with pooling between stages and one with an early exit, both of timm's blocks.
"""

import torch
import torch.nn.functional as F
from timm.layers import set_fused_attn
from timm.models.vision_transformer import VisionTransformer
from torch import nn
from transformers import SegformerForImageClassification

from make_golden import (METADATA, SMALL, LocalPerceptionHead, check_gradients, fill,
                         fill_labels, fill_module, gradients, mae_run, scalar, segformer_gradients,
                         segformer_model, segformer_names, segformer_run, store, to_grid, to_tokens,
                         vit_micro_model)

STEPS = 10
FINAL = 128  # the largest tensor whose final value is kept, in elements


class Pooled(VisionTransformer):
    """A block, 2 x 2 means, a block, a learned 2 x 2 convolution of stride 2, a block (HPViT)."""

    def __init__(self):
        super().__init__(img_size=32, patch_size=4, embed_dim=16, depth=3, num_heads=2,
                         num_classes=10, class_token=False, global_pool="avg")
        self.pools = nn.ModuleList([nn.ModuleDict({"conv": nn.Conv2d(16, 16, 2, 2)})])

    def forward(self, images):
        x = self.blocks[0](self._pos_embed(self.patch_embed(images)))
        x = self.blocks[1](to_tokens(F.avg_pool2d(to_grid(x), 2)))
        x = self.blocks[2](to_tokens(self.pools[0]["conv"](to_grid(x))))
        return self.forward_head(x)


class Exit(LocalPerceptionHead):
    """LGViT: logits of the mean of the head's patch tokens plus the class token."""

    def __init__(self, width, classes):
        super().__init__(width)
        self.head = nn.Linear(width, classes)

    def forward(self, tokens):
        return self.head(super().forward(tokens[:, 1:]).mean(1) + tokens[:, 0])


class EarlyExit(VisionTransformer):
    """Logits of the head and of an exit after the first of two blocks."""

    def __init__(self):
        super().__init__(img_size=32, patch_size=4, embed_dim=16, depth=2, num_heads=2,
                         num_classes=10)
        self.exits = nn.ModuleList([Exit(16, 10)])

    def forward(self, images):
        first = self.blocks[0](self._pos_embed(self.patch_embed(images)))
        return self.forward_head(self.norm(self.blocks[1](first))), self.exits[0](first)


class Run:
    """A filled model in training mode. outputs() gives what is compared, by key; loss() is what
    training makes smaller; names maps the model's names to tessera's."""

    def __init__(self, name, model, outputs, loss, names=str):
        self.name, self.model, self.names = name, model, names
        self.outputs, self.loss = outputs, lambda: loss(outputs())


def plain(name, model, size=(32, 32), prefix=None):
    """Class labels; a pair of heads by its mean."""
    model = model.double().train()
    fill_module(model, name + "." if prefix is None else prefix)
    images, labels = fill("input", (3, 3) + size), fill_labels("labels", 3, 10)

    def outputs():
        y = model(images)
        heads = y if isinstance(y, tuple) else (y,)
        return {"logits": sum(heads) / len(heads)}

    return Run(name, model, outputs, lambda y: F.cross_entropy(y["logits"], labels))


def early_exit():
    model = EarlyExit().double().train()
    fill_module(model, "early_exit.")
    images, labels = fill("input", (3, 3, 32, 32)), fill_labels("labels", 3, 10)
    return Run("early_exit", model,
               lambda: dict(zip(("logits", "exit_logits"), model(images))),
               lambda y: sum(F.cross_entropy(x, labels) for x in y.values()))


def mit():
    model = segformer_model("mit.", SegformerForImageClassification, 10)
    images, labels = fill("input", (3, 3, 32, 32)), fill_labels("labels", 3, 10)
    return Run("mit", model, lambda: {"logits": model(images).logits},
               lambda y: F.cross_entropy(y["logits"], labels), segformer_names)


def segformer():
    model, logits_of, loss_of = segformer_run()
    return Run("segformer", model, lambda: {"logits": logits_of()},
               lambda y: loss_of(y["logits"]), segformer_names)


def mae():
    model, images, noise = mae_run()
    state = {}

    def outputs():
        state["loss"], pred, *_ = model(images, noise)
        return {"pred": pred}

    return Run("mae", model, outputs, lambda _: state["loss"])


def evaluated(run):
    """The outputs in evaluation mode."""
    run.model.eval()
    with torch.no_grad():
        out = {k: v.detach().clone() for k, v in run.outputs().items()}
    run.model.train()
    return out


def logits_and_gradients(run):
    prefix = run.name + "."
    out = {prefix + k: v for k, v in evaluated(run).items()}
    loss = run.loss()
    loss.backward()
    take = segformer_gradients if run.names is segformer_names else gradients
    out.update({prefix + "loss": scalar(loss), **take(run.model, prefix + "grad.")})
    print("%s gradient check %.1e" % (run.name, check_gradients(run.model, run.loss)))
    return out


def decay_groups(model):
    """timm's rule: no decay of tensors of one dimension, nor of those the model itself names; MAE's
    code and transformers name none."""
    skip = model.no_weight_decay() if hasattr(model, "no_weight_decay") else ()
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    kept = [p.ndim <= 1 or n in skip for n, p in named]
    return [{"params": [p for (_, p), k in zip(named, kept) if not k], "weight_decay": 0.05},
            {"params": [p for (_, p), k in zip(named, kept) if k], "weight_decay": 0.0}]


def ten_steps(run):
    optimizer = torch.optim.AdamW(decay_groups(run.model), lr=1e-3, betas=(0.9, 0.999), eps=1e-8,
                                  foreach=False)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = run.loss()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    prefix = run.name + ".adamw."
    out = {prefix + k + "_after": v for k, v in evaluated(run).items()}
    out[prefix + "losses"] = torch.stack(losses)
    out[prefix + "loss_after"] = scalar(run.loss())
    for name, p in run.model.named_parameters():
        ours = run.names(name)
        halved = ".attn.k." in ours or ".attn.v." in ours  # two of tessera's one tensor
        if p.requires_grad and p.numel() <= FINAL and not halved:
            out[prefix + "final." + ours] = p.detach().clone()
    print(run.name, "losses", [round(float(x), 6) for x in losses],
          float(out[prefix + "loss_after"]))
    return out


def main():
    torch.set_num_threads(1)
    set_fused_attn(False)
    print(METADATA["made_with"])
    more = {}
    for run in (mit(), plain("pooled", Pooled()), early_exit()):
        more.update(logits_and_gradients(run))
    store("families_more", more)

    runs = [plain("vit", vit_micro_model(), prefix="")]
    runs += [plain(name, make(), size) for name, (make, size) in SMALL.items()]
    runs += [mit(), segformer(), mae(), plain("pooled", Pooled()), early_exit()]
    steps = {}
    for run in runs:
        steps.update(ten_steps(run))
    store("families_adamw", steps)


if __name__ == "__main__":
    main()
