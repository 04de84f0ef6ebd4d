"""A session on a Spark cluster, for `plass evaluate --spark`: found, or an error that says what to do."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from plass.evaluation.errors import EvaluationError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Seconds until a master that does not answer is given up.
PATIENCE = 5.0
_MASTER = re.compile(r"spark://(?P<hosts>[^/]+)|local(\[[\d*, ]+\])?|yarn|k8s://.+")


class SparkError(EvaluationError):
    """Spark cannot be used: it is not installed, or the cluster does not answer."""


def cluster(master: str | None) -> AbstractContextManager[SparkSession | None]:
    """`spark_session` where there is an address, else nothing."""
    return nullcontext() if master is None else spark_session(master)


@contextmanager
def spark_session(master: str) -> Iterator[SparkSession]:
    """A session on the cluster at an address such as spark://host:7077 (also local[4], yarn or k8s://...).

    A session that this process has open already is used, and stays open. Memory, cores and the like are set the way
    Spark has them set everywhere (conf/spark-defaults.conf, SPARK_CONF_DIR). Raises SparkError.
    """
    address = _MASTER.fullmatch(master)
    if address is None:
        raise SparkError(f"{master!r} is not the address of a Spark cluster; write it as spark://host:7077.")
    for package in ("pyspark", "ibis"):
        try:
            importlib.import_module(package)
        except ImportError:
            missing = f"Spark needs the package {package}, which is not installed: pip install 'plass[spark]'."
            raise SparkError(missing) from None
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        raise SparkError("Spark needs Java 17 or 21, and there is none: install it, or say where it is in JAVA_HOME.")
    if address["hosts"]:
        _answers(master, address["hosts"])
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    open_already = SparkSession.getActiveSession()
    try:
        session = open_already or (
            SparkSession.builder.master(master)
            .appName("plass evaluate")
            .config("spark.ui.showConsoleProgress", "false")
            .getOrCreate()
        )
    except (PySparkException, OSError) as error:
        raise SparkError(f"The Spark cluster at {master} cannot be used: {str(error).splitlines()[0]}") from None
    try:
        yield session
    finally:
        if open_already is None:
            session.stop()


def _answers(master: str, hosts: str) -> None:
    """Check first that something listens: Spark itself tries for a minute and says little."""
    failures = []
    for place in hosts.split(","):
        host, _, port = place.rpartition(":")
        if not host or not port.isdigit():
            raise SparkError(f"{master!r} lacks a port; a standalone cluster usually has 7077: spark://host:7077.")
        try:
            with socket.create_connection((host, int(port)), timeout=PATIENCE):
                return
        except OSError as error:
            failures.append(f"{place}: {error.strerror or error}")
    reasons = "; ".join(failures)
    raise SparkError(f"No Spark cluster answers at {master} ({reasons}). Check the address, and that the master runs.")
