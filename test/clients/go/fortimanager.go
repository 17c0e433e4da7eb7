package main

import (
	"os"

	fmg "github.com/fortinetdev/forti-sdk-go/fortimanager/sdkcore"
)

func asFortimanagerProvider(found seen) error {
	client := fmg.NewClient(place(), os.Getenv("LOGIN_USER"), os.Getenv("LOGIN_PASSWORD"), httpClient())
	session, err := client.Login()
	if err != nil {
		return err
	}
	// As the provider does it.
	client.SessionString, client.Init = session, true
	group, err := client.Do("get", params{"url": "/pm/config/adom/root/obj/firewall/addrgrp/" + os.Getenv("OURS")})
	if err != nil {
		return err
	}
	data := dataOf(group).(params)
	member := data["member"].([]any)
	found["ours"] = []any{data["name"], data["comment"], member}
	address, err := client.ReadFirewallObjectAddress("root", member[0].(string))
	if err != nil {
		return err
	}
	found["address"] = []any{address.Type, address.Subnet}

	// With the defaults of the provider.
	odd := &fmg.JSONFirewallObjectAddress{Name: "theirs-a", Type: "ipmask", Subnet: "10.9.9.1 255.255.255.255", Comment: "by a client", AssociatedIntf: "any", AllowRouting: "disable"}
	found["create"] = text(client.CreateUpdateFirewallObjectAddress(odd, "add", "root"))
	found["twice"] = text(client.CreateUpdateFirewallObjectAddress(odd, "add", "root"))
	odd.Comment = "changed"
	found["update"] = text(client.CreateUpdateFirewallObjectAddress(odd, "update", "root"))
	read, err := client.ReadFirewallObjectAddress("root", "theirs-a")
	if err != nil {
		return err
	}
	found["read"] = []any{read.Comment, read.Subnet}
	found["delete"] = text(client.DeleteFirewallObjectAddress("root", "theirs-a"))
	_, err = client.ReadFirewallObjectAddress("root", "theirs-a")
	found["gone"] = err != nil
	found["task"] = client.QueryTask(4711, 2) != nil
	found["logout"] = text(client.Logout(session))
	_, err = client.ReadFirewallObjectAddress("root", member[0].(string))
	found["after"] = err != nil
	return nil
}

func dataOf(answer map[string]any) any {
	return answer["result"].([]any)[0].(params)["data"]
}
