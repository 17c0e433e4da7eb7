"""Drives the library hfortix-fortios over addresses, groups and a push feed; prints what it saw as one JSON object."""

import json
import os
import sys

from hfortix_core.exceptions import DuplicateEntryError, EntryInUseError, ResourceNotFoundError
from hfortix_fortios import FortiOS


def refusal(call, *expected):
    """Name of the library's own exception for a refused call; anything else is an error of this script."""
    try:
        call()
    except expected as error:
        return [type(error).__name__, error.http_status, error.error_code]
    return "accepted"


def main():
    # The library verifies with the authority in SSL_CERT_FILE.
    fgt = FortiOS(
        host="127.0.0.1",
        port=int(os.environ["FORTIGATE_PORT"]),
        token=os.environ["FORTIGATE_TOKEN"],
        verify=True,
        vdom="root",
        max_retries=0,
    )
    address = fgt.api.cmdb.firewall.address
    group = fgt.api.cmdb.firewall.addrgrp
    monitor = fgt.api.monitor.system.external_resource
    seen = {}

    created = address.post(name="h1", subnet="10.2.0.1/32", comment="by hfortix")
    seen["create"] = [created.http_status_code, created.raw["revision_changed"], created.raw["mkey"]]
    address.post(name="h2", subnet="10.2.0.2/32")
    seen["duplicate"] = refusal(lambda: address.post(name="h1", subnet="10.2.0.1/32"), DuplicateEntryError)
    seen["read"] = address.get(name="h1").subnet
    seen["exists"] = [address.exists(name="h1"), address.exists(name="nobody")]
    seen["missing"] = refusal(lambda: address.get(name="nobody"), ResourceNotFoundError)
    again = address.put(name="h1", comment="by hfortix")
    seen["unchanged"] = again.raw["revision_changed"]
    group.post(name="hg", member=[{"name": "h1"}])
    group.put(name="hg", member=[{"name": "h1"}, {"name": "h2"}])
    seen["members"] = [member["name"] for member in group.get(name="hg").dict["member"]]
    seen["deleteInUse"] = refusal(lambda: address.delete(name="h1"), EntryInUseError)
    seen["filtered"] = sorted(row.name for row in address.get(filter="name==h1,name==h2"))

    fgt.api.cmdb.system.external_resource.post(name="feed", type="address", update_method="push", status="enable")
    pushed = monitor.dynamic.post(commands=[{"name": "feed", "command": "snapshot", "entries": ["10.2.0.1", "10.2.0.2"]}])
    seen["pushed"] = pushed.http_status_code
    monitor.dynamic.post(commands=[{"name": "feed", "command": "remove", "entries": ["10.2.0.1"]}])
    listed = monitor.entry_list.get(mkey="feed")
    seen["entries"] = listed.raw["results"]["entries"]
    seen["count"] = monitor.entry_list.get(mkey="feed", counts_only=True).raw["results"]["valid_count"]

    group.delete(name="hg")
    seen["delete"] = address.delete(name="h1").http_status_code
    seen["deleteMissing"] = refusal(lambda: address.delete(name="h1"), ResourceNotFoundError)
    json.dump(seen, sys.stdout)


main()
