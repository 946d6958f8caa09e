"""The difference that fine-tuning made, cut to what is small enough to keep in the repository.

Each matrix' difference is cut to its strongest directions (singular value decomposition), biases and layer norms
are kept whole, all in half precision. `responder.nlu.encoder.apply_delta` reads the file; its docstring says the
names. Measured before: rank 64 loses one point in a hundred against the whole difference.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

Weights = dict[str, np.ndarray]


def cut(before: Weights, after: Weights, rank: int) -> Weights:
    """The parts of the difference: `W.up` (rows × rank), `W.down` (rank × columns), `V.add`; float16."""
    parts: Weights = {}
    for name, value in after.items():
        change = value - before[name]
        if change.ndim == 2 and rank * sum(change.shape) < change.size:
            left, strengths, right = np.linalg.svd(change.astype(np.float64), full_matrices=False)
            root = np.sqrt(strengths[:rank])  # shared out, so that neither side leaves half precision's range
            parts[f"{name}.up"] = (left[:, :rank] * root).astype(np.float16)
            parts[f"{name}.down"] = (root[:, None] * right[:rank]).astype(np.float16)
        else:
            parts[f"{name}.add"] = change.astype(np.float16)
    return parts


def joined(before: Weights, parts: Weights) -> Weights:
    """The encoder's trained weights as they come back from the parts, float32."""
    after = dict(before)
    for name, value in parts.items():
        target, _, part = name.rpartition(".")
        if part == "down":
            continue
        change = value.astype(np.float32)
        if part == "up":
            change = change @ parts[f"{target}.down"].astype(np.float32)
        after[target] = before[target] + change
    return after


def save(parts: Weights, path: Path) -> None:
    """Write the parts as safetensors: plain numbers, nothing that can run."""
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(parts[name]) for name in sorted(parts)}, str(path))
