package main

import (
	"os"

	"github.com/fortinetdev/forti-sdk-go/fortios/auth"
	fortios "github.com/fortinetdev/forti-sdk-go/fortios/sdkcore"
)

type params = map[string]any

func asFortiosProvider(found seen) error {
	entry := auth.NewAuth(place(), os.Getenv("TOKEN"), "", "", "", "", "", "root")
	client, err := fortios.NewClient(entry, httpClient())
	if err != nil {
		return err
	}
	found["version"] = client.Fv
	ours, err := client.ReadFirewallAddrgrp(os.Getenv("OURS"), "")
	if err != nil {
		return err
	}
	found["ours"] = []any{ours["name"], ours["comment"], names(ours["member"])}
	member := names(ours["member"])[0]
	address, err := client.ReadFirewallAddress(member, "")
	if err != nil {
		return err
	}
	found["address"] = []any{address["subnet"], address["type"]}

	odd := params{"name": "theirs/a 1", "type": "ipmask", "subnet": "10.9.9.1 255.255.255.255", "comment": "by a client"}
	_, err = client.CreateFirewallAddress(&odd, "")
	found["create"] = text(err)
	_, err = client.CreateFirewallAddress(&odd, "")
	found["twice"] = err != nil
	odd["comment"] = "changed"
	_, err = client.UpdateFirewallAddress(&odd, "theirs/a 1", "")
	found["update"] = text(err)
	read, err := client.ReadFirewallAddress("theirs/a 1", "")
	if err != nil {
		return err
	}
	found["read"] = []any{read["name"], read["comment"]}
	group := params{"name": "theirs-g", "member": []params{{"name": "theirs/a 1"}, {"name": member}}}
	_, err = client.CreateFirewallAddrgrp(&group, "")
	found["group"] = text(err)
	found["inUse"] = client.DeleteFirewallAddress("theirs/a 1", "") != nil
	found["deleteGroup"] = text(client.DeleteFirewallAddrgrp("theirs-g", ""))
	found["delete"] = text(client.DeleteFirewallAddress("theirs/a 1", ""))
	gone, err := client.ReadFirewallAddress("theirs/a 1", "")
	found["gone"] = []any{gone == nil, text(err)}
	return nil
}

func names(members any) []string {
	var all []string
	for _, member := range members.([]any) {
		all = append(all, member.(params)["name"].(string))
	}
	return all
}
