"""Logits of a small ViT with each activation of its MLPs, from timm; beside make_golden.py.

    python make_activations.py    writes activations.safetensors, reads it back
"""

import functools

import torch
from timm.layers import QuickGELU, set_fused_attn
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from make_golden import fill, fill_module, store

LAYERS = {"gelu": nn.GELU, "gelu_tanh": functools.partial(nn.GELU, approximate="tanh"),
          "quick_gelu": QuickGELU, "relu": nn.ReLU, "silu": nn.SiLU}


def main():
    set_fused_attn(False)
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    out = {}
    for name, layer in LAYERS.items():
        model = VisionTransformer(img_size=32, patch_size=8, embed_dim=32, depth=2, num_heads=2,
                                  num_classes=10, act_layer=layer).eval()
        fill_module(model)
        with torch.no_grad():
            out[name] = model(fill("input", (3, 3, 32, 32)))
    store("activations", out)


if __name__ == "__main__":
    main()
