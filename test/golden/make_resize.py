"""Golden values of resized grids and positions, computed with PyTorch and timm.

    python make_resize.py     write resize.safetensors beside this script, read back, list

Inputs come from the formula of make_golden.py. README.md lists the keys.
"""

import torch
import torch.nn.functional as F
from timm.layers import resample_abs_pos_embed

from make_golden import METADATA, fill, store

MODES = {
    "nearest": dict(mode="nearest"),
    "bilinear": dict(mode="bilinear", align_corners=False),
    "bicubic": dict(mode="bicubic", align_corners=False),
    "bilinear_antialias": dict(mode="bilinear", align_corners=False, antialias=True),
    "bicubic_antialias": dict(mode="bicubic", align_corners=False, antialias=True),
}

# height, width -> height, width; the gradients of the first three are kept
GRIDS = (
    (7, 5, 9, 12),    # larger
    (9, 12, 7, 5),    # smaller
    (5, 9, 11, 4),    # more rows, fewer columns
    (4, 6, 8, 18),    # whole multiples
    (12, 6, 4, 2),    # whole parts
    (1, 6, 4, 3),     # one row
    (23, 17, 3, 2),   # much smaller
    (3, 4, 1, 1),     # to one cell
    (6, 5, 6, 5),     # the same
)
CHANNELS = 2

# prefix tokens, height, width -> height, width
POSITIONS = ((1, 4, 4, 7, 7), (1, 7, 7, 5, 5), (2, 2, 8, 6, 3), (0, 4, 4, 6, 9))
WIDTH = 12


def resize(rows, height, width, size, mode):
    """Rows (height * width, C) of a grid -> rows of a grid of `size`."""
    image = rows.reshape(height, width, -1).permute(2, 0, 1)[None].contiguous()
    return F.interpolate(image, size, **MODES[mode])[0].permute(1, 2, 0).reshape(
        size[0] * size[1], -1)


def grids():
    out = {"grid.cases": torch.tensor(GRIDS, dtype=torch.float64)}
    for k, (height, width, *size) in enumerate(GRIDS):
        for mode in MODES:
            x = fill(f"grid.{k}.input", (height * width, CHANNELS)).requires_grad_()
            y = resize(x, height, width, size, mode)
            out[f"grid.{k}.{mode}"] = y.detach()
            if k < 3:
                y.backward(fill(f"grid.{k}.upstream", y.shape))
                out[f"grid.{k}.{mode}.grad"] = x.grad
    return out


def positions():
    """What timm gives, in its float32, and the same grids in float64."""
    out = {"positions.cases": torch.tensor(POSITIONS, dtype=torch.float64)}
    for k, (prefix, height, width, *size) in enumerate(POSITIONS):
        table = fill(f"positions.{k}.pos_embed", (1, prefix + height * width, WIDTH))
        old = None if height == width else (height, width)
        out[f"positions.{k}.timm"] = resample_abs_pos_embed(table.float(), size, old, prefix)
        out[f"positions.{k}.float64"] = torch.cat(
            [table[0, :prefix], resize(table[0, prefix:], height, width, size,
                                       "bicubic_antialias")])[None]
    return out


def main():
    torch.set_num_threads(1)
    store("resize", {**grids(), **positions()})
    print(METADATA["made_with"])


if __name__ == "__main__":
    main()
