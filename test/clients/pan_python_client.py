"""Drives the library pan-python, the lowest layer over the XML interface; prints what it saw as one JSON object."""

import json
import os
import ssl
import sys

from pan.xapi import PanXapi, PanXapiError

trusted = ssl.create_default_context(cafile=os.environ["PANOS_CA"])
place = {"hostname": "127.0.0.1", "ssl_context": trusted}
base = "/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']"


def refusal(call):
    try:
        call()
        return "done"
    except PanXapiError as error:
        return str(error)


def message(op, ip, tag):
    entry = "<entry ip='%s'><tag><member>%s</member></tag></entry>" % (ip, tag)
    return "<uid-message><version>1.0</version><type>update</type><payload><%s>%s</%s></payload></uid-message>" % (op, entry, op)


def log_in(seen):
    """With the password, as the library does before its first call."""
    wrong = PanXapi(api_username="zonebridge", api_password="wrong", port=os.environ["PANOS_PORT"], **place)
    seen["wrongPassword"] = refusal(wrong.keygen)
    api = PanXapi(
        api_username="zonebridge", api_password=os.environ["PANOS_PASSWORD"], port=os.environ["PANOS_PORT"], **place
    )
    api.keygen()
    seen["keyLength"] = len(api.api_key) > 16
    return api


def on_config(api, seen):
    address = base + "/address/entry[@name='low']"
    api.get(xpath=address)
    seen["getMissing"] = [api.status, api.status_code]
    seen["showMissing"] = refusal(lambda: api.show(xpath=address))
    api.set(xpath=base + "/address", element="<entry name='low'><ip-netmask>10.8.0.1/32</ip-netmask></entry>")
    seen["set"] = [api.status, api.status_code]
    api.get(xpath=address)
    seen["get"] = [api.status, api.status_code, api.element_root.find("./result/entry").get("name")]
    seen["notRunning"] = refusal(lambda: api.show(xpath=address))
    long = "n" * 64
    seen["tooLong"] = refusal(
        lambda: api.set(xpath=base + "/address", element="<entry name='%s'><fqdn>a.b</fqdn></entry>" % long)
    )
    strict = "<m><set id='1' xpath=\"%s/address\"><entry name='low2'><fqdn>a.b</fqdn></entry></set><bad id='2' xpath='/config'/></m>" % base
    ask = {"type": "config", "action": "multi-config", "element": strict, "strict-transactional": "yes"}
    seen["strict"] = refusal(lambda: api.ad_hoc(qs=ask, modify_qs=True))
    # A strict request that fails takes the earlier edit of the same administrator along.
    api.get(xpath=address)
    seen["afterStrict"] = [api.status, api.status_code]


def on_tags(api, seen):
    api.user_id(cmd=message("register", "10.8.0.2", "low"))
    seen["register"] = api.status
    seen["twice"] = refusal(lambda: api.user_id(cmd=message("register", "10.8.0.2", "low")))
    seen["notThere"] = refusal(lambda: api.user_id(cmd=message("unregister", "10.8.0.3", "low")))
    api.op(cmd="<show><object><registered-ip><all/></registered-ip></object></show>")
    seen["listed"] = [entry.get("ip") for entry in api.element_root.findall("./result/entry")]


def main():
    seen = {}
    api = log_in(seen)
    on_config(api, seen)
    on_tags(api, seen)
    target = PanXapi(api_key=os.environ["PANORAMA_KEY"], port=os.environ["PANORAMA_PORT"], serial="007051000000001", **place)
    target.user_id(cmd=message("register", "10.8.0.4", "behind"))
    seen["target"] = target.status
    away = PanXapi(api_key=os.environ["PANORAMA_KEY"], port=os.environ["PANORAMA_PORT"], serial="007051000000009", **place)
    seen["away"] = refusal(lambda: away.op(cmd="<show><system><info/></system></show>"))
    json.dump(seen, sys.stdout)


main()
