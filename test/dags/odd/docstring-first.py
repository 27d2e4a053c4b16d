"""Doc LocalMinioOperator"""
from __future__ import annotations
from kaapana.operators.LocalMinioOperator import LocalMinioOperator; x: LocalMinioOperator = LocalMinioOperator(dag=dag, action="put", action_operators=[a])
