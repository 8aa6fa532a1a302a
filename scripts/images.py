"""`make images`: build the four images without a Docker engine, start them as deployed, run a job of 200 records.

buildah builds in a chroot, on a base that debootstrap makes in place of `python:3.11-slim-bookworm` (Debian bookworm
has Python 3.11 too). Each image runs as its user, who must not be root, on a root file system that it cannot write.
Needs root, and the Debian packages buildah and debootstrap. ARGS: --build alone, --keep the base of an earlier run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from pydantic import SecretStr

from tandem.testing.provider import MODEL, ProviderProcess
from tandem_client import Tandem
from tandem_local.stack import DataDir, Stack, StackModel
from tandem_local.stack.services import Service

ROOT = Path(__file__).resolve().parent.parent
WORK = Path(os.environ.get("TANDEM_IMAGES_DIR", "/var/tmp/tandem-images"))  # noqa: S108 - a fixed place, so that --keep finds it
SERVICES = ("api", "llm-worker", "postprocessor", "verification-ui")
PYTHON = "docker.io/library/python:3.11-slim-bookworm"
NODE = "docker.io/library/node:20-bookworm-slim"
PACKAGES = "python3,python3-venv,python3-pip,python-is-python3,ca-certificates"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
USER = "10001:10001"
RECORDS = 200
MOST_MEGABYTES = {"api": 450, "llm-worker": 300, "postprocessor": 300, "verification-ui": 300}
"""Without the base. An image that grows beyond says so here, and somebody finds out what is worth its weight."""


def buildah(*arguments: str) -> str:
    """Run buildah with storage of its own. Returns what it wrote."""
    storage = ["--root", str(WORK / "storage"), "--runroot", str(WORK / "run"), "--storage-driver", "vfs"]
    done = subprocess.run(["buildah", *storage, *arguments], check=False, text=True, capture_output=True)
    if done.returncode:
        sys.exit(f"buildah {' '.join(arguments[:6])} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout.strip()


def say(line: str) -> None:
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def make_bases() -> None:
    """Make images in place of those that the Dockerfiles name. They trust the certificates of this machine."""
    tree = WORK / "base"
    if not (tree / "usr/bin/python3.11").exists():
        say("debootstrap: Debian bookworm with Python 3.11")
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", tree], check=True)
    shutil.copy(CERTIFICATES, tree / CERTIFICATES.lstrip("/"))
    shutil.rmtree(tree / "var/cache/apt/archives", ignore_errors=True)
    container = buildah("from", "scratch")
    buildah("copy", "--quiet", container, str(tree), "/")
    settings = {"PIP_BREAK_SYSTEM_PACKAGES": "1", "SSL_CERT_FILE": CERTIFICATES, "NODE_EXTRA_CA_CERTS": CERTIFICATES}
    buildah("config", *(f"--env={name}={value}" for name, value in settings.items()), container)
    buildah("commit", "--quiet", container, PYTHON)
    buildah("copy", "--quiet", container, *_node(), "/usr/local/")
    buildah("commit", "--quiet", "--rm", container, NODE)


def _node() -> tuple[str, ...]:
    """Lay out this machine's Node with npm. Returns the folders to copy."""
    target = WORK / "node"
    shutil.rmtree(target, ignore_errors=True)
    (target / "bin").mkdir(parents=True)
    (target / "lib/node_modules").mkdir(parents=True)
    program = shutil.which("node") or sys.exit("There is no node on PATH; `make web` says how to get it.")
    shutil.copy(program, target / "bin/node")
    npm = Path(shutil.which("npm") or "").resolve().parent.parent
    shutil.copytree(npm, target / "lib/node_modules/npm", symlinks=True)
    (target / "bin/npm").symlink_to("../lib/node_modules/npm/bin/npm-cli.js")
    return (str(target),)


def build(service: str) -> None:
    """Build the image of a service and say what it weighs."""
    started = time.monotonic()
    buildah(
        "build",
        "--pull=never",
        "--isolation=chroot",
        "--network=host",
        "--quiet",
        "--file",
        str(ROOT / "services" / service / "Dockerfile"),
        "--tag",
        f"localhost/tandem-{service}",
        str(ROOT),
    )
    megabytes = weight(service)
    say(f"tandem-{service}: {megabytes} MB on its base, built in {time.monotonic() - started:.0f} s")
    if megabytes > MOST_MEGABYTES[service]:
        sys.exit(f"tandem-{service} may weigh {MOST_MEGABYTES[service]} MB; find what is not worth its weight.")


def weight(service: str) -> int:
    container = buildah("from", "--pull=never", f"localhost/tandem-{service}")
    mounted = buildah("mount", container)
    size = subprocess.run(["du", "-sm", f"{mounted}/opt/tandem"], check=True, text=True, stdout=subprocess.PIPE)
    buildah("rm", container)
    return int(size.stdout.split()[0])


