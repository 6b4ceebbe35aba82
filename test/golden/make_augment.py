"""Golden values of include/tessera/data's augmentation, computed with torchvision and timm.

    python make_augment.py     write augment.safetensors beside this script, read back, list

Random draws are replaced: every number of [0, 1) comes from the formula of make_golden.py, so that
torchvision's and timm's own code says which rectangle those numbers give. README.md lists the keys.
"""

import math
import types
from unittest import mock

import numpy as np
import safetensors
import timm
import torch
import torchvision
from timm.data import mixup, random_erasing
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

from make_golden import fill, fill_labels, store

METADATA = {"made_with": f"formula 1, torch {torch.__version__}, torchvision "
                         f"{torchvision.__version__}, timm {timm.__version__}, "
                         f"numpy {np.__version__}, safetensors {safetensors.__version__}"}
FILTERS = {"bilinear": v2.InterpolationMode.BILINEAR, "bicubic": v2.InterpolationMode.BICUBIC}

# top, left, height, width -> height, width
RESIZES = (
    (3, 4, 7, 9, 16, 20),     # larger
    (0, 0, 23, 31, 8, 8),     # smaller
    (5, 2, 17, 13, 11, 7),    # odd sizes
    (0, 20, 23, 5, 6, 24),    # rows fewer, columns more
    (10, 10, 1, 1, 4, 3),     # one pixel
    (2, 1, 20, 30, 2, 3),     # much smaller
    (4, 6, 9, 12, 9, 12),     # the same
    (22, 0, 1, 31, 5, 16),    # one row
)


def pixels():
    """Two uint8 images of 2 channels, 23 x 31."""
    return fill_labels("augment.pixels", 2 * 2 * 23 * 31, 256).reshape(2, 2, 23, 31).to(torch.uint8)


def resizes():
    out = {"resize.cases": torch.tensor(RESIZES, dtype=torch.float64)}
    image = pixels()[0]
    for name, mode in FILTERS.items():
        for i, (*part, height, width) in enumerate(RESIZES):
            for dtype in (torch.float64, torch.float32):
                out[f"resize.{name}.{i}.{str(dtype)[6:]}"] = F.resized_crop(
                    image.to(dtype), *part, [height, width], mode, antialias=True)
    return out


def pipeline():
    """Resized, mirrored, normalised."""
    crops, flips = ((5, 2, 17, 13), (0, 0, 23, 31)), (True, False)
    images = []
    for image, crop, flip in zip(pixels(), crops, flips):
        image = F.resized_crop(image.float(), *crop, [8, 9], FILTERS["bicubic"], antialias=True)
        image = F.horizontal_flip(image) if flip else image
        images.append(F.normalize(image / 255, [0.5, 0.4], [0.25, 0.2]))
    return {"pipeline.output": torch.stack(images)}


# height, width, least and most area, least and most aspect
CROPS = (
    (32, 48, 0.08, 1.0, 3 / 4, 4 / 3),
    (37, 29, 0.2, 0.9, 0.5, 2.0),
    (10, 100, 0.5, 1.0, 3 / 4, 4 / 3),    # never fits: the aspect's upper bound
    (100, 10, 0.5, 1.0, 3 / 4, 4 / 3),    # never fits: the lower bound
    (20, 20, 0.95, 1.0, 1 / 4, 4.0),      # often does not fit: the whole image
)


