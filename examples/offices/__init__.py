"""Made-up offices: applications that exist nowhere, and what people ask of them. For training only.

`written/*.yaml` is one office each, `asides/*.yaml` what some are told beside orders (README.md says how they are
written).
"""

from examples.offices.asides import asides
from examples.offices.asking import Asked, Done, asked, retold
from examples.offices.office import HELD_OUT, Office, offices, read
from examples.offices.openapi import document

__all__ = ["HELD_OUT", "Asked", "Done", "Office", "asides", "asked", "document", "offices", "read", "retold"]
