"""Drives the library fireREST, a program of its own: lists with 1,000 to a page, renames nothing, changes mappings; prints what it saw as JSON."""

import json
import os
import sys

from fireREST import FMC


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
    json.dump(seen, sys.stdout)


main()
