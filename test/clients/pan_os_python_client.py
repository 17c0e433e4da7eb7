"""Drives the library pan-os-python against a simulated firewall and a simulated Panorama; prints what it saw as one JSON object."""

import json
import os
import ssl
import sys

from panos.errors import PanDeviceXapiError
from panos.firewall import Firewall
from panos.objects import AddressGroup, AddressObject, Tag
from panos.panorama import DeviceGroup, Panorama

trusted = ssl.create_default_context(cafile=os.environ["PANOS_CA"])


def connect(kind, port, key):
    device = kind("127.0.0.1", api_key=key, port=int(port))
    # The library verifies nothing unless its lower layer is handed what to trust.
    device.xapi.ssl_context = trusted
    return device


def tags_of(device):
    return {ip: sorted(tags) for ip, tags in sorted(device.userid.get_registered_ip().items())}


def on_firewall(seen):
    fw = connect(Firewall, os.environ["PANOS_PORT"], os.environ["PANOS_KEY"])
    seen["system"] = list(fw.refresh_system_info())[:2]
    seen["before"] = tags_of(fw)
    fw.userid.register("10.7.0.9", ["theirs"])
    # Once more: the library passes over what is there already.
    fw.userid.register("10.7.0.9", ["theirs"])
    fw.userid.audit_registered_ip_for_tag(os.environ["PANOS_TAG"], ["10.7.0.2", "10.7.0.3", "fd00::3"])
    fw.userid.unregister("10.7.0.8", ["nothing"])
    seen["after"] = tags_of(fw)

    fw.add(Tag("shop", color="color5", comments="made by a client")).create()
    one = fw.add(AddressObject("client-a", "10.7.1.1/32", description="by a client"))
    one.create()
    fw.add(AddressGroup("client-g", static_value=["client-a"], tag=["shop"])).create()
    try:
        one.delete()
        seen["deleteInUse"] = "deleted"
    except PanDeviceXapiError as error:
        seen["deleteInUse"] = str(error).split(" because")[0]
    seen["committed"] = fw.commit(sync=True, admins=["zonebridge"])["result"]
    seen["nothingToCommit"] = fw.commit(sync=True, admins=["zonebridge"])
    found = AddressGroup.refreshall(fw, add=False)
    seen["groups"] = sorted([group.name, group.static_value, group.description] for group in found)
    fw.add_commit_lock(comment="by a client")
    seen["locks"] = fw.check_commit_locks()
    fw.remove_commit_lock()


def on_panorama(seen):
    panorama = connect(Panorama, os.environ["PANORAMA_PORT"], os.environ["PANORAMA_KEY"])
    group = panorama.add(DeviceGroup("edge"))
    group.add(AddressObject("pano-a", "10.7.2.1/32")).create()
    seen["panoramaCommit"] = panorama.commit(sync=True)["result"]
    panorama.commit_all(sync=True, sync_all=True, devicegroup="edge")
    seen["panoramaAddresses"] = [one.name for one in AddressObject.refreshall(group, add=False)]


def main():
    seen = {}
    on_firewall(seen)
    on_panorama(seen)
    json.dump(seen, sys.stdout)


main()
