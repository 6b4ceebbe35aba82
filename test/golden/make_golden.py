"""Golden values of tessera, computed with PyTorch and timm.

    python make_golden.py            write the seven files beside this script, read back, list
    python make_golden.py --formula  print the samples that test/support/formula_check.cpp holds

Weights and inputs are never stored: `fill` makes them from a tensor's name, shape and element
index, and test/support/formula.hpp makes the same bits in C++. README.md states the formula and
lists every key.
"""

import functools
import math
import pathlib
import re
import struct
import sys

import numpy as np
import safetensors
import safetensors.torch
import timm
import torch
import torch.nn.functional as F
import transformers
from timm.layers import set_fused_attn
from timm.models import pvt_v2, swin_transformer, vision_transformer_sam
from timm.models.vision_transformer import Block, PatchEmbed, VisionTransformer
from torch import nn
from transformers import SegformerConfig, SegformerForSemanticSegmentation

HERE = pathlib.Path(__file__).resolve().parent
# One key: the library writes several in random order, and equal runs should give equal bytes.
METADATA = {"made_with": f"formula 1, torch {torch.__version__}, timm {timm.__version__}, "
                         f"numpy {np.__version__}, safetensors {safetensors.__version__}, "
                         f"transformers {transformers.__version__}"}


def fnv1a64(text):
    h = 0xCBF29CE484222325
    for byte in text.encode("utf-8"):
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def top24(name, count):
    """Elements 0 .. count-1 of the stream `name`: integers in [0, 2^24)."""
    z = np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(fnv1a64(name))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.int64)


