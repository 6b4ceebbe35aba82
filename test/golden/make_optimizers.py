"""Golden values of optimizers and schedules, computed with PyTorch in double.

    python make_optimizers.py   writes optimizers.safetensors beside this script

The network, its weights and its batch are those of vit_micro in make_golden.py.
"""

import torch
import torch.nn.functional as F
from timm.models.vision_transformer import VisionTransformer
from torch.optim import lr_scheduler

from make_golden import fill, fill_labels, fill_module, no_decay, store

FINAL = ("cls_token", "patch_embed.proj.weight", "blocks.0.norm1.weight", "blocks.0.attn.proj.weight",
         "blocks.1.mlp.fc2.bias", "head.weight")


class Lars(torch.optim.Optimizer):
    """You et al. 2017 as a linear probe of MAE uses it: only what decays is scaled."""

    def __init__(self, groups, lr, momentum, trust):
        super().__init__(groups, dict(lr=lr, momentum=momentum, trust=trust, weight_decay=0.0,
                                      scaled=True))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                change = p.grad
                if group["scaled"]:
                    change = change + group["weight_decay"] * p
                    weight_norm, change_norm = p.norm(), change.norm()
                    if weight_norm > 0 and change_norm > 0:
                        change = change * (group["trust"] * weight_norm / change_norm)
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                velocity.mul_(group["momentum"]).add_(change)
                p.sub_(group["lr"] * velocity)


def network():
    model = VisionTransformer(img_size=32, patch_size=4, embed_dim=48, depth=2, num_heads=3,
                              num_classes=10, class_token=True).double().train()
    fill_module(model)
    return model


def groups(model, decay=0.05):
    named = list(model.named_parameters())
    return [{"params": [p for n, p in named if not no_decay(n, p)], "weight_decay": decay},
            {"params": [p for n, p in named if no_decay(n, p)], "weight_decay": 0.0}]


def ten_steps(name, model, optimizer, clip=None, after=None):
    images, labels = fill("input", (3, 3, 32, 32)), fill_labels("labels", 3, 10)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        if clip is not None:
            clip(model.parameters())
        optimizer.step()
        if after is not None:
            after()
        losses.append(loss.detach())
    losses.append(F.cross_entropy(model(images), labels).detach())
    print(name, [round(float(l), 5) for l in losses])
    final = dict(model.named_parameters())
    return {name + ".losses": torch.stack(losses),
            **{f"{name}.final.{n}": final[n].detach().clone() for n in FINAL}}


def layer_groups(model, decay):
    last = len(model.blocks) + 1
    result = []
    for n, p in model.named_parameters():
        layer = last
        if n in ("cls_token", "pos_embed") or n.startswith("patch_embed"):
            layer = 0
        elif n.startswith("blocks."):
            layer = int(n.split(".")[1]) + 1
        result.append({"params": [p], "weight_decay": 0.0 if no_decay(n, p) else 0.05,
                       "lr": 1e-3 * decay ** (last - layer)})
    return result


def optimizers():
    out = {}
    model = network()
    out.update(ten_steps("sgd", model, torch.optim.SGD(groups(model), lr=0.1, momentum=0.9)))
    model = network()
    out.update(ten_steps("nesterov", model,
                         torch.optim.SGD(groups(model), lr=0.1, momentum=0.9, nesterov=True),
                         lambda p: torch.nn.utils.clip_grad_value_(p, 0.02)))
    model = network()
    scaled, plain = groups(model)
    plain["scaled"] = False
    # clip_grad_norm_ adds 1e-6 to the norm; here the norm itself.
    def clip(parameters):
        parameters = list(parameters)
        norm = torch.sqrt(sum((p.grad ** 2).sum() for p in parameters))
        for p in parameters:
            p.grad.mul_(min(1.0, 0.5 / float(norm)))
    out.update(ten_steps("lars", model, Lars([scaled, plain], lr=2.0, momentum=0.9, trust=0.01), clip))
    model = network()
    average = model.head.weight.detach().clone()
    out.update(ten_steps("layer_decay", model,
                         torch.optim.AdamW(layer_groups(model, 0.65), betas=(0.9, 0.999), eps=1e-8),
                         after=lambda: average.mul_(0.9).add_(model.head.weight.detach(), alpha=0.1)))
    out["layer_decay.average.head.weight"] = average
    return out


def rates(make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], lr=0.1)
    scheduler = make(optimizer)
    result = []
    for _ in range(30):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return torch.tensor(result, dtype=torch.float64)


def schedules():
    return {
        "schedule.cosine": rates(lambda o: lr_scheduler.CosineAnnealingLR(o, 30, eta_min=0.001)),
        "schedule.polynomial": rates(lambda o: lr_scheduler.PolynomialLR(o, 30, power=0.9)),
        "schedule.step": rates(lambda o: lr_scheduler.StepLR(o, 7, gamma=0.5)),
        "schedule.multi_step": rates(lambda o: lr_scheduler.MultiStepLR(o, [5, 12, 21], gamma=0.1)),
        "schedule.warmup": rates(lambda o: lr_scheduler.LambdaLR(o, lambda t: min(1.0, t / 8))),
    }


if __name__ == "__main__":
    store("optimizers", {**optimizers(), **schedules()})
