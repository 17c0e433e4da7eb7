"""Drives the library fireREST, a program of its own: lists with 1,000 to a page, renames nothing, changes mappings; prints what it saw as JSON."""

import json
import os
import sys

from fireREST import FMC


def inherited_rules(fmc, dynamic_object):
    """A policy with rules that use our object, and one that inherits them: what the second one lists."""
    policies = fmc.policy.accesspolicy
    base, heir = [
        policies.create(data={"name": name, "type": "AccessPolicy", "defaultAction": {"action": "BLOCK"}}).json()["id"]
        for name in ("base", "heir")
    ]
    uses = {"objects": [{"id": dynamic_object, "type": "DynamicObject"}]}
    rule = {"type": "AccessRule", "action": "ALLOW", "sourceDynamicObjects": uses}
    policies.accessrule.create(container_uuid=base, data=[{**rule, "name": "last"}, {**rule, "name": "very last"}])
    policies.accessrule.create(container_uuid=base, data={**rule, "name": "first"}, section="mandatory")
    policies.accessrule.create(container_uuid=heir, data={**rule, "name": "own"}, section="mandatory")
    setting = {"id": heir, "type": "AccessPolicyInheritanceSetting", "basePolicy": {"id": base, "type": "AccessPolicy"}}
    policies.inheritancesettings.update(container_uuid=heir, data=setting)
    listed = policies.accessrule.get(container_uuid=heir)
    return [[one["name"], one["metadata"]["ruleIndex"], one["metadata"]["accessPolicy"]["name"]] for one in listed]


def deployed(fmc):
    """Deploys what waits, and tells how many devices waited before and wait after."""
    waiting = fmc.deployment.deployabledevices.get()
    request = {
        "type": "DeploymentRequest",
        "version": waiting[0]["version"],
        "forceDeploy": False,
        "ignoreWarning": True,
        "deviceList": [one["device"]["id"] for one in waiting],
    }
    task = fmc.deployment.deploymentrequest.create(data=request).json()["metadata"]["task"]["id"]
    state = fmc.job.taskstatus.get(uuid=task)["status"]
    return [len(waiting), state, len(fmc.deployment.deployabledevices.get())]


def main():
    login = {"username": os.environ.get("FMC_USER"), "password": os.environ.get("FMC_PASSWORD")}
    if os.environ.get("FMC_TOKEN"):
        login = {"password": os.environ["FMC_TOKEN"], "cdo": True}
    # With True the library's HTTP client takes the authority from REQUESTS_CA_BUNDLE.
    fmc = FMC(hostname="127.0.0.1:" + os.environ["FMC_PORT"], verify_cert=True, **login)
    seen = {"version": str(fmc.version)}
    ours = fmc.object.dynamicobject.get(name=os.environ["OURS"])
    seen["ours"] = [ours["name"], ours["description"], ours["agentId"]]
    seen["mappings"] = sorted(one["mapping"] for one in fmc.object.dynamicobject.mapping.get(container_uuid=ours["id"]))
    group = fmc.object.networkgroup.get(name=os.environ["OUR_GROUP"])
    seen["literals"] = sorted(one["value"] for one in group["literals"])

    created = fmc.object.dynamicobject.create(data={"name": "theirs", "type": "DynamicObject", "objectType": "IP"}).json()
    seen["created"] = created["name"]
    url = fmc.object.dynamicobject.mapping.url(f"/object/dynamicobjects/{created['id']}/mappings")
    body = {"id": created["id"], "type": "DynamicObjectMappings", "mappings": ["10.1.0.1", "10.1.0.2"]}
    fmc.conn.put(url, body, params={"action": "add"})
    fmc.conn.put(url, {**body, "mappings": ["10.1.0.1"]}, params={"action": "remove"})
    seen["theirs"] = [one["mapping"] for one in fmc.object.dynamicobject.mapping.get(container_uuid=created["id"])]
    seen["deleted"] = fmc.object.dynamicobject.delete(uuid=created["id"]).json()["name"]

    hosts = [{"name": f"h{index}", "type": "Host", "value": f"10.3.0.{index}"} for index in range(3)]
    seen["bulk"] = sorted(one["name"] for one in fmc.object.host.create(data=hosts).json()["items"])
    fmc.conn.put(
        fmc.object.dynamicobject.mapping.url(f"/object/dynamicobjects/{ours['id']}/mappings"),
        {"id": ours["id"], "type": "DynamicObjectMappings", "mappings": ["10.200.0.1"]},
        params={"action": "add"},
    )
    seen["rules"] = inherited_rules(fmc, ours["id"])
    seen["deployed"] = deployed(fmc)
    json.dump(seen, sys.stdout)


main()
