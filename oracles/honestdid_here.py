"""honestdid 0.1.1, made to run: its own code, with two repairs that change no figure.

- It keeps its arrays in torch, which brings a graphics-card toolkit of four gigabytes and cannot be imported without it.
  Of torch it uses a handful of array functions; where torch is not installed, they are numpy's here, in the same double
  precision.
- It calls `float` on arrays of one row and one column, which numpy refuses since 2.4. Here that gives the number, as before.
"""

from __future__ import annotations

import builtins
import importlib.util
import re
import sys
from types import ModuleType
from typing import Any

import numpy as np


class Tensor(np.ndarray):
    """An array with the few methods of a tensor that honestdid calls."""

    def numpy(self) -> np.ndarray:
        return np.asarray(self)

    def double(self) -> Tensor:
        return self.astype(np.float64).view(Tensor)

    def dim(self) -> int:
        return self.ndim

    def numel(self) -> int:
        return self.size

    def unsqueeze(self, axis: int) -> Tensor:
        return np.expand_dims(self, axis).view(Tensor)


def _tensor(values: Any, dtype: Any = None) -> Tensor:
    return np.array(values, dtype=np.float64 if dtype is None else dtype).view(Tensor)


def _torch() -> ModuleType:
    made = ModuleType("torch")
    made.Tensor, made.float64 = Tensor, np.float64
    made.set_default_dtype = lambda dtype: None
    made.tensor = _tensor
    made.zeros = lambda *shape: _tensor(np.zeros(shape))
    made.eye = lambda size: _tensor(np.eye(size))
    made.arange = lambda *ends, dtype=None: _tensor(np.arange(*ends))
    made.cat = lambda parts, dim=0: _tensor(np.concatenate([np.asarray(one) for one in parts], axis=dim))
    return made


def _number(value: Any = 0.0) -> float:
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else builtins.float(value)


def load() -> ModuleType:
    """honestdid's module, repaired."""
    try:
        import torch  # noqa: F401
    except ImportError:
        sys.modules["torch"] = _torch()
    found = importlib.util.find_spec("honestdid")
    assert found is not None and found.submodule_search_locations
    path = f"{found.submodule_search_locations[0]}/core.py"
    with open(path, encoding="utf-8") as file:
        source = re.sub(r"\bfloat\(", "_number(", file.read())
    module = ModuleType("honestdid_core")
    module.__dict__["_number"] = _number
    exec(compile(source, path, "exec"), module.__dict__)
    return module
