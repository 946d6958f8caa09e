"""One fine-tuning run: batches of like length, warm-up and decay, four targets, fixed seeds.

Four targets share the encoder: the intent, the urgency, the flags that no list can tell, and all wants.

>>> run = fine_tune(examples, intents, Settings())  # doctest: +SKIP
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from tokenizers import Tokenizer

from encoder import delta
from encoder.corpus import Example, layer_sizes, targets
from encoder.network import Network
from encoder.noise import noisy
from responder.nlu.columns import Labels
from responder.nlu.encoder import model_folder, read_weights
from responder.nlu.evidence import LAYERS
from responder.nlu.text import clean

Weights = dict[str, np.ndarray]
POOL = 24  # batches drawn together and sorted by length before they are cut
REPORT_EVERY = 50


@dataclass(frozen=True)
class Settings:
    """What a run rests on; written into delta.json."""

    passes: int = 5
    batch: int = 32
    rate: float = 3e-4
    warm_up: float = 0.1
    decay: float = 0.01
    smoothing: float = 0.1
    urgency_weight: float = 0.5
    flags_weight: float = 0.3
    wants_weight: float = 0.3
    noise: float = 0.3
    dropout: float = 0.1
    tokens: int = 96
    rank: int = 64
    seed: int = 20


@dataclass(frozen=True)
class Tuned:
    """A run's result, as it will come back from the repository: the cut difference and the two linear layers."""

    parts: Weights
    layers: Weights
    vectors: np.ndarray
    seconds: float

    def scores(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Scores (logits) of `rows` of the vectors: the layers of LAYERS side by side."""
        found = [self.vectors[rows] @ self.layers[f"{n}.weight"] + self.layers[f"{n}.bias"] for n in LAYERS]
        return np.concatenate(found, axis=1)


def fine_tune(
    learnt: Sequence[Example], encoded: Sequence[Example], intents: Sequence[str], settings: Settings,
    report: Callable[[str], None] = print,
) -> Tuned:  # fmt: skip
    """Learn from `learnt`; the vectors returned are those of `encoded`, with the difference cut as it is kept."""
    started = time.monotonic()
    tf.keras.utils.set_random_seed(settings.seed)
    tf.config.experimental.enable_op_determinism()
    before = read_weights(model_folder() / "model.safetensors")
    network = Network(before, layer_sizes(len(intents)), settings.dropout, settings.seed)
    _train(network, [example.text for example in learnt], targets(learnt, intents), settings, report)
    parts = delta.cut({name: before[name] for name in network.variables}, network.weights(), settings.rank)
    network.assign(delta.joined(before, parts))
    vectors = encode(network, token_ids([example.text for example in encoded], settings.tokens))
    return Tuned(parts, network.layer_weights(), vectors, time.monotonic() - started)


def token_ids(texts: Sequence[str], limit: int) -> list[list[int]]:
    """The word pieces of cleaned texts, as the product reads them, at most `limit` each."""
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(limit)
    return [found.ids for found in tokenizer.encode_batch([clean(text).text for text in texts])]


def encode(network: Network, ids: Sequence[list[int]]) -> np.ndarray:
    """Unit vectors of texts given as word pieces, float32."""
    forward = tf.function(network.vectors, input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2)
    vectors = np.zeros((len(ids), 384), dtype=np.float32)
    order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
    for first in range(0, len(order), 64):
        rows = np.array(order[first : first + 64])
        vectors[rows] = forward(*padded([ids[row] for row in rows])).numpy()
    return vectors


def padded(ids: Sequence[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """ids and mask, int32, texts × the longest text's tokens."""
    width = max(len(one) for one in ids)
    filled, mask = np.zeros((2, len(ids), width), dtype=np.int32)
    for row, one in enumerate(ids):
        filled[row, : len(one)] = one
        mask[row, : len(one)] = 1
    return filled, mask


def batches(lengths: np.ndarray, size: int, draw: np.random.Generator) -> Iterator[np.ndarray]:
    """The rows of one pass in batches of texts of like length, in random order."""
    order = draw.permutation(len(lengths))
    found = []
    for first in range(0, len(order), size * POOL):
        pool = order[first : first + size * POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        found += [pool[at : at + size] for at in range(0, len(pool), size)]
    return (found[at] for at in draw.permutation(len(found)))


def _train(
    network: Network, texts: Sequence[str], labels: Labels, settings: Settings, report: Callable[[str], None]
) -> None:
    draw = np.random.default_rng(settings.seed)
    steps = settings.passes * math.ceil(len(texts) / settings.batch)
    step = _step(network, _optimizer(settings, steps), settings)
    started, number = time.monotonic(), 0
    loss_seen: deque[float] = deque(maxlen=REPORT_EVERY)
    for _ in range(settings.passes):
        ids = token_ids(
            [noisy(text, draw) if draw.random() < settings.noise else text for text in texts], settings.tokens
        )
        for rows in batches(np.array([len(one) for one in ids]), settings.batch, draw):
            wanted = (labels.intent[rows], labels.urgency[rows], labels.flags[rows], labels.wants[rows])
            loss_seen.append(float(step(*padded([ids[row] for row in rows]), *wanted)))
            number += 1
            if number % REPORT_EVERY == 0 or number == steps:
                took = time.monotonic() - started
                report(f"  step {number} of {steps}: loss {np.mean(loss_seen):.3f}, {took:.0f} s")


def _optimizer(settings: Settings, steps: int) -> tf.keras.optimizers.Optimizer:
    class WarmUpAndDecay(tf.keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: tf.Tensor) -> tf.Tensor:
            done = tf.cast(step, tf.float32) / steps
            return settings.rate * tf.minimum(done / settings.warm_up, (1 - done) / (1 - settings.warm_up))

    optimizer = tf.keras.optimizers.AdamW(
        WarmUpAndDecay(), weight_decay=settings.decay, global_clipnorm=1.0, jit_compile=False
    )
    optimizer.exclude_from_weight_decay(var_names=["LayerNorm", "bias"])
    return optimizer


def _step(network: Network, optimizer: tf.keras.optimizers.Optimizer, settings: Settings) -> Callable[..., tf.Tensor]:
    smoothed = tf.keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=settings.smoothing)
    several = tf.keras.losses.BinaryCrossentropy(from_logits=True)
    optimizer.build(network.trained)
    table, row, marks = (
        tf.TensorSpec([None, None], tf.int32),
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([None, None]),
    )

    @tf.function(input_signature=[table, table, row, row, marks, marks])
    def step(
        ids: tf.Tensor, mask: tf.Tensor, intent: tf.Tensor, urgency: tf.Tensor, flags: tf.Tensor, wants: tf.Tensor
    ) -> tf.Tensor:
        with tf.GradientTape() as tape:
            found = network.scores(network.vectors(ids, mask, training=True), training=True)
            loss = smoothed(tf.one_hot(intent, found["intent"].shape[1]), found["intent"])
            loss += settings.urgency_weight * smoothed(tf.one_hot(urgency, found["urgency"].shape[1]), found["urgency"])
            loss += settings.flags_weight * several(flags, found["flags"])
            loss += settings.wants_weight * several(wants, found["wants"])
        optimizer.apply_gradients(zip(tape.gradient(loss, network.trained), network.trained))
        return loss

    return step
