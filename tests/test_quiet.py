"""Imports that leave out what others need."""

import gc
import subprocess
import sys

import pytest
import tiny

from tfvae.quiet import lean_imports


def test_hidden_modules_cannot_be_imported_inside_and_can_be_after(tmp_path, monkeypatch):
    (tmp_path / "optional_part.py").write_text("value = 1")
    monkeypatch.syspath_prepend(tmp_path)
    with lean_imports("optional_part"), pytest.raises(ImportError):
        import optional_part
    import optional_part

    assert optional_part.value == 1
    with lean_imports("optional_part"):  # imported already: it stays
        import optional_part
    assert sys.modules.pop("optional_part") is optional_part


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_rests_inside_and_is_as_before_after(collecting):
    before = gc.isenabled()
    try:
        (gc.enable if collecting else gc.disable)()
        with pytest.raises(RuntimeError, match="collecting: False"), lean_imports("no_such_module"):
            raise RuntimeError(f"collecting: {gc.isenabled()}")
        assert gc.isenabled() is collecting
        assert "no_such_module" not in sys.modules
    finally:
        (gc.enable if before else gc.disable)()
        gc.unfreeze()


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        (
            "from tfvae import quiet\nwith quiet.lean_imports(*quiet.SERVING_NEEDS_NO): quiet.import_tensorflow()\n",
            ["keras", "scipy", "h5py", "sklearn", "matplotlib", "tf_keras", "tensorflow_probability"],
        ),
        (
            "import vae\ntry: vae.main(['vae.py', '--describe'])\nexcept SystemExit: pass\n",
            ["sklearn", "matplotlib", "scipy.ndimage"],
        ),
    ],
)
def test_what_the_scripts_import_and_what_can_be_imported_later(code, absent):
    """In a process of its own, as a user's; Keras works when it comes later, whole."""
    code += (
        f"import sys; print([name for name in {absent} if name in sys.modules])\n"
        "import keras, sklearn.base, scipy.ndimage, matplotlib, tensorflow as tf\n"
        "print(float(keras.ops.sum(keras.layers.Dense(2, kernel_initializer='ones', use_bias=False)(tf.ones((1, 3))))),"
        " tf.keras.layers.Dense is keras.layers.Dense)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tiny.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["[]", "6.0 True"]
