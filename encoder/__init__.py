"""The offline fine-tuning of the sentence encoder: `make encoder` runs `python -m encoder.finetune`.

The product never imports this room; it reads what the room writes beside its code: `delta.safetensors`,
`layers.npz`, `out_of_fold.npz` and `delta.json`.
"""
