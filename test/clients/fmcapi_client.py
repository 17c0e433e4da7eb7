"""Drives the library fmcapi: follows the pages of what Zonebridge wrote, and writes as a person's script would; prints what it saw as JSON."""

import json
import os
import sys

from fmcapi import FMC
from fmcapi.api_objects.object_services.dynamicobjectmappings import DynamicObjectMappings
from fmcapi.api_objects.object_services.dynamicobjects import DynamicObject
from fmcapi.api_objects.object_services.hosts import Hosts
from fmcapi.api_objects.object_services.networkgroups import NetworkGroups


def mappings(fmc, key):
    answer = DynamicObjectMappings(fmc=fmc, id=key).get()
    return sorted(item["mapping"] for item in answer["items"])


def main():
    # The library verifies nothing unless it is told to.
    FMC.VERIFY_CERT = os.environ["REQUESTS_CA_BUNDLE"]
    login = {"username": os.environ.get("FMC_USER", ""), "password": os.environ.get("FMC_PASSWORD", "")}
    if os.environ.get("FMC_TOKEN"):
        login = {"api_key": os.environ["FMC_TOKEN"], "cdfmc": True}
    host = "127.0.0.1:" + os.environ["FMC_PORT"]
    with FMC(host=host, autodeploy=False, logging_level="ERROR", **login) as fmc:
        seen = {"version": fmc.serverVersion}
        ours = DynamicObject(fmc=fmc, name=os.environ["OURS"]).get()
        seen["ours"] = [ours["name"], ours["description"], ours["objectType"]]
        seen["mappings"] = mappings(fmc, ours["id"])
        group = NetworkGroups(fmc=fmc, name=os.environ["OUR_GROUP"]).get()
        seen["literals"] = sorted(one["value"] for one in group["literals"])

        change = DynamicObjectMappings(fmc=fmc)
        change.handle_mappings(action="add", value=["10.200.0.1", "10.201.0.0/16"], name=ours["name"])
        change.handle_mappings(action="remove", value=[seen["mappings"][0]], name=ours["name"])
        change.post()
        seen["changed"] = len(mappings(fmc, ours["id"]))

        theirs = DynamicObject(fmc=fmc, name="theirs")
        theirs.objectType = "IP"
        theirs.post()
        seen["theirs"] = theirs.get()["name"]
        again = DynamicObject(fmc=fmc, name="theirs")
        again.objectType = "IP"
        again.post()
        seen["duplicate"] = fmc.error_response["error"]["messages"][0]["description"]
        DynamicObject(fmc=fmc, id=theirs.id).delete()
        seen["deleted"] = "id" not in DynamicObject(fmc=fmc, name="theirs").get()

        host_object = Hosts(fmc=fmc, name="h1", value="10.3.0.1")
        host_object.post()
        seen["host"] = Hosts(fmc=fmc, name="h1").get()["value"]
        Hosts(fmc=fmc, id=host_object.id).delete()
    json.dump(seen, sys.stdout)


main()
