"""The machine as the tests want it, set before anything imports torch: offline, few threads, nobody's settings."""

import os
import sys

from hypothesis import HealthCheck, settings

assert "torch" not in sys.modules, "a plugin imported torch before the number of its threads was set"

LOCAL = "127.0.0.1,localhost,::1"
os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "NO_PROXY": LOCAL,  # A proxy of the user's cannot reach the servers that tests start.
    "no_proxy": LOCAL,
    "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",  # The user's is none of our business.
}
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # Spinning threads of two workers slow each other down.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
for name in [each for each in os.environ if each.startswith("LAMP_")]:
    del os.environ[name]

# On a shared machine a slow example says nothing about the code; --timeout catches what never ends.
settings.register_profile("shared", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("shared"), max_examples=150)  # `make test-all`
settings.load_profile("shared")
