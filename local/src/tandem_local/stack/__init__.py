"""The whole of Tandem on one machine: every service a process of its own, as on a cluster, on free loopback ports."""

from tandem_local.stack.data_dir import DataDir, InUseError
from tandem_local.stack.model import StackModel
from tandem_local.stack.stack import Stack
from tandem_local.stack.supervisor import Supervisor

__all__ = ["DataDir", "InUseError", "Stack", "StackModel", "Supervisor"]
