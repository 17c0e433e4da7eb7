"""Drives the library pyfmg against a FortiManager; prints what it saw as JSON."""

import json
import os
import sys

from pyFMG.fortimgr import FortiManager

ADOM = "root"


def code(answer):
    return answer[0]


def connect():
    host = "127.0.0.1:" + os.environ["FORTIMANAGER_PORT"]
    ca = os.environ["REQUESTS_CA_BUNDLE"]
    if os.environ.get("FORTIMANAGER_PASSWORD"):
        return FortiManager(
            host, os.environ["FORTIMANAGER_USER"], os.environ["FORTIMANAGER_PASSWORD"], verify_ssl=ca, verbose=True
        )
    return FortiManager(host, apikey=os.environ["FORTIMANAGER_KEY"], verify_ssl=ca, verbose=True)


def tag_addresses(fmg, tag):
    _, rows = fmg.execute(
        "/connector/get/user",
        data={"adom": ADOM, "connector": "zonebridge", "server_type": "json", "type": "connector", "group": tag},
    )
    return sorted(row.get("ip_addr") or row["ip_addr6"] for row in rows)


def package_lock(fmg):
    """Locks one package, changes a rule in it, and asks for the ADOM as another session meanwhile."""
    rules = "/pm/config/adom/%s/pkg/branch/firewall/policy" % ADOM
    space = "/dvmdb/adom/%s/workspace" % ADOM
    obj = "/pm/config/adom/%s/obj/firewall/address/theirs" % ADOM
    seen = [code(fmg.execute(space + "/lock/pkg/branch", {})), code(fmg.update(rules + "/1", data={"name": "mine"}))]
    seen.append(code(fmg.update(obj, data={"comment": "x"})))
    seen.append([row["obj_url"] for row in fmg.get(space + "/lockinfo/pkg/branch")[1]])
    if os.environ.get("FORTIMANAGER_PASSWORD"):
        other = connect()
        other.login()
        seen.append(other.lock_adom(ADOM)[1]["status"]["message"])
        other.logout()
    for verb in ("commit", "unlock"):
        seen.append(code(fmg.execute("%s/%s/pkg/branch" % (space, verb), {})))
    seen.append(fmg.get(rules + "/1")[1]["name"])
    return seen


def rules_around(fmg):
    """Writes a policy block and a header of the global ADOM, and reads what an ADOM has of them."""
    root = "/pm/config/adom/%s" % ADOM
    header = "/pm/config/global/pkg/default/global/header/policy"
    seen = [code(fmg.add(header, data={"name": "head", "srcaddr": "all"})), code(fmg.lock_adom("global"))]
    seen.append(code(fmg.add(header, data={"name": "head", "srcaddr": "all"})))
    seen += [code(fmg.commit_changes("global")), code(fmg.unlock_adom("global"))]
    target = {"flags": ["none"], "pkg": "default", "target": [{"adom": ADOM}]}
    done = fmg.track_task(fmg.execute("/securityconsole/assign/package", data=target)[1]["task"], sleep_time=0.1)
    seen.append(done[1]["num_err"])
    fmg.lock_adom(ADOM)
    seen.append(code(fmg.add(root + "/pblock/baseline/firewall/policy", data={"name": "shared", "srcaddr": "all"})))
    stands_for = {"policyid": 7, "_policy_block": "baseline"}
    seen.append(code(fmg.add(root + "/pkg/branch/firewall/policy", data=stands_for)))
    fmg.commit_changes(ADOM)
    fmg.unlock_adom(ADOM)
    seen.append([row["name"] for row in fmg.get(root + "/obj/global/header/policy")[1]])
    seen.append(fmg.get(root + "/pkg/branch/firewall/policy/7")[1]["_policy_block"])
    return seen


