from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from kaapana.operators.LocalMinioOperator import LocalMinioOperator

def f() -> LocalMinioOperator:
    from kaapana.operators.LocalMinioOperator import LocalMinioOperator
    return LocalMinioOperator(dag=dag, action="put", action_operators=[x])
