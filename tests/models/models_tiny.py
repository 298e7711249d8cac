"""A tiny encoder with the shipped tokenizer, saved as any Hugging Face model is."""

from pathlib import Path


def tiny_base(folder: Path) -> str:
    """Folder of an untrained BERT of two layers, 32 wide, which the real loading code takes by its path."""
    import torch
    from transformers import BertConfig, BertModel

    from models.base import load_tokenizer

    tokenizer = load_tokenizer()
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