def main():
    seen = {}
    name = os.environ["FORTIMANAGER_OBJECT"]
    obj = "/pm/config/adom/%s/obj/firewall" % ADOM
    fmg = connect()
    seen["login"] = code(fmg.login())
    status = fmg.get("/sys/status")[1]
    seen["version"] = [status["Major"], status["Minor"], status["Patch"]]

    # What our module wrote.
    seen["feed"] = fmg.get("/pm/config/global/_external/resource/%s.%s.txt" % (name, ADOM))[1]["content"].split("\n")[1:]
    seen["tag"] = tag_addresses(fmg, name)
    seen["group"] = sorted(fmg.get("%s/addrgrp/%s" % (obj, name))[1]["member"])
    address = fmg.get("%s/address/%s" % (obj, seen["group"][0]))[1]
    seen["address"] = [address["type"], address["subnet"]]
    mapped = "%s/addrgrp/%s/dynamic_mapping" % (obj, os.environ["FORTIMANAGER_MAPPED"])
    mapping = fmg.get(mapped + "/fgt-1/root")[1]
    seen["mapping"] = [mapping["_scope"], mapping["member"]]
    group = fmg.get("%s/addrgrp/%s" % (obj, os.environ["FORTIMANAGER_MAPPED"]))[1]
    seen["mapped"] = [group["member"], [one["_scope"] for one in group["dynamic_mapping"]]]
    seen["unmapped"] = code(fmg.get(mapped + "/fgt-2/root"))

    # What our module has to see afterwards.
    seen["unlocked"] = code(fmg.add(obj + "/address", data={"name": "theirs", "subnet": "10.9.0.1/32"}))
    seen["lock"] = code(fmg.lock_adom(ADOM))
    seen["add"] = code(fmg.add(obj + "/address", data={"name": "theirs", "subnet": "10.9.0.1/32"}))
    seen["again"] = code(fmg.add(obj + "/address", data={"name": "theirs", "subnet": "10.9.0.1/32"}))
    seen["dangling"] = code(fmg.add(obj + "/addrgrp", data={"name": "g", "member": ["nobody"]}))
    seen["member"] = code(fmg.add("%s/addrgrp/%s/member" % (obj, name), data=["theirs"]))
    seen["used"] = code(fmg.delete(obj + "/address/theirs"))
    seen["mapAgain"] = code(fmg.add(mapped, data={"_scope": [{"name": "fgt-1", "vdom": "root"}], "member": ["none"]}))
    seen["mapDangling"] = code(fmg.update(mapped + "/fgt-1/root", data={"member": ["nobody"]}))
    seen["mapNowhere"] = code(fmg.add(mapped, data={"_scope": [{"name": "fgt-9", "vdom": "root"}], "member": ["none"]}))
    seen["map"] = code(fmg.add(mapped, data={"_scope": [{"name": "fgt-2", "vdom": "root"}], "member": ["theirs"]}))
    seen["mapUpdate"] = code(fmg.update(mapped + "/fgt-1/root", data={"member": [mapping["member"][0], "theirs"]}))
    seen["usedByMapping"] = code(fmg.delete("%s/address/%s" % (obj, mapping["member"][0])))
    seen["unmap"] = code(fmg.delete(mapped + "/fgt-2/root"))
    seen["unmapAgain"] = code(fmg.delete(mapped + "/fgt-2/root"))
    seen["missing"] = code(fmg.delete(obj + "/address/nobody"))
    seen["badUrl"] = code(fmg.get("/pm/config/adom/nowhere/obj/firewall/address"))
    seen["commit"] = code(fmg.commit_changes(ADOM))
    seen["unlock"] = code(fmg.unlock_adom(ADOM))
    task = fmg.execute(
        "/securityconsole/install/objects/v2",
        data={"adom": ADOM, "flags": 0, "objects": [["update", "obj/firewall/addrgrp/" + name, "", ""]]},
    )[1]["task"]
    done = fmg.track_task(task, sleep_time=0.1)
    seen["task"] = [done[0], done[1]["percent"], done[1]["num_err"], done[1]["state"]]
    seen["tagged"] = code(
        fmg.execute(
            "/connector/user/manage",
            data={"command": "add", "group": name, "ip-addr": ["10.9.0.2", "fd00::9"], "path": ADOM + "/zonebridge"},
        )
    )
    listed = fmg.get(obj + "/address", fields=["name"], filter=["name", "like", "their%"])[1]
    seen["filtered"] = [row["name"] for row in listed]
    seen["count"] = fmg.get(obj + "/address", option=["count"])[1]
    seen["package"] = package_lock(fmg)
    seen["around"] = rules_around(fmg)
    fmg.logout()
    json.dump(seen, sys.stdout)


main()
