"""Works on a Kubernetes API with the official Python client and prints what it saw as JSON."""

import json
import os
import time

from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException

config.load_kube_config(os.environ["KUBECONFIG"])
core = client.CoreV1Api()
apps = client.AppsV1Api()
seen = {}

seen["version"] = client.VersionApi().get_code().git_version[:5]
seen["ready"] = core.list_namespace().items[0].metadata.name
core.create_namespace({"metadata": {"name": "py", "labels": {"team": "blue"}}})
labels = {"app": "web"}
apps.create_namespaced_deployment(
    "py",
    {
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "c", "image": "registry.example/c:1"}]},
            },
        },
    },
)

running = {}
version = core.list_namespaced_pod("py").metadata.resource_version
for event in watch.Watch().stream(core.list_namespaced_pod, "py", label_selector="app=web", timeout_seconds=20):
    pod = event["object"]
    if pod.status.phase == "Running":
        running[pod.metadata.name] = pod.status.pod_ip
    if len(running) == 3:
        break
seen["running"] = len(set(running.values()))
names = sorted(running)

pages = []
token = None
while True:
    page = core.list_namespaced_pod("py", limit=2, _continue=token)
    pages.append(len(page.items))
    token = page.metadata._continue
    if not token:
        break
seen["pages"] = pages
seen["selected"] = [
    len(core.list_namespaced_pod("py", label_selector=text).items)
    for text in ("app in (web)", "app!=web", "pod-template-hash", "!app")
]
seen["byField"] = len(core.list_namespaced_pod("py", field_selector="metadata.name=" + names[0]).items)

patched = core.patch_namespaced_pod(names[0], "py", {"metadata": {"labels": {"tier": "gold"}}})
seen["patched"] = patched.metadata.labels["tier"]
apps.patch_namespaced_deployment_scale("web", "py", {"spec": {"replicas": 1}})
seen["scale"] = apps.read_namespaced_deployment_scale("web", "py").spec.replicas


def refused(call):
    try:
        call()
    except ApiException as error:
        return [error.status, json.loads(error.body)["reason"]]
    return None


seen["duplicate"] = refused(lambda: core.create_namespace({"metadata": {"name": "py"}}))
seen["missing"] = refused(lambda: core.read_namespaced_pod("nobody", "py"))
seen["invalid"] = refused(lambda: core.create_namespace({"metadata": {"name": "No_Name"}}))
stale = core.read_namespace("py")
core.patch_namespace("py", {"metadata": {"labels": {"team": "red"}}})
stale.metadata.labels["team"] = "green"
seen["stale"] = refused(lambda: core.replace_namespace("py", stale))

gone = []
for event in watch.Watch().stream(core.list_namespaced_pod, "py", resource_version=version, timeout_seconds=20):
    if event["type"] == "DELETED":
        gone.append(event["object"].metadata.name)
    if len(gone) == 2:
        break
seen["gone"] = len(gone)
core.delete_namespace("py")
for _ in range(200):
    if all(namespace.metadata.name != "py" for namespace in core.list_namespace().items):
        break
    time.sleep(0.05)
seen["emptied"] = refused(lambda: core.read_namespace("py"))
seen["left"] = len(core.list_namespaced_pod("py").items)
print(json.dumps(seen))