ENTER = """
mount --bind "$0" "$0"
mount -o remount,bind,ro "$0"
mount -t tmpfs -o mode=1777 tmpfs "$0/tmp"
if touch "$0/usr/written" 2> /dev/null; then echo "the root file system can be written" >&2; exit 1; fi
exec /usr/sbin/chroot --userspec="$1" "$0" /opt/tandem/bin/python -u -m "$2"
"""
"""In a mount namespace of its own: an image's tree, read-only but for /tmp, and its user."""
ENVIRONMENT = {
    **dict.fromkeys(("PYTHONPATH", "PYTHONPYCACHEPREFIX", "VIRTUAL_ENV", "SSL_CERT_FILE")),
    "HOME": "/tmp",  # noqa: S108 - as in the images
    "PATH": "/opt/tandem/bin:/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONSAFEPATH": "1",
}


class ImageStack(Stack):
    """The stack of a laptop, each service out of its image."""

    def __init__(self, trees: Mapping[str, tuple[str, str]], data_dir: DataDir, *, model: StackModel) -> None:
        """Take where the tree of each image is, and its user."""
        self._trees = trees
        super().__init__(data_dir, model=model)

    def _service(self, name: str, module: str, env: Mapping[str, str | None]) -> Service:
        service = super()._service(name, module, {**env, **ENVIRONMENT})
        tree, user = self._trees["api" if name == "dispatcher" else name]
        service.command = ["/usr/bin/unshare", "--mount", "/bin/sh", "-ec", ENTER, tree, user, module]
        return service


def run_a_job() -> None:
    """Start every image, wait until all are ready, and label 200 records with a simulated model."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tandem-images-")))
        provider = stack.enter_context(ProviderProcess(log_file=directory / "provider.log"))
        model = StackModel("simulated", MODEL, provider.base_url, SecretStr("not-a-secret"))
        trees = {service: _tree(stack, service) for service in SERVICES}
        images = ImageStack(trees, DataDir(directory), model=model)
        started = time.monotonic()
        stack.enter_context(images)
        say(f"all images are ready after {time.monotonic() - started:.0f} s, read-only and as user {USER}")
        with Tandem(images.api_url, images.admin_key, patience=60.0) as tandem:
            project = tandem.projects.create("images")
            schema = tandem.label_schemas.create_single_choice(
                project.id, name="mood", labels=["positive", "negative", "neutral"]
            )
            dataset = tandem.datasets.create(project.id, name="lines")
            lines = directory / "lines.jsonl"
            lines.write_text("".join(f'{{"id": "{number}", "text": "Line {number}"}}\n' for number in range(RECORDS)))
            tandem.datasets.import_jsonl(dataset.id, lines, text_columns=["text"], id_column="id")
            agent = tandem.agents.create(
                project.id, name="simulated", provider="simulated", model=MODEL, label_schema_id=schema.id
            )
            job = tandem.jobs.create(project.id, dataset_id=dataset.id, agent_id=agent.id, name="images")
            counts = tandem.jobs.wait(job.id, timeout=120).counts
        if counts.labeled + counts.invalid + counts.failed != RECORDS or not counts.labeled:
            sys.exit(f"The job did not end as it should: {counts}")
        say(f"a job of {RECORDS} records ended: {counts.labeled} labeled, {counts.invalid} invalid")


def _tree(stack: ExitStack, service: str) -> tuple[str, str]:
    image = f"localhost/tandem-{service}"
    user = buildah("inspect", "--format", "{{.OCIv1.Config.User}}", image)
    if user != USER:
        sys.exit(f"{image} runs as {user or 'root'}, not as {USER}.")
    container = buildah("from", "--pull=never", image)
    stack.callback(buildah, "rm", container)
    return buildah("mount", container), user


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", action="store_true", help="build, and start nothing")
    parser.add_argument("--keep", action="store_true", help="keep the bases that an earlier run made")
    options = parser.parse_args()
    if os.geteuid():
        sys.exit("make images needs root, for a chroot.")
    if missing := [name for name in ("buildah", "debootstrap") if shutil.which(name) is None]:
        sys.exit(f"Missing: {', '.join(missing)}. Install them (Debian: apt-get install buildah debootstrap).")
    WORK.mkdir(parents=True, exist_ok=True)
    if not (options.keep and PYTHON in buildah("images", "--format", "{{.Name}}:{{.Tag}}")):
        make_bases()
    for service in SERVICES:
        build(service)
    if not options.build:
        run_a_job()


if __name__ == "__main__":
    main()
