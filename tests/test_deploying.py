"""The files of docs/deploying name what there is: settings, commands, ports, paths."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from pledge.app import LARGEST_BELOW, LARGEST_BODY
from pledge.cli import main
from pledge.feed import HEARTBEAT
from pledge.serving import GRACE_SECONDS
from pledge.settings import ROWS, read_settings
from pledge.web.routes import ROUTES

ROOT = Path(__file__).parent.parent
DEPLOYING = ROOT / "docs/deploying"
FILES = sorted(path for path in DEPLOYING.iterdir() if path.suffix != ".md")
PATHS = {getattr(route, "path", "") for route in ROUTES}


def text(name: str) -> str:
    return (DEPLOYING / name).read_text(encoding="utf-8")


def resources() -> dict[str, Any]:
    return {one["kind"]: one for one in yaml.safe_load_all(text("kubernetes.yaml"))}


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text("compose.yaml"))["services"]
    return found


def container() -> dict[str, Any]:
    [one] = resources()["Deployment"]["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = one
    return found


def parsed(words: list[str]) -> dict[str, Any]:
    """What the words after `pledge` mean; a command or an option that is none is refused."""
    with click.Context(main) as context:
        command = main.get_command(context, words[0])
    assert command, words
    return command.make_context(words[0], words[1:]).params


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_settings_that_exist_are_named(path: Path) -> None:
    named = set(re.findall(r"PLEDGE_[A-Z_]+", path.read_text(encoding="utf-8")))
    assert named <= {row.name for row in ROWS}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_addresses_that_exist_are_asked_for(path: Path) -> None:
    asked = re.findall(r"/(?:healthz|readyz|metrics)\b|/\w+z\b", path.read_text(encoding="utf-8"))
    assert set(asked) <= PATHS


def test_the_values_of_settings_are_taken() -> None:
    read_settings(resources()["ConfigMap"]["data"])
    given = services()["site"]["environment"]
    filled = {name: re.sub(r"\$\{\w+:\?[^}]*\}", "example", one) for name, one in given.items()}
    assert read_settings(filled).base_url == "https://example"
    unit = dict(re.findall(r"^Environment=(\w+)=(.*)$", text("pledge.service"), re.MULTILINE))
    assert read_settings(unit).log_format == "json"


def test_commands_and_ports_are_those_that_the_others_expect() -> None:
    ports = {
        "unit": parsed(
            shlex.split(re.findall(r"^ExecStart=\S+/pledge (.*)$", text("pledge.service"), re.M)[0])
        )["port"],
        "image": parsed(_words("CMD"))["port"],
        "compose": parsed(services()["site"]["command"])["port"],
        "kubernetes": parsed(container()["args"])["port"],
        "pod": container()["ports"][0]["containerPort"],
        "exposed": int(re.findall(r"^EXPOSE (\d+)$", text("Dockerfile"), re.M)[0]),
        "checked": int(re.findall(r"http://127\.0\.0\.1:(\d+)/healthz", text("Dockerfile"))[0]),
        "nginx": int(re.findall(r"server 127\.0\.0\.1:(\d+);", text("nginx.conf"))[0]),
        "caddy": int(re.findall(r"UPSTREAM:127\.0\.0\.1:(\d+)", text("Caddyfile"))[0]),
        "caddy in compose": int(services()["proxy"]["environment"]["UPSTREAM"].split(":")[1]),
    }
    assert set(ports.values()) == {8000}, ports
    assert _words("ENTRYPOINT") == ["pledge"]
    assert parsed(container()["args"])["host"] == parsed(_words("CMD"))["host"] == "0.0.0.0"


def test_whoever_stops_the_site_waits_for_its_end() -> None:
    pod = resources()["Deployment"]["spec"]["template"]["spec"]
    drain = read_settings(resources()["ConfigMap"]["data"]).drain_seconds
    assert pod["terminationGracePeriodSeconds"] >= drain + GRACE_SECONDS + 10
    probe = container()["readinessProbe"]
    assert drain > probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"]
    assert int(services()["site"]["stop_grace_period"].removesuffix("s")) >= GRACE_SECONDS + 10
    [stop] = re.findall(r"^TimeoutStopSec=(\d+)$", text("pledge.service"), re.MULTILINE)
    assert int(stop) >= GRACE_SECONDS + 10


def test_proxies_wait_longer_than_streams_are_silent() -> None:
    [nginx] = re.findall(r"proxy_read_timeout (\d+)s;", text("nginx.conf"))
    [caddy] = re.findall(r"read_timeout (\d+)s", text("Caddyfile"))
    ingress = resources()["Ingress"]["metadata"]["annotations"]
    kubernetes = ingress["nginx.ingress.kubernetes.io/proxy-read-timeout"]
    assert all(int(seconds) >= 3 * HEARTBEAT for seconds in (nginx, caddy, kubernetes))


def test_proxies_let_through_what_the_site_takes() -> None:
    ingress = resources()["Ingress"]["metadata"]["annotations"]
    sizes = [*re.findall(r"client_max_body_size (\w+);", text("nginx.conf"))]
    sizes += re.findall(r"max_size (\w+)", text("Caddyfile"))
    sizes += [ingress["nginx.ingress.kubernetes.io/proxy-body-size"]]
    signing, *rest = [int(re.sub(r"\D", "", size)) * 2**20 for size in sizes]
    assert signing > LARGEST_BODY
    assert len(rest) == 3
    assert all(size > max(LARGEST_BELOW.values()) for size in rest)


def test_the_image_holds_what_the_package_is_made_of() -> None:
    copied = set(re.findall(r"^COPY (?!--)(.+) \S+$", text("Dockerfile"), re.MULTILINE))
    names = {name for line in copied for name in line.split()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*wheel["packages"], *wheel["force-include"]} <= names
    assert project["project"]["readme"] in names
    assert all((ROOT / name).exists() for name in names)
    sent = {line[1:] for line in text("Dockerfile.dockerignore").split() if line.startswith("!")}
    assert names == sent
    assert "--require-hashes -r requirements.lock" in text("Dockerfile")


def test_nodes_write_only_where_they_may() -> None:
    mounts = {mount["mountPath"] for mount in container()["volumeMounts"]}
    assert mounts == {"/data", "/data/exports", "/tmp"}
    assert container()["securityContext"]["readOnlyRootFilesystem"]
    site = services()["site"]
    assert site["read_only"]
    assert site["tmpfs"] == ["/tmp"]
    assert "PLEDGE_DATA=/data" in text("Dockerfile")
    assert re.search(r"^USER 10001$", text("Dockerfile"), re.MULTILINE)
    pod = resources()["Deployment"]["spec"]["template"]["spec"]["securityContext"]
    assert pod["runAsUser"] == 10001


def test_pods_are_found_by_their_labels() -> None:
    found = resources()
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert found["Service"]["spec"]["selector"] == labels
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    [rule] = found["Ingress"]["spec"]["rules"]
    assert f"https://{rule['host']}" == found["ConfigMap"]["data"]["PLEDGE_BASE_URL"]


def test_only_the_proxy_is_believed() -> None:
    proxy = services()["proxy"]["networks"]["inside"]["ipv4_address"]
    assert services()["site"]["environment"]["PLEDGE_TRUSTED_PROXIES"] == proxy
    assert "ports" not in services()["site"]
    assert "ports" not in services()["database"]


def _words(instruction: str) -> list[str]:
    [found] = re.findall(rf"^{instruction} (\[.*\])$", text("Dockerfile"), re.MULTILINE)
    words: list[str] = yaml.safe_load(found)
    return words