def crop(law, uniforms):
    height, width, *bounds = law
    drawn = 0

    def uniform(tensor, low, high):
        nonlocal drawn
        attempt, lane = divmod(drawn, 2)
        drawn += 1
        low, high = float(low), float(high)
        return tensor.fill_(low + uniforms[4 * attempt + lane] * (high - low))

    positions = 0

    def randint(low, high, size):
        nonlocal positions
        u = uniforms[4 * (drawn // 2 - 1) + 2 + positions]
        positions += 1
        return torch.tensor([low + math.floor(u * (high - low))])

    with mock.patch.object(torch.Tensor, "uniform_", uniform), \
            mock.patch.object(torch, "randint", randint):
        made = v2.RandomResizedCrop(8, scale=bounds[:2], ratio=bounds[2:]).make_params(
            [torch.empty(1, height, width)])
    return [made[side] for side in ("top", "left", "height", "width")]


def crops():
    out = {}
    torch.set_default_dtype(torch.float64)  # in which torchvision then draws
    for k, law in enumerate(CROPS):
        noise = fill(f"crop.{k}.noise", (64, 40)).tolist()
        out[f"crop.{k}.law"] = torch.tensor(law, dtype=torch.float64)
        out[f"crop.{k}.rectangles"] = torch.tensor([crop(law, u) for u in noise],
                                                   dtype=torch.float32)
    torch.set_default_dtype(torch.float32)
    return out


# height, width, probability, least and most area, least and most aspect
ERASES = (
    (32, 48, 0.5, 0.02, 1 / 3, 0.3, 1 / 0.3),
    (21, 17, 1.0, 0.1, 0.6, 0.5, 3.0),
    (12, 60, 0.9, 0.6, 1.0, 0.5, 2.0),    # often does not fit: nothing
)


def erased(law, uniforms):
    height, width, probability, least, most, *aspects = law
    drawn = positions = 0

    def uniform(low, high):
        nonlocal drawn
        attempt, lane = divmod(drawn, 2)
        drawn += 1
        return low + uniforms[4 + 4 * attempt + lane] * (high - low)

    def randint(low, high):  # high included
        nonlocal positions
        u = uniforms[4 + 4 * (drawn // 2 - 1) + 2 + positions]
        positions += 1
        return low + math.floor(u * (high + 1 - low))

    draws = types.SimpleNamespace(random=lambda: uniforms[0], uniform=uniform, randint=randint)
    image = torch.ones(1, height, width)
    with mock.patch.object(random_erasing, "random", draws):
        random_erasing.RandomErasing(probability, least, most, *aspects, device="cpu")(image)
    rows, columns = torch.nonzero(image[0] == 0, as_tuple=True)
    if len(rows) == 0:
        return [0, 0, 0, 0]
    top, left = int(rows.min()), int(columns.min())
    return [top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1]


def erases():
    out = {}
    for k, law in enumerate(ERASES):
        noise = fill(f"erase.{k}.noise", (64, 44)).tolist()
        out[f"erase.{k}.law"] = torch.tensor(law, dtype=torch.float64)
        out[f"erase.{k}.rectangles"] = torch.tensor([erased(law, u) for u in noise],
                                                    dtype=torch.float32)
    return out


def box(height, width, lam, uniforms):
    """top, left, height, width, corrected lambda"""
    left = list(uniforms)

    def randint(low, high, size=None):
        return low + math.floor(left.pop(0) * (high - low))

    with mock.patch.object(np.random, "randint", randint):
        (yl, yh, xl, xh), lam = mixup.cutmix_bbox_and_lam((1, height, width), lam)
    return [yl, xl, yh - yl, xh - xl, lam]


def boxes():
    u = fill("cutmix.noise", (48, 3)).tolist()
    sizes = ((32, 32), (7, 19), (24, 5))
    cases = [[*sizes[i % 3], *row] for i, row in enumerate(u)]
    return {"cutmix.cases": torch.tensor(cases, dtype=torch.float64),
            "cutmix.boxes": torch.tensor([box(h, w, lam, rest) for h, w, lam, *rest in cases],
                                         dtype=torch.float64)}


def mixes():
    """Four images of 2 channels, 6 x 8, and their targets over 5 classes."""
    out = {}
    labels = fill_labels("labels", 4, 5)
    for name, lam, cut in (("mixup", 0.3, False), ("cutmix", 0.4, True)):
        mixing = mixup.Mixup(1.0, 1.0, label_smoothing=0.1, num_classes=5)
        draws = [0.6, 0.2]
        with mock.patch.object(mixing, "_params_per_batch", lambda: (lam, cut)), \
                mock.patch.object(np.random, "randint",
                                  lambda low, high, size=None: math.floor(draws.pop(0) * high)):
            images, targets = mixing(fill("mix.input", (4, 2, 6, 8)).float(), labels)
        out[f"mix.{name}.images"], out[f"mix.{name}.targets"] = images, targets.float()
    cases = ((1.0, 0.0), (0.25, 0.0), (0.7, 0.1), (0.0, 0.2), (1.0, 0.1))
    out["targets.cases"] = torch.tensor(cases, dtype=torch.float64)
    out["targets.values"] = torch.stack([mixup.mixup_target(labels, 5, *c) for c in cases])
    return out


def main():
    torch.set_num_threads(1)
    tensors = {}
    for make in (resizes, pipeline, crops, erases, boxes, mixes):
        tensors.update(make())
    store("augment", tensors, METADATA)
    print(METADATA["made_with"])


if __name__ == "__main__":
    main()
