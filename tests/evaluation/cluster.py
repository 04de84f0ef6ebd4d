"""A real Spark standalone cluster on loopback: a master and two workers, each a process of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plass.db.child_processes import ending_with_this
from tests.ports import free_port

#: Start-up counts here, not speed at length: the quick compiler alone, the collector that needs no threads, and no
#: proof of each class of the three hundred archives that Spark comes with.
QUICK = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
    " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
)


def find_java() -> str | None:
    """The program `java`, by JAVA_HOME or PATH or where Debian puts it."""
    home = os.environ.get("JAVA_HOME")
    places = [str(Path(home) / "bin" / "java")] if home else []
    places += ["java", *sorted(str(path) for path in Path("/usr/lib/jvm").glob("*/bin/java"))]
    return next((program for place in places if (program := shutil.which(place))), None)


@contextmanager
def standalone_cluster(java: str, folder: Path) -> Iterator[Any]:
    """A Spark session on a cluster of two workers with one core each; everything is stopped at the end."""
    import pyspark
    from pyspark.sql import SparkSession

    home = Path(pyspark.__file__).parent
    os.environ.setdefault("JAVA_HOME", str(Path(java).resolve().parent.parent))
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    # Spark's own scripts would look this up; they start a process more for each of ours.
    environment["SPARK_SCALA_VERSION"] = next(home.glob("jars/spark-core_*.jar")).name.split("_")[1].split("-")[0]
    port = free_port()

    def start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [java, *QUICK.split(), "-Xmx256m", "-cp", f"{home}/jars/*", f"org.apache.spark.deploy.{name}"]
        log = (folder / f"{name}-{len(running)}.log").open("wb")
        return subprocess.Popen(
            [*command, *arguments], env=environment, stdout=log, stderr=log, preexec_fn=ending_with_this()
        )

    running: list[subprocess.Popen[bytes]] = []
    session: Any = None
    try:
        running.append(start("master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"))
        wait_for(port, running[0])
        for number in range(2):
            work = str(folder / f"worker-{number}")
            where = ("--host", "127.0.0.1", "--webui-port", "0", "--work-dir", work)
            running.append(
                start("worker.Worker", *where, "--cores", "1", "--memory", "512m", f"spark://127.0.0.1:{port}")
            )
        settings = {
            "spark.cores.max": "2",
            "spark.executor.cores": "1",
            "spark.executor.memory": "512m",
            "spark.driver.memory": "512m",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.extraJavaOptions": QUICK,
            "spark.executor.extraJavaOptions": QUICK,
            # Not before both workers have come, however slow the machine.
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": "240s",
            "spark.network.timeout": "600s",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }
        builder = SparkSession.builder.master(f"spark://127.0.0.1:{port}").appName("plass-tests")
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        yield session
    finally:
        if session is not None:
            session.stop()
            gateway = session.sparkContext._gateway
            if gateway is not None:
                gateway.shutdown()
                gateway.proc.stdin.close()
                gateway.proc.wait(120)
                type(session.sparkContext)._gateway = None
                type(session.sparkContext)._jvm = None
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(120)


def wait_for(port: int, process: subprocess.Popen[bytes], seconds: float = 240) -> None:
    """Until somebody listens at the port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("Spark's master did not start; its log is in the test's folder.")
