"""Golden values of ops/softmax, dropout, contrast, gram and dice, computed with PyTorch in double.

    python make_losses.py   writes losses.safetensors beside this script, lists every key

Inputs come from the formula of make_golden.py; README.md lists the keys.
"""

import torch
import torch.nn.functional as F

from make_golden import fill, fill_labels, store


def value(name, shape):
    return fill(name, shape).requires_grad_()


def scalar(x):
    return x.detach().reshape(1)


def softened():
    """Rows of 11 at two temperatures; the gradient that arrives is `softmax.upstream`."""
    out = {}
    upstream = fill("softmax.upstream", (5, 11))
    for key, function in (("softmax", F.softmax), ("log_softmax", F.log_softmax)):
        for temperature in (1.0, 0.25):
            x = value("softmax.logits", (5, 11))
            y = function(x / temperature, dim=-1)
            y.backward(upstream)
            out[f"{key}.{temperature}.output"] = y.detach()
            out[f"{key}.{temperature}.grad"] = x.grad
    return out


def philox_key(seed, site):
    """The key of Philox for a seed and a site, as tensor/philox.hpp packs it."""
    mask = 0xFFFFFFFFFFFFFFFF

    def mix(x):
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & mask
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB & mask
        return x ^ (x >> 31)

    key = mix(mix(seed) + site & mask)
    return key & 0xFFFFFFFF, key >> 32


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011) of one counter of four words."""
    (a, b, c, d), (k0, k1) = counter, key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k0, q & 0xFFFFFFFF, (p >> 32) ^ d ^ k1, p & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


def dropped(seed=7, step=3, site=11, samples=(70, 8, 31), width=9, p=0.3):
    """Kept where the 24 high bits of word i % 4 of block i / 4 are at least p 2^24."""
    key = philox_key(seed, site)
    kept = torch.tensor([[(philox((i // 4, sample, step, 0), key)[i % 4] >> 8) / 2.0**24 >= p
                          for i in range(width)] for sample in samples])
    x = value("dropout.input", (len(samples), width))
    y = torch.where(kept, x / (1 - p), 0.0)
    y.backward(fill("dropout.upstream", (len(samples), width)))
    return {"dropout.output": y.detach(), "dropout.grad": x.grad}


def turned():
    """Of ordinary rows, and the value alone where rows are shorter than eps."""
    out = {}
    for key, eps in (("cosine", 1e-8), ("cosine.short", 1.5)):
        x, y = value("cosine.x", (6, 7)), value("cosine.y", (6, 7))
        loss = (1 - F.cosine_similarity(x, y, dim=-1, eps=eps)).mean()
        loss.backward()
        out[f"{key}.loss"] = scalar(loss)
        if key == "cosine":  # of short rows PyTorch's gradient is not the derivative of its value
            out |= {f"{key}.grad.x": x.grad, f"{key}.grad.y": y.grad}
    return out


def related():
    """Mean squared error of relations of channels, and of tokens of length 1."""
    out = {}
    for key in ("channels", "tokens"):
        x, y = value("gram.x", (3, 5, 4)), value("gram.y", (3, 5, 4))
        a, b = ((F.normalize(v, dim=-1) if key == "tokens" else v.mT) for v in (x, y))
        a, b = a @ a.mT, b @ b.mT
        loss = F.mse_loss(a, b)
        loss.backward()
        out |= {f"gram.{key}.output": a.detach(), f"gram.{key}.loss": scalar(loss),
                f"gram.{key}.grad.x": x.grad, f"gram.{key}.grad.y": y.grad}
    return out


def contrasted(temperature=0.2):
    out = {}
    for key in ("one", "both"):
        q, k = value("info_nce.q", (6, 8)), value("info_nce.k", (6, 8))
        logits = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).T / temperature
        own = torch.arange(6)
        loss = F.cross_entropy(logits, own)
        if key == "both":
            loss = (loss + F.cross_entropy(logits.T, own)) / 2
        loss.backward()
        out |= {f"info_nce.{key}.loss": scalar(loss), f"info_nce.{key}.grad.q": q.grad,
                f"info_nce.{key}.grad.k": k.grad}
    return out


def segmented(smooth=1.0):
    """Two images of 9 cells and 5 classes."""
    x = value("dice.logits", (2, 9, 5))
    labels = fill_labels("dice.labels", 18, 5).reshape(2, 9)
    p, y = x.softmax(-1), F.one_hot(labels, 5).double()
    ratio = (2 * (p * y).sum(1) + smooth) / (p.sum(1) + y.sum(1) + smooth)
    loss = (1 - ratio).mean()
    loss.backward()
    return {"dice.labels": labels, "dice.loss": scalar(loss), "dice.grad": x.grad}


def main():
    torch.set_num_threads(1)
    out = {}
    for part in (softened, dropped, turned, related, contrasted, segmented):
        out |= part()
    store("losses", out)


if __name__ == "__main__":
    main()
