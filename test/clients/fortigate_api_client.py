"""Drives the library fortigate-api through a life of addresses and groups; prints what it saw as one JSON object."""

import json
import os
import sys

from fortigate_api import FortiGateAPI


def login_arguments():
    """Token or password, as the environment says."""
    if os.environ.get("FORTIGATE_PASSWORD"):
        return {"username": os.environ["FORTIGATE_USER"], "password": os.environ["FORTIGATE_PASSWORD"]}
    return {"token": os.environ["FORTIGATE_TOKEN"]}


def names(items):
    return sorted(item["name"] for item in items)


def main():
    # The library takes the authority to verify with from REQUESTS_CA_BUNDLE.
    api = FortiGateAPI(host="127.0.0.1", port=int(os.environ["FORTIGATE_PORT"]), verify=True, **login_arguments())
    api.login()
    address = api.cmdb.firewall.address
    group = api.cmdb.firewall.addrgrp
    seen = {}

    seen["create"] = address.create({"name": "client/a 1", "subnet": "10.1.0.1/32", "comment": "made by a client"}).status_code
    address.create({"name": "client-b", "subnet": "10.1.0.2 255.255.255.255"})
    seen["duplicate"] = address.create({"name": "client-b", "subnet": "10.1.0.2/32"}).status_code
    seen["read"] = address.get(name="client/a 1")
    seen["filtered"] = names(address.get(filter="name=@client"))
    seen["filteredTwice"] = names(address.get(filter=["name=@client", "subnet==10.1.0.2 255.255.255.255"]))
    seen["exists"] = address.is_exist("client/a 1")
    seen["missingExists"] = address.is_exist("nobody")
    seen["update"] = address.update({"name": "client-b", "comment": "changed"}).status_code
    seen["updated"] = address.get(name="client-b")[0]["comment"]
    seen["updateMissing"] = address.update({"name": "nobody", "comment": "x"}).status_code

    seen["createGroup"] = group.create({"name": "client-group", "member": [{"name": "client/a 1"}]}).status_code
    seen["unknownMember"] = group.create({"name": "other", "member": [{"name": "nobody"}]}).status_code
    seen["updateGroup"] = group.update(
        {"name": "client-group", "member": [{"name": "client/a 1"}, {"name": "client-b"}]}
    ).status_code
    seen["members"] = [member["name"] for member in group.get(name="client-group")[0]["member"]]
    in_use = address.delete("client-b")
    seen["deleteInUse"] = [in_use.status_code, in_use.json()["error"]]
    seen["deleteGroup"] = group.delete("client-group").status_code
    seen["deleteByFilter"] = address.delete(filter="name=@client").status_code
    seen["deleteMissing"] = address.delete("client-b").status_code
    seen["left"] = names(address.get(filter="name=@client"))

    seen["policy"] = api.cmdb.firewall.policy.create(
        {
            "name": "client-policy",
            "srcintf": [{"name": "port1"}],
            "dstintf": [{"name": "port2"}],
            "srcaddr": [{"name": "all"}],
            "dstaddr": [{"name": "all"}],
            "service": [{"name": "HTTPS"}],
            "schedule": "always",
            "action": "accept",
        }
    ).json()["mkey"]
    api.logout()
    json.dump(seen, sys.stdout)


main()
