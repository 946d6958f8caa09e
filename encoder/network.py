"""The encoder as a TensorFlow network that can be trained: BERT, mean pooling, length 1, two linear layers.

TensorFlow because Rasa brings it: the fine-tuning needs no package that the product does not have. The forward
pass is the same as `responder.nlu.encoder`'s (a test compares them); words' embeddings stay as they are.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from responder.nlu.encoder import EPSILON, HEADS, LAYERS, SIZE

SCALE = 20.0  # of the unit vector before the linear layers: a vector of length 1 alone would learn them too slowly

Weights = dict[str, np.ndarray]


class Network:
    """Trainable weights with their forward pass. `names` are those of the safetensors file."""

    def __init__(self, weights: Weights, classes: dict[str, int], dropout: float, seed: int) -> None:
        self._embeddings = {n: tf.constant(v) for n, v in weights.items() if n.startswith("embeddings.")}
        self.variables = {n: tf.Variable(v, name=n) for n, v in weights.items() if n.startswith("encoder.")}
        draw = np.random.default_rng(seed)
        self.layers = {
            name: (
                tf.Variable(draw.normal(0, 0.02, (SIZE, count)).astype(np.float32)),
                tf.Variable(np.zeros(count, dtype=np.float32)),
            )
            for name, count in classes.items()
        }
        self._dropout = dropout

    @property
    def trained(self) -> list[tf.Variable]:
        """All that training changes."""
        return [*self.variables.values(), *(part for layer in self.layers.values() for part in layer)]

    def weights(self) -> Weights:
        """The encoder's trained weights as numbers."""
        return {name: variable.numpy() for name, variable in self.variables.items()}

    def layer_weights(self) -> Weights:
        """`<target>.weight` (384 × classes) and `<target>.bias`: scores = unit vector @ weight + bias."""
        kept = {}
        for name, (weight, bias) in self.layers.items():
            kept[f"{name}.weight"] = weight.numpy() * SCALE
            kept[f"{name}.bias"] = bias.numpy()
        return kept

    def assign(self, weights: Weights) -> None:
        """Put `weights` in the place of the encoder's own."""
        for name, variable in self.variables.items():
            variable.assign(weights[name])

    def vectors(self, ids: tf.Tensor, mask: tf.Tensor, training: bool = False) -> tf.Tensor:
        """ids, mask (int32, texts × tokens) → unit vectors (texts × 384)."""
        x = self._embed(ids)
        blocked = (1.0 - tf.cast(mask, tf.float32))[:, None, None, :] * -1e9
        for number in range(LAYERS):
            x = self._layer(f"encoder.layer.{number}", x, blocked, training)
        seen = tf.cast(mask, tf.float32)[:, :, None]
        return tf.math.l2_normalize(tf.reduce_sum(x * seen, axis=1), axis=-1)

    def scores(self, vectors: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Scores (logits) for each target."""
        dropped = self._drop(vectors * SCALE, training)
        return {name: dropped @ weight + bias for name, (weight, bias) in self.layers.items()}

    def _embed(self, ids: tf.Tensor) -> tf.Tensor:
        e = self._embeddings
        words = tf.gather(e["embeddings.word_embeddings.weight"], ids)
        places = e["embeddings.position_embeddings.weight"][: tf.shape(ids)[1]]
        kind = e["embeddings.token_type_embeddings.weight"][0]
        return _norm(words + places + kind, e["embeddings.LayerNorm.weight"], e["embeddings.LayerNorm.bias"])

    def _layer(self, p: str, x: tf.Tensor, blocked: tf.Tensor, training: bool) -> tf.Tensor:
        shape = tf.shape(x)

        def heads(part: str) -> tf.Tensor:
            y = tf.reshape(self._dense(f"{p}.attention.self.{part}", x), [shape[0], shape[1], HEADS, SIZE // HEADS])
            return tf.transpose(y, [0, 2, 1, 3])

        likeness = tf.matmul(heads("query"), heads("key"), transpose_b=True) / np.sqrt(SIZE / HEADS).astype(np.float32)
        shares = self._drop(tf.nn.softmax(likeness + blocked), training)
        mixed = tf.reshape(tf.transpose(tf.matmul(shares, heads("value")), [0, 2, 1, 3]), shape)
        x = self._add(f"{p}.attention.output", x, mixed, training)
        wide = tf.nn.gelu(self._dense(f"{p}.intermediate.dense", x), approximate=False)
        return self._add(f"{p}.output", x, wide, training)

    def _add(self, p: str, x: tf.Tensor, change: tf.Tensor, training: bool) -> tf.Tensor:
        y = x + self._drop(self._dense(f"{p}.dense", change), training)
        return _norm(y, self.variables[f"{p}.LayerNorm.weight"], self.variables[f"{p}.LayerNorm.bias"])

    def _dense(self, p: str, x: tf.Tensor) -> tf.Tensor:
        weight, bias = self.variables[f"{p}.weight"], self.variables[f"{p}.bias"]
        shape = tf.shape(x)
        flat = tf.matmul(tf.reshape(x, [-1, weight.shape[1]]), weight, transpose_b=True) + bias
        return tf.reshape(flat, [shape[0], shape[1], weight.shape[0]])

    def _drop(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        return tf.nn.dropout(x, self._dropout) if training and self._dropout else x


def _norm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
    spread = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
    return centred * tf.math.rsqrt(spread + EPSILON) * weight + bias