def rule(name, shape):
    """(centre, amplitude): the tensor is uniform in [centre - amplitude, centre + amplitude)."""
    if name.endswith("noise"):
        return 0.5, 0.5
    if name.endswith("logits"):
        return 0.0, 4.0
    if name.endswith("bias"):
        return 0.0, 2.0**-4
    if name.endswith(("_token", "pos_embed", "running_mean")):
        return 0.0, 2.0**-2
    if name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
        return 1.0, 2.0**-2
    if name.endswith("weight"):
        fan_in = math.prod(shape[1:])
        return 0.0, 2.0 ** (1 - fan_in.bit_length() // 2)
    return 0.0, 1.0


def fill(name, shape):
    """float64 tensor whose every element is a float32 number."""
    centre, amplitude = rule(name, shape)
    unit = (top24(name, math.prod(shape)) - 2**23) / 2.0**23
    values = (centre + amplitude * unit).astype(np.float32)
    return torch.from_numpy(values.astype(np.float64)).reshape(tuple(shape))


def fill_labels(name, count, classes):
    return torch.from_numpy(top24(name, count) % classes)


def fill_module(module, prefix="", keep=()):
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if value.is_floating_point() and name not in keep:
                value.copy_(fill(prefix + name, value.shape))


def gradients(module, prefix="grad."):
    return {prefix + n: p.grad.clone() for n, p in module.named_parameters() if p.requires_grad}


def scalar(value):
    return value.detach().reshape(1)


def check_gradients(module, loss_of):
    """The stored gradients must match a central difference along one dense direction."""
    parameters = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
    directions = [fill("direction." + n, p.shape) for n, p in parameters]
    predicted = sum((p.grad * d).sum() for (_, p), d in zip(parameters, directions))
    step = 1e-6
    with torch.no_grad():
        values = []
        for shift in (step, -2 * step):
            for (_, p), d in zip(parameters, directions):
                p.add_(d, alpha=shift)
            values.append(loss_of())
        for (_, p), d in zip(parameters, directions):
            p.add_(d, alpha=step)
    measured = (values[0] - values[1]) / (2 * step)
    error = abs(measured - predicted) / abs(predicted)
    assert error < 1e-6, f"gradient {predicted}, central difference {measured}"
    return float(error)


def vit_tiny_16():
    """Computed in float64 with weights that are float32 numbers; rounded once, at the end."""
    model = timm.create_model("vit_tiny_patch16_224", num_classes=1000).double().eval()
    fill_module(model)
    images = fill("input", (2, 3, 224, 224))
    with torch.no_grad():
        logits = model(images)
        single = model.float()(images.float()).double()
    top = logits.topk(2).values
    print("vit_tiny_16: std of logits %.3f, largest %.3f, top-1 margins %s, float32 off by %.2e"
          % (logits.std(), logits.abs().max(), (top[:, 0] - top[:, 1]).tolist(),
             (single - logits).abs().max()))
    return {"logits": logits.float()}


def no_decay(name, parameter):
    return parameter.ndim <= 1 or name in ("cls_token", "pos_embed")


FINAL = ("cls_token", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias",
         "blocks.0.norm1.weight", "blocks.0.norm1.bias", "blocks.0.attn.qkv.weight",
         "blocks.0.attn.qkv.bias", "blocks.1.mlp.fc2.weight", "blocks.1.mlp.fc2.bias",
         "norm.weight", "norm.bias", "head.weight", "head.bias")


def vit_micro_model():
    model = VisionTransformer(img_size=32, patch_size=4, embed_dim=48, depth=2, num_heads=3,
                              num_classes=10, class_token=True).double().train()
    fill_module(model)
    return model


def vit_micro():
    model = vit_micro_model()
    images, labels = fill("input", (3, 3, 32, 32)), fill_labels("labels", 3, 10)

    def loss_of():
        return F.cross_entropy(model(images), labels)

    logits = model(images).detach()
    loss = loss_of()
    loss.backward()
    out = {"labels": labels, "logits": logits, "loss": scalar(loss), **gradients(model)}
    print("vit_micro: gradient check %.1e" % check_gradients(model, loss_of))

    fill_module(model)
    named = list(model.named_parameters())
    optimizer = torch.optim.AdamW(
        [{"params": [p for n, p in named if not no_decay(n, p)], "weight_decay": 0.05},
         {"params": [p for n, p in named if no_decay(n, p)], "weight_decay": 0.0}],
        lr=1e-3, betas=(0.9, 0.999), eps=1e-8, foreach=False)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    out["adamw.losses"] = torch.stack(losses)
    out["adamw.loss_after"] = scalar(loss_of())
    out["adamw.logits_after"] = model(images).detach()
    final = dict(named)
    out.update({"adamw.final." + n: final[n].detach() for n in FINAL})
    print("vit_micro: losses", [round(float(l), 6) for l in losses], float(out["adamw.loss_after"]))
    return out


def vit_micro_odd():
    model = VisionTransformer(img_size=(30, 20), patch_size=5, embed_dim=36, depth=1, num_heads=4,
                              num_classes=7, class_token=True).double().train()
    fill_module(model)
    images, labels = fill("input", (1, 3, 30, 20)), fill_labels("labels", 1, 7)

    def loss_of():
        return F.cross_entropy(model(images), labels)

    logits = model(images).detach()
    loss = loss_of()
    loss.backward()
    out = {"labels": labels, "logits": logits, "loss": scalar(loss), **gradients(model)}
    print("vit_micro_odd: gradient check %.1e" % check_gradients(model, loss_of))
    return out


def sin_cos_positions(width, side):
    """(1 + side^2, width); row 0 (class) is zero; columns: [sin x, cos x, sin y, cos y]."""
    omega = 10000.0 ** (-np.arange(width // 4, dtype=np.float64) / (width / 4))
    y, x = (c.reshape(-1, 1) for c in np.mgrid[0:side, 0:side].astype(np.float64))
    rows = np.concatenate([np.sin(x * omega), np.cos(x * omega),
                           np.sin(y * omega), np.cos(y * omega)], axis=1)
    table = np.concatenate([np.zeros((1, width)), rows])
    return torch.from_numpy(table.astype(np.float32).astype(np.float64))[None]


def norm_pixels(target):
    """(.., p*p*3) -> zero mean, unit variance per patch; divisor n - 1."""
    mean, var = target.mean(-1, keepdim=True), target.var(-1, keepdim=True)
    return (target - mean) / (var + 1e-6).sqrt()


def masking(noise, kept):
    """shuffle = ascending argsort of the noise; mask is 1 where a token was removed."""
    shuffle = torch.argsort(noise, dim=1, stable=True)
    restore = torch.argsort(shuffle, dim=1)
    return shuffle[:, :kept], restore, (restore >= kept).double()


class MaskedAutoencoder(nn.Module):
    def __init__(self, image=32, patch=4, width=48, depth=2, heads=3, decoder_width=24,
                 decoder_depth=1, decoder_heads=2, ratio=0.75):
        super().__init__()
        norm = functools.partial(nn.LayerNorm, eps=1e-6)
        block = functools.partial(Block, mlp_ratio=4, qkv_bias=True, norm_layer=norm)
        self.patch, self.side = patch, image // patch
        tokens = self.side**2
        self.kept = int(tokens * (1 - ratio))
        self.cls_token = nn.Parameter(torch.empty(1, 1, width))
        self.pos_embed = nn.Parameter(torch.empty(1, tokens + 1, width), requires_grad=False)
        self.mask_token = nn.Parameter(torch.empty(1, 1, decoder_width))
        self.decoder_pos_embed = nn.Parameter(torch.empty(1, tokens + 1, decoder_width),
                                              requires_grad=False)
        self.patch_embed = PatchEmbed(image, patch, 3, width)
        self.blocks = nn.ModuleList([block(width, heads) for _ in range(depth)])
        self.norm = norm(width)
        self.decoder_embed = nn.Linear(width, decoder_width)
        self.decoder_blocks = nn.ModuleList(
            [block(decoder_width, decoder_heads) for _ in range(decoder_depth)])
        self.decoder_norm = norm(decoder_width)
        self.decoder_pred = nn.Linear(decoder_width, patch * patch * 3)

    def patchify(self, images):
        """(B, 3, H, W) -> (B, N, p*p*3): row in patch, column in patch, channel (fastest)."""
        b, p, s = images.shape[0], self.patch, self.side
        return (images.reshape(b, 3, s, p, s, p).permute(0, 2, 4, 3, 5, 1)
                .reshape(b, s * s, p * p * 3))

    def encode(self, images, noise):
        x = self.patch_embed(images) + self.pos_embed[:, 1:]
        keep, restore, mask = masking(noise, self.kept)
        x = torch.take_along_dim(x, keep[..., None], dim=1)
        cls = (self.cls_token + self.pos_embed[:, :1]).expand(len(x), -1, -1)
        x = torch.cat([cls, x], dim=1)
        for b in self.blocks:
            x = b(x)
        return self.norm(x), restore, mask

    def decode(self, latent, restore):
        x = self.decoder_embed(latent)
        missing = restore.shape[1] + 1 - x.shape[1]
        full = torch.cat([x[:, 1:], self.mask_token.expand(len(x), missing, -1)], dim=1)
        x = torch.cat([x[:, :1], torch.take_along_dim(full, restore[..., None], dim=1)], dim=1)
        x = x + self.decoder_pos_embed
        for b in self.decoder_blocks:
            x = b(x)
        return self.decoder_pred(self.decoder_norm(x))[:, 1:]

    def forward(self, images, noise):
        latent, restore, mask = self.encode(images, noise)
        pred = self.decode(latent, restore)
        error = (pred - norm_pixels(self.patchify(images))).square().mean(-1)
        return (error * mask).sum() / mask.sum(), pred, mask, restore, latent


def check_mae_pieces():
    keep, restore, _ = masking(torch.tensor([[0.7, 0.1, 0.9, 0.3]]), 2)
    assert keep.tolist() == [[1, 3]] and restore.tolist() == [[2, 0, 3, 1]]
    got = norm_pixels(torch.tensor([0.1, 0.4, 0.2, 0.9], dtype=torch.float64))
    assert np.allclose(got, [-0.842924, 0, -0.561949, 1.404873], atol=2e-6)
    got = sin_cos_positions(8, 4)[0, 1 + 3 * 4 + 2]  # y 3, x 2
    assert np.allclose(got, [0.909297, 0.019999, -0.416147, 0.9998,
                             0.14112, 0.029996, -0.989992, 0.99955], atol=1e-6)
    got = sin_cos_positions(768, 14)[0, 1 + 5 * 14 + 9, [0, 1, 192, 384, 576]]
    assert np.allclose(got, [0.412118, 0.748847, -0.91113, -0.958924, 0.283662], atol=1e-6)


def mae_run():
    model = MaskedAutoencoder().double().train()
    fill_module(model, keep=("pos_embed", "decoder_pos_embed"))
    with torch.no_grad():
        model.pos_embed.copy_(sin_cos_positions(48, 8))
        model.decoder_pos_embed.copy_(sin_cos_positions(24, 8))
    images, noise = fill("input", (2, 3, 32, 32)), fill("noise", (2, 64))
    assert all(len(set(row)) == 64 for row in noise.tolist()), "equal noise values"
    return model, images, noise


def mae_micro():
    check_mae_pieces()
    model, images, noise = mae_run()
    loss, pred, mask, restore, latent = model(images, noise)
    loss.backward()
    assert mask.sum(1).tolist() == [48, 48]
    out = {
        "noise": noise.float(), "mask": mask, "ids_restore": restore,
        "pos_embed": model.pos_embed.detach().float(),
        "decoder_pos_embed": model.decoder_pos_embed.detach().float(),
        "latent": latent.detach(), "pred": pred.detach(), "loss": scalar(loss), **gradients(model),
    }
    print("mae_micro: loss %.9f, gradient check %.1e"
          % (loss.item(), check_gradients(model, lambda: model(images, noise)[0])))
    return out


def kd_loss(student, teacher, temperature, divisor):
    p = F.log_softmax(teacher / temperature, dim=-1)
    q = F.log_softmax(student / temperature, dim=-1)
    return temperature**2 * (p.exp() * (p - q)).sum() / divisor


def soft_targets():
    s, t = torch.tensor([[1, 2, 0.5]]).double(), torch.tensor([[0, 3, -1.0]]).double()
    assert abs(kd_loss(s, t, 2, 3) - 0.182267556) < 1e-9
    out = {}
    for reduction, divisor in (("numel", 40), ("batch", 4)):
        student = fill("kd.student_logits", (4, 10)).requires_grad_()
        teacher = fill("kd.teacher_logits", (4, 10)).requires_grad_()
        loss = kd_loss(student, teacher, 2, divisor)
        loss.backward()
        builtin = 4 * F.kl_div(F.log_softmax(student / 2, -1), F.log_softmax(teacher / 2, -1),
                               reduction="sum", log_target=True) / divisor
        assert torch.allclose(loss, builtin, rtol=1e-14)
        out["kd.loss_" + reduction] = scalar(loss)
        out["kd.grad_student_" + reduction] = student.grad
        out["kd.grad_teacher_" + reduction] = teacher.grad
    logits, labels = fill("ce.logits", (4, 10)).requires_grad_(), fill_labels("ce.labels", 4, 10)
    loss = F.cross_entropy(logits, labels, label_smoothing=0.1)
    loss.backward()
    out.update({"ce.labels": labels, "ce.loss": scalar(loss), "ce.grad_logits": logits.grad})
    return out


def batch_norm():
    layer = nn.BatchNorm1d(5, eps=1e-5, momentum=0.1).double().train()
    fill_module(layer, "bn.")
    x = fill("bn.input", (6, 5)).requires_grad_()
    y = layer(x)
    y.backward(fill("bn.upstream", y.shape))
    out = {"bn.output": y.detach(), "bn.running_mean_after": layer.running_mean.clone(),
           "bn.running_var_after": layer.running_var.clone(), "bn.grad_input": x.grad,
           "bn.grad_weight": layer.weight.grad, "bn.grad_bias": layer.bias.grad}
    layer.eval()
    fill_module(layer, "bn.")
    out["bn.eval_output"] = layer(x).detach()
    return out


def to_grid(tokens):
    """(B, N, C) -> (B, C, h, w) with h = w; token index = y * w + x."""
    side = math.isqrt(tokens.shape[1])
    return tokens.transpose(1, 2).reshape(len(tokens), tokens.shape[2], side, side)


def to_tokens(grid):
    return grid.flatten(2).transpose(1, 2)


def depthwise():
    layer = nn.Conv2d(6, 6, 3, padding=1, groups=6).double()
    fill_module(layer, "dw.")
    x = fill("dw.input", (2, 16, 6)).requires_grad_()
    y = to_tokens(layer(to_grid(x)))
    y.backward(fill("dw.upstream", y.shape))
    return {"dw.output": y.detach(), "dw.grad_input": x.grad, "dw.grad_weight": layer.weight.grad,
            "dw.grad_bias": layer.bias.grad}


class LocalPerceptionHead(nn.Module):
    """LGViT (arXiv 2308.00255): activation before normalisation, residual around the whole head."""

    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 1)
        self.bn3 = nn.BatchNorm2d(width)

    def forward(self, tokens):
        x = self.bn1(F.gelu(self.conv1(to_grid(tokens))))
        x = self.bn2(F.gelu(self.depthwise(x)))
        return to_tokens(self.bn3(self.conv2(x))) + tokens


def local_perception_head():
    out = {}
    for mode in ("train", "eval"):
        head = LocalPerceptionHead(8).double().train(mode == "train")
        fill_module(head, "lph.")
        x = fill("lph.input", (2, 16, 8)).requires_grad_()
        upstream = fill("lph.upstream", x.shape)
        y = head(x)
        y.backward(upstream)
        out[f"lph.{mode}.output"] = y.detach()
        out[f"lph.{mode}.grad.input"] = x.grad
        out.update(gradients(head, f"lph.{mode}.grad."))
        if mode == "train":
            out.update({"lph.train.after." + n: b.clone() for n, b in head.named_buffers()
                        if b.is_floating_point()})
        error = check_gradients(head, lambda: (head(x) * upstream).sum())
        print("lph %s: gradient check %.1e" % (mode, error))
    return out


def average_pool():
    x = fill("pool.input", (2, 16, 8)).requires_grad_()
    y = to_tokens(F.avg_pool2d(to_grid(x), 2))
    y.backward(fill("pool.upstream", y.shape))
    return {"pool.output": y.detach(), "pool.grad_input": x.grad}


def distill():
    return {**soft_targets(), **batch_norm(), **depthwise(), **local_perception_head(),
            **average_pool()}


def filled_run(prefix, module, shape, *arguments):
    """Output and gradients of one filled module on its filled input, under its prefix."""
    module = module.double().train()
    fill_module(module, prefix)
    x = fill(prefix + "input", shape).requires_grad_()
    y = module(x, *arguments)
    upstream = fill(prefix + "upstream", y.shape)
    y.backward(upstream)
    out = {prefix + "output": y.detach(), prefix + "grad.input": x.grad,
           **gradients(module, prefix + "grad.")}
    error = check_gradients(module, lambda: (module(x, *arguments) * upstream).sum())
    print("%s gradient check %.1e" % (prefix, error))
    return out


def backbones():
    """Grids are stored as (B, height, width, C), tokens as (B, N, C): the same numbers."""
    def swin(height, width):
        return swin_transformer.SwinTransformerBlock(8, (height, width), num_heads=2,
                                                     window_size=4, shift_size=2)

    padded = swin(7, 9).double()
    fill_module(padded, "swin.")
    reduced = pvt_v2.Attention(8, num_heads=2, sr_ratio=2)
    positioned = vision_transformer_sam.Attention(8, num_heads=2, use_rel_pos=True,
                                                  input_size=(3, 4))
    return {
        **filled_run("swin.", swin(8, 8), (2, 8, 8, 8)),
        "swin.padded_output": padded(fill("swin.padded_input", (1, 7, 9, 8))).detach(),
        **filled_run("merge.", swin_transformer.PatchMerging(4), (2, 5, 3, 4)),
        **filled_run("reduce.", reduced, (2, 48, 8), (8, 6)),
        **filled_run("decompose.", positioned, (2, 3, 4, 8)),
    }


def small_model(name, model, size):
    """Logits, loss and gradients of a model trained on class labels; a pair of heads by its mean."""
    model = model.double().train()
    fill_module(model, name + ".")
    images, labels = fill("input", (3, 3) + size), fill_labels("labels", 3, 10)

    def loss_of():
        y = model(images)
        heads = y if isinstance(y, tuple) else (y,)
        return F.cross_entropy(sum(heads) / len(heads), labels)

    loss = loss_of()
    loss.backward()
    out = {name + ".loss": scalar(loss), **gradients(model, name + ".grad.")}
    print("%s gradient check %.1e" % (name, check_gradients(model, loss_of)))
    out[name + ".logits"] = model.eval()(images).detach()
    return out


def segformer_names(name):
    """transformers' name of a tensor -> that of NVlabs/SegFormer; of images' classifier "head"."""
    n = re.sub(r"^classifier", "head", name)
    n = re.sub(r"^segformer\.stages\.(\d+)\.blocks\.", lambda m: f"block{int(m[1]) + 1}.", n)
    n = re.sub(r"^segformer\.stages\.(\d+)\.patch_embeddings\.layer_norm",
               lambda m: f"patch_embed{int(m[1]) + 1}.norm", n)
    n = re.sub(r"^segformer\.stages\.(\d+)\.patch_embeddings",
               lambda m: f"patch_embed{int(m[1]) + 1}", n)
    n = re.sub(r"^segformer\.stages\.(\d+)\.layer_norm", lambda m: f"norm{int(m[1]) + 1}", n)
    n = re.sub(r"linear_projections\.(\d+)", lambda m: f"linear_c{int(m[1]) + 1}", n)
    for theirs, ours in (("layernorm_before", "norm1"), ("layernorm_after", "norm2"),
                         ("attention.sequence_reduction.sequence_reduction", "attn.sr"),
                         ("attention.sequence_reduction.layer_norm", "attn.norm"),
                         ("attention.o_proj", "attn.proj"), ("attention.", "attn."),
                         ("linear_fuse.", "linear_fuse.conv."), ("batch_norm", "linear_fuse.bn"),
                         ("classifier", "linear_pred"), ("_proj.", ".")):
        n = n.replace(theirs, ours)
    return n


def segformer_model(prefix, kind, classes):
    """A filled model of two stages. Keys and values are one tensor "kv" in NVlabs/SegFormer, two
    here; its norms of blocks and stages have eps 1e-6, transformers' 1e-5."""
    model = kind(SegformerConfig(
        num_encoder_blocks=2, depths=[1, 2], sr_ratios=[2, 1], hidden_sizes=[8, 12],
        patch_sizes=[7, 3], strides=[4, 2], num_attention_heads=[1, 2], mlp_ratios=[4, 4],
        decoder_hidden_size=8, num_labels=classes, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, classifier_dropout_prob=0.0, drop_path_rate=0.0))
    model = model.double().train()
    for name, module in model.named_modules():
        if re.search(r"layernorm_(before|after)$|stages\.\d+\.layer_norm$", name):
            module.eps = 1e-6
    with torch.no_grad():
        for name, value in model.state_dict().items():
            ours, shape = segformer_names(name), list(value.shape)
            half = re.fullmatch(r"(.*attn\.)([kv])(\..*)", ours)
            if half:
                both = fill(prefix + half[1] + "kv" + half[3], [2 * shape[0]] + shape[1:])
                value.copy_(both.chunk(2)[half[2] == "v"])
            elif value.is_floating_point():
                value.copy_(fill(prefix + ours, shape))
    return model


def segformer_gradients(model, prefix):
    out = {prefix + segformer_names(n): p.grad.clone() for n, p in model.named_parameters()}
    for key in [k for k in out if re.search(r"attn\.k\.", k)]:
        out[key.replace(".k.", ".kv.")] = torch.cat([out.pop(key), out.pop(key.replace(".k.", ".v."))])
    return out


def segformer_run():
    """The model, its logits (B, height, width, classes) and the loss of a label for each cell."""
    model = segformer_model("segformer.", SegformerForSemanticSegmentation, 5)
    images, labels = fill("input", (2, 3, 32, 32)), fill_labels("cells", 2 * 8 * 8, 5)

    def logits_of():
        return model(images).logits.permute(0, 2, 3, 1)

    return model, logits_of, lambda logits: F.cross_entropy(logits.reshape(-1, 5), labels)


def segformer():
    model, logits_of, loss_of_logits = segformer_run()

    def loss_of():
        return loss_of_logits(logits_of())

    start = {n: b.clone() for n, b in model.named_buffers()}
    loss = loss_of()
    loss.backward()
    out = {"segformer.loss": scalar(loss), **segformer_gradients(model, "segformer.grad.")}
    print("segformer. gradient check %.1e" % check_gradients(model, loss_of))
    with torch.no_grad():
        for n, b in model.named_buffers():
            b.copy_(start[n])
    model.eval()
    out["segformer.logits"] = logits_of().detach()
    return out


SMALL = {  # model, height and width of its images
    "swin": (lambda: swin_transformer.SwinTransformer(
        img_size=32, patch_size=4, window_size=4, embed_dim=16, depths=(2, 2), num_heads=(2, 4),
        num_classes=10, drop_path_rate=0.0), (32, 32)),
    "deit": (lambda: timm.models.deit.VisionTransformerDistilled(
        img_size=32, patch_size=8, embed_dim=32, depth=1, num_heads=2, num_classes=10), (32, 32)),
    "registers": (lambda: VisionTransformer(
        img_size=(32, 24), patch_size=8, embed_dim=32, depth=1, num_heads=2, num_classes=10,
        reg_tokens=3, init_values=0.1, global_pool="avg", qkv_bias=False), (32, 24)),
}


def families():
    """A small model of each family of the zoo that vit_micro and mae_micro are not."""
    out = {}
    for name, (make, size) in SMALL.items():
        out.update(small_model(name, make(), size))
    return {**out, **segformer()}


FILES = (vit_tiny_16, vit_micro, vit_micro_odd, mae_micro, distill, backbones, families)

SAMPLES = (
    ("input", (2, 3, 224, 224)), ("noise", (2, 64)), ("kd.student_logits", (4, 10)),
    ("blocks.0.attn.qkv.bias", (144,)), ("cls_token", (1, 1, 48)), ("pos_embed", (1, 65, 48)),
    ("bn.running_mean", (5,)), ("bn.running_var", (5,)), ("blocks.0.norm1.weight", (48,)),
    ("blocks.0.attn.qkv.weight", (144, 48)), ("blocks.0.mlp.fc2.weight", (48, 192)),
    ("patch_embed.proj.weight", (36, 3, 5, 5)), ("dw.weight", (6, 1, 3, 3)),
)


def print_formula():
    for name, shape in SAMPLES:
        values = fill(name, shape).flatten()
        print(name, shape, "fnv1a64 0x%016x" % fnv1a64(name))
        for i in (0, 1, 2, len(values) - 1):
            bits = struct.unpack("<I", struct.pack("<f", float(values[i])))[0]
            print("  [%d] %s  0x%08x  %r" % (i, float(values[i]).hex(), bits, float(values[i])))
        total = values.float().numpy().view(np.uint32).sum(dtype=np.uint64)
        print("  sum of all bit patterns 0x%x" % total)
    print("labels mod 10:", fill_labels("labels", 8, 10).tolist())


def store(stem, tensors, metadata=METADATA):
    """Writes <stem>.safetensors beside this script, reads it back and lists it."""
    tensors = {k: v.contiguous() for k, v in tensors.items()}
    path = HERE / (stem + ".safetensors")
    safetensors.torch.save_file(tensors, path, metadata=metadata)
    path.chmod(0o644)  # the library leaves 0600
    back = safetensors.torch.load_file(path)
    assert back.keys() == tensors.keys()
    for key in sorted(back):
        assert torch.equal(back[key], tensors[key]) and back[key].dtype == tensors[key].dtype
        assert torch.isfinite(back[key]).all(), key
        print("  %-48s %-14s %s" % (key, str(back[key].dtype)[6:], list(back[key].shape)))
    print(path.name, path.stat().st_size, "bytes")


def main():
    if sys.argv[1:] == ["--formula"]:
        print_formula()
        return
    torch.set_num_threads(1)
    set_fused_attn(False)
    print(METADATA["made_with"])
    for make in FILES:
        store(make.__name__, make())


if __name__ == "__main__":
    main()
