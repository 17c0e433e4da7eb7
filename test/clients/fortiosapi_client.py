"""Drives the library fortiosapi, which asks for the schema of a table before it writes; prints what it saw as JSON."""

import json
import os
import sys

from fortiosapi import FortiOSAPI


def short(answer):
    return [answer["status"], answer["http_status"]]


def main():
    fgt = FortiOSAPI()
    host = "127.0.0.1:" + os.environ["FORTIGATE_PORT"]
    ca = os.environ["REQUESTS_CA_BUNDLE"]
    if os.environ.get("FORTIGATE_PASSWORD"):
        fgt.login(host, os.environ["FORTIGATE_USER"], os.environ["FORTIGATE_PASSWORD"], verify=ca, vdom="root")
    else:
        fgt.tokenlogin(host, os.environ["FORTIGATE_TOKEN"], verify=ca, vdom="root")
    seen = {"version": fgt.get_version(), "mkeyname": fgt.get_mkeyname("firewall", "policy", vdom="root")}

    one = {"name": "f1", "subnet": "10.3.0.1 255.255.255.255"}
    seen["create"] = short(fgt.post("firewall", "address", vdom="root", data=one))
    seen["duplicate"] = short(fgt.post("firewall", "address", vdom="root", data=one))
    seen["set"] = short(fgt.set("firewall", "address", vdom="root", data={**one, "comment": "set"}))
    seen["put"] = short(fgt.put("firewall", "address", vdom="root", data={**one, "comment": "put"}))
    seen["read"] = fgt.get("firewall", "address", vdom="root", mkey="f1")["results"][0]["comment"]
    group = {"name": "fg", "member": [{"name": "f1"}]}
    seen["createGroup"] = short(fgt.post("firewall", "addrgrp", vdom="root", data=group))
    seen["deleteInUse"] = short(fgt.delete("firewall", "address", vdom="root", mkey="f1"))
    seen["deleteGroup"] = short(fgt.delete("firewall", "addrgrp", vdom="root", mkey="fg"))
    seen["delete"] = short(fgt.delete("firewall", "address", vdom="root", mkey="f1"))
    seen["deleteMissing"] = short(fgt.delete("firewall", "address", vdom="root", mkey="f1"))
    fgt.logout()
    json.dump(seen, sys.stdout)


main()
